"""The listener: whole messages or none, bounded, answered as their header asks, one after the other."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from clinic.models import DiagnosticReport
from interop.hl7v2.acknowledging import Outcome, acknowledgment
from interop.hl7v2.framing import END, decoded, framed, split_messages
from interop.hl7v2.mllp import Limits, Listener
from interop.hl7v2.receiving import too_long
from interop.models import SourceRecord, WaitingMessage
from tests.database import OWNER_URL, with_name
from tests.emr.jobs.machinery import Process, database_url, eventually
from tests.factories.clinic import PatientFactory
from tests.interop.messages import obx, oru
from tests.races import somebody_waits
from tests.services import ROOT

pytestmark = pytest.mark.feature("F10")


@pytest.mark.parametrize(
    ("ack", "outcome", "code"),
    [
        ("", Outcome.ACCEPTED, "AA"),
        ("", Outcome.ERROR, "AE"),
        ("", Outcome.REJECTED, "AR"),
        ("|||AL|NE", Outcome.ACCEPTED, "CA"),
        ("|||AL|NE", Outcome.REJECTED, "CR"),
        ("|||ER|NE", Outcome.ACCEPTED, None),
        ("|||ER|NE", Outcome.ERROR, "CE"),
        ("|||SU|NE", Outcome.ACCEPTED, "CA"),
        ("|||SU|NE", Outcome.ERROR, None),
        ("|||NE|NE", Outcome.REJECTED, None),
        ("|||NE|AL", Outcome.ACCEPTED, "AA"),
        ("||||AL", Outcome.REJECTED, "AR"),
    ],
)
def test_the_answer_that_the_header_asks_for(ack: str, outcome: Outcome, code: str | None) -> None:
    answer = acknowledgment(oru(obx("4.4"), control="C-9", ack=ack), outcome, "Not | now")
    if code is None:
        assert answer is None
        return
    assert answer is not None
    head, told, error, _ = answer.split("\r")
    assert head.startswith("MSH|^~\\&|EMR|CLINIC|LAB|NORTH|")
    assert "|ACK^R01^ACK|" in head
    assert told == f"MSA|{code}|C-9"
    assert error.endswith("|Not \\F\\ now")


def test_letters_and_files() -> None:
    """Letters as MSH-18 names them; a file of many messages, in a batch, in frames, with any end of line."""
    latin = oru(obx("4.4"), name="NUÑEZ^Zoë", ack="||||||8859/1")
    assert "NUÑEZ^Zoë" in decoded(latin.encode("latin-1"))
    assert "NUÑEZ" in decoded(latin.replace("||||||8859/1", "").encode("latin-1"))
    assert "NUÑEZ" in decoded(b"\xef\xbb\xbf" + latin.replace("8859/1", "UNICODE UTF-8").encode())
    one, two = oru(obx("4.4")), oru(obx("4.5"))
    assert split_messages(framed(one) + framed(two)) == [one, two]
    assert split_messages(f"FHS|^~\\&\r\nBHS|\r\n{one}\n{two}\r\nBTS|2\nFTS|1".encode()) == [one, two]


def _served(limits: Limits, talk: Callable[[int], Awaitable[None]], taken: list[bytes]) -> None:
    """Serve on a port of its own while ``talk`` goes on; what is taken is answered with its length."""

    def take(content: bytes) -> bytes:
        taken.append(content)
        return framed(str(len(content)))

    async def main() -> None:
        ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(Listener(take, too_long, limits).serve("127.0.0.1", 0, ready.set_result))
        await talk(await ready)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(asyncio.wait_for(main(), 30))


def test_whole_messages_or_none() -> None:
    """Two in one packet, one in two packets, one without its end; one too long is refused, and the line is closed."""
    taken: list[bytes] = []

    async def talk(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(framed("one") + framed("three")[:4])
        assert await reader.readuntil(END) == framed("3")
        writer.write(framed("three")[4:])
        assert await reader.readuntil(END) == framed("5")
        writer.write(b"noise" + framed("two") + b"\x0bcut off")
        assert await reader.readuntil(END) == framed("3")
        writer.write_eof()
        assert await reader.read() == b""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x0b" + oru(*[obx("4.4")] * 100).encode())
        assert b"MSA|AR|" in await reader.read()

    _served(Limits(max_bytes=2000, connections=5), talk, taken)
    assert taken == [b"one", b"three", b"two"]


def test_no_more_connections_than_allowed_and_none_that_is_silent() -> None:
    taken: list[bytes] = []

    async def talk(port: int) -> None:
        first, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(framed("one"))
        await first.readuntil(END)
        second, _ = await asyncio.open_connection("127.0.0.1", port)
        assert await second.read() == b""
        assert await first.read() == b""

    _served(Limits(idle_seconds=1, connections=1), talk, taken)
    assert taken == [b"one"]


def test_a_laboratory_sends_to_the_command(committed_db: str, tmp_path: Path) -> None:
    """The real command in a process of its own: kept before it is answered. Killed while it takes a message in, it has
    neither kept nor answered it, and the next one takes it when it comes again. While the database is away it says to
    send again, and later takes it in; stopped, it ends politely."""
    patient = PatientFactory(mrn="1004827", family_name="Silva", birth_date=date(1962, 3, 14))
    environment = {**os.environ, "DATABASE_URL": database_url(), "DATABASE_POOL": "0", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-u", "-m", "django", "receive_results", "--port", "0"]
    log = tmp_path / "listener.log"
    listener = Process(command, log, environment)
    try:
        port = _port(listener)
        with _nothing_is_kept(committed_db), socket.create_connection(("127.0.0.1", port), timeout=60) as line:
            line.sendall(framed(oru(obx("4.4"), control="C-5")))
            eventually(somebody_waits, what="the message to be taken in")
            listener.kill()
            assert line.recv(4096) == b""
        assert not SourceRecord.objects.exists()
        log.unlink()
        listener = Process(command, log, environment)
        port = _port(listener)
        with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
            assert b"MSA|AA|C-5" in _asked(line, oru(obx("4.4"), control="C-5"))
        with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
            text = oru(obx("4.4"), mrn=patient.mrn, control="C-1")
            assert b"MSA|AA|C-1" in _asked(line, text)
            assert DiagnosticReport.objects.get().patient == patient
            assert b"MSA|AA|C-1" in _asked(line, text)
            assert b"MSA|AA|C-2" in _asked(line, oru(obx("4.4"), control="C-2"))
            with _database_away(committed_db):
                assert b"MSA|AE|C-4" in _asked(line, oru(obx("4.4"), control="C-4"))
            assert b"MSA|AA|C-4" in _asked(line, oru(obx("4.4"), control="C-4"))
            assert b"MSA|AR|C-3" in _asked(line, oru(control="C-3").replace("ORU^R01", "ADT^A01"))
        assert (SourceRecord.objects.count(), WaitingMessage.objects.count()) == (4, 3)
        assert listener.stop() == 0
        assert "SILVA" not in log.read_text().upper()
    finally:
        listener.kill()


def _port(listener: Process) -> int:
    eventually(lambda: listener.said("Listening on"), within=60, what="the listener")
    return int(listener.log.read_text().split("Listening on ")[1].split(".")[0])


@contextmanager
def _nothing_is_kept(name: str) -> Iterator[None]:
    """Whoever keeps a message waits until this is over."""
    with psycopg.connect(with_name(OWNER_URL, name)) as owner:
        owner.execute("LOCK TABLE interop_sourcerecord IN ACCESS EXCLUSIVE MODE")
        yield
        owner.rollback()


@contextmanager
def _database_away(name: str) -> Iterator[None]:
    """Nobody is connected to the database any more, and nobody can connect."""
    rule, known = "ALTER DATABASE {} ALLOW_CONNECTIONS {}", sql.Identifier(name)
    with psycopg.connect(with_name(OWNER_URL, "postgres"), autocommit=True) as owner:
        # Whom the clinic's own role has let in, that role alone may send away.
        with psycopg.connect(database_url(), autocommit=True) as session:
            owner.execute(sql.SQL(rule).format(known, sql.SQL("false")))
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            )
        connection.close()
        try:
            yield
        finally:
            owner.execute(sql.SQL(rule).format(known, sql.SQL("true")))


def _asked(line: socket.socket, text: str) -> bytes:
    line.sendall(framed(text))
    answer = b""
    while not answer.endswith(END):
        answer += line.recv(4096)
    return answer
