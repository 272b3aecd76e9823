"""Nothing is sealed twice, nothing is left out, whoever writes meanwhile and whenever the sealing is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from emr.audit.models import AccessEvent, Log, SealBlock
from emr.audit.seals import sealing
from emr.audit.seals.files import SealFolder
from emr.audit.seals.sealing import SealRefused, seal
from emr.audit.seals.verifying import verify
from tests.emr.audit.seals.attacker import run
from tests.emr.audit.seals.conftest import MODELS, fill
from tests.factories.base import someone

pytestmark = [pytest.mark.feature("K02")]


def _read(section: str) -> AccessEvent:
    return AccessEvent.objects.create(
        user=someone(), patient_id=uuid4(), action="view", section=section, url_name="x", request_id="r"
    )


def _sealed_rows() -> int:
    return sum(SealBlock.objects.filter(log=Log.READS).values_list("rows", flat=True))


def test_each_row_is_sealed_once_and_blocks_are_of_a_size(seals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BLOCK_ROWS", 4)
    fill(5)
    done = seal(wait=True)
    assert done.rows == {log: MODELS[log].objects.count() for log in Log}  # type: ignore[attr-defined]
    assert list(SealBlock.objects.filter(log=Log.READS).values_list("rows", flat=True)) == [4, 1]
    assert seal(wait=True).blocks == 0
    assert verify().findings == []


def test_a_row_of_an_open_transaction_is_left_for_the_next_block(seals: Path) -> None:
    """Its key is older than those of rows that are sealed before it: keys are not in the order of commits."""
    fill(1)
    written, go_on = Event(), Event()

    def slow() -> str:
        try:
            with transaction.atomic():
                event = _read("slow")
                written.set()
                assert go_on.wait(60)
                return str(event.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        late = pool.submit(slow)
        assert written.wait(60)
        quick = _read("quick")
        seal()
        sealed_before = _sealed_rows()
        go_on.set()
        assert late.result() < str(quick.pk)
    assert sealed_before <= 1
    seal(wait=True)
    report = verify()
    assert (report.findings, report.unsealed, _sealed_rows()) == ([], 0, 3)


def test_sealing_while_others_write_gives_no_alarm_and_leaves_nothing(seals: Path) -> None:
    writers, each = 4, 40
    user = someone()

    def write(_: int) -> None:
        try:
            for number in range(each):
                with transaction.atomic():
                    for _ in range(1 + number % 3):
                        AccessEvent.objects.create(
                            user=user, patient_id=uuid4(), action="view", section="s", url_name="x", request_id="r"
                        )
                    if number % 5 == 0:
                        transaction.set_rollback(True)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        running = [pool.submit(write, number) for number in range(writers)]
        while not all(one.done() for one in running):
            seal()
            assert verify().findings == []
        for one in running:
            one.result()
    seal(wait=True)
    report = verify()
    assert (report.findings, report.unsealed) == ([], 0)
    assert _sealed_rows() == AccessEvent.objects.count()


@pytest.mark.parametrize("moment", ["committed", "half_a_line"])
def test_killed_between_the_database_and_the_file_it_is_mended(seals: Path, moment: str) -> None:
    fill(1)
    seal(wait=True)
    fill(1)
    _run_and_be_killed(seals, moment)
    assert verify().findings == []
    mended = seal(wait=True)
    assert mended.repaired == 1
    report = verify()
    assert (report.findings, report.unsealed) == ([], 0)
    for log in Log:
        numbers = [block.number for _, block in SealFolder(seals).blocks(log) if block]
        assert numbers == list(SealBlock.objects.filter(log=log).order_by("number").values_list("number", flat=True))


_KILLED = """
import os, signal, sys
import django
django.setup()
from pathlib import Path
from django.conf import settings
from emr.audit.seals.files import SealFolder
from emr.audit.seals import sealing

settings.AUDIT_SEAL_DIR = Path(sys.argv[1])

def die(folder, block):
    if sys.argv[2] == "half_a_line":
        with folder._file_for(block).open("ab") as file:
            file.write(block.as_line()[:100])
    os.kill(os.getpid(), signal.SIGKILL)

SealFolder.append = die
sealing.seal(wait=True)
"""


def _run_and_be_killed(seals: Path, moment: str) -> None:
    """Another process seals, and is killed after its first block is in the database."""
    params = connection.get_connection_params()
    url = f"postgresql://{params['user']}:{params['password']}@{params['host']}:{params['port']}/{params['dbname']}"
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(seals), moment],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "emr.settings"},
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


def test_two_runs_at_once_make_one_chain(seals: Path) -> None:
    fill(2)

    def one(_: int) -> bool:
        try:
            return seal(wait=True).busy
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as pool:
        busy = list(pool.map(one, range(4)))
    assert not all(busy)
    seal(wait=True)
    report = verify()
    assert (report.findings, report.unsealed) == ([], 0)


def test_it_does_not_go_on_from_a_chain_that_was_cut_off(sealed: Path) -> None:
    run("DELETE FROM audit_sealblock WHERE log = 'reads' AND number = 2")
    with pytest.raises(SealRefused, match="hold blocks that the database lacks"):
        seal()
    with pytest.raises(CommandError, match="--after-restore"):
        call_command("seal_audit")


def test_after_a_restore_the_chain_says_so_and_goes_on(sealed: Path) -> None:
    """The backup was older: block 2 and its rows are gone. The new server counts its transactions anew."""
    run("DELETE FROM audit_accessevent WHERE id = ANY(SELECT id FROM audit_accessevent ORDER BY txid DESC LIMIT 3)")
    run("DELETE FROM audit_sealblock WHERE log = 'reads' AND number = 2")
    run(
        "UPDATE audit_accessevent SET txid = txid::text::xid8"
        " WHERE id = (SELECT id FROM audit_accessevent ORDER BY txid LIMIT 1)"
    )
    new = _read("after the restore")
    run("UPDATE audit_accessevent SET txid = '5' WHERE id = %s", new.pk)
    seal(after_restore=True, wait=True)
    report = verify()
    assert report.findings == []
    assert [note for note in report.notes if "blocks 2 to 2 were lost" in note] == report.notes
    assert report.unsealed == 0
    run("UPDATE audit_accessevent SET section = 'forged' WHERE id = %s", new.pk)
    assert [one.what for one in verify().findings] == [f"entry {new.pk}"]


def test_files_can_be_written_anew(sealed: Path) -> None:
    before = {file.name: file.read_bytes() for file in sealed.iterdir()}
    for file in sealed.iterdir():
        file.unlink()
    assert len(verify().findings) == len(Log)
    call_command("seal_audit", "--rewrite-files")
    assert verify().findings == []
    assert {name: (sealed / name).read_bytes() for name in before} == before


def test_a_new_column_does_not_break_what_was_sealed_before(sealed: Path) -> None:
    run("ALTER TABLE audit_securityevent ADD COLUMN later text NOT NULL DEFAULT 'x'")
    assert verify().findings == []
    fill(1)
    seal(wait=True)
    assert verify().findings == []
