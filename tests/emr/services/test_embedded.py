"""The embedded servers, tried for real: start, join, crash, and end with their users."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import errors

from emr.services.postgres import EXTENSIONS
from emr.services.processes import running
from tests.emr.services.conftest import USER, Start, clean_environment, eventually, leave

pytestmark = pytest.mark.timeout(120)


def said(process: subprocess.Popen[str]) -> dict[str, str]:
    """What a user printed when its servers were ready."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the user ended before its servers were ready"
    exported: dict[str, str] = json.loads(line)
    return exported


def one(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def listens(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((address.hostname or "", address.port or 0)) == 0


def postmaster(directory: Path) -> int:
    return int((directory / "var/postgres/postmaster.pid").read_text().splitlines()[0])


def keeper(directory: Path) -> int:
    return int((directory / "var/run/postgres.alive").read_text())


def test_both_roles_connect_and_the_app_owns_nothing(tmp_path: Path, start: Start) -> None:
    exported = said(start(tmp_path))
    app, owner = exported["DATABASE_URL"], exported["DATABASE_OWNER_URL"]

    assert one(app, "SELECT current_user") == "chartroom_app"
    assert one(owner, "SELECT current_user") == "chartroom_owner"
    assert one(app, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()") == (
        "chartroom_owner"
    )
    assert one(app, "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = 'chartroom_app'") == 0
    for forbidden in ("CREATE TABLE mine (id int)", "CREATE TEMP TABLE mine (id int)", "CREATE DATABASE mine"):
        with psycopg.connect(app, autocommit=True) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(forbidden.encode())
    rights = (
        "SELECT (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls) FROM pg_roles WHERE rolname = current_user"
    )
    assert one(app, rights) is False


def test_new_databases_of_the_owner_have_the_extensions(tmp_path: Path, start: Start) -> None:
    owner = said(start(tmp_path))["DATABASE_OWNER_URL"]
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE DATABASE another")

    for url in (owner, owner.removesuffix("chartroom") + "another"):
        installed = one(url, "SELECT array_agg(extname::text) FROM pg_extension")
        assert isinstance(installed, list)
        assert set(EXTENSIONS) <= set(installed)


def test_the_server_is_durable_and_private(tmp_path: Path, start: Start) -> None:
    url = said(start(tmp_path))["DATABASE_URL"]
    wanted = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
        "listen_addresses": "127.0.0.1",
        "password_encryption": "scram-sha-256",
    }

    assert {name: one(url, f"SHOW {name}") for name in wanted} == wanted


def test_a_wrong_password_and_no_password_are_refused(tmp_path: Path, start: Start) -> None:
    exported = said(start(tmp_path, broker=True))
    address = urlsplit(exported["DATABASE_URL"])

    for user in ("postgres", "chartroom_app"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"postgresql://{user}:wrong@127.0.0.1:{address.port}/chartroom")
    with socket.create_connection(("127.0.0.1", urlsplit(exported["BROKER_URL"]).port or 0)) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100).startswith(b"-NOAUTH")


def test_secrets_are_readable_by_their_owner_alone(tmp_path: Path, start: Start) -> None:
    exported = said(start(tmp_path, broker=True))

    files = [path for name in ("secrets", "run", "log") for path in (tmp_path / "var" / name).iterdir()]
    assert Path(exported["SECRET_KEY_FILE"]) in files
    assert len(Path(exported["SECRET_KEY_FILE"]).read_text()) >= 43
    for directory in ("secrets", "run", "log", "postgres", "valkey"):
        assert stat.S_IMODE((tmp_path / "var" / directory).stat().st_mode) == 0o700
    commands = " ".join(process.command for process in running().values())
    assert str(tmp_path / "var/postgres") in commands
    for name in ("chartroom_app", "chartroom_owner", "postgres", "valkey"):
        path = tmp_path / "var/secrets" / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text() not in commands


def test_the_broker_refuses_rather_than_forgets(tmp_path: Path, start: Start) -> None:
    import redis

    exported = said(start(tmp_path, broker=True))
    broker = redis.Redis.from_url(exported["BROKER_URL"])
    cache = redis.Redis.from_url(exported["CACHE_URL"])

    assert broker.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    broker.set("queue", "job")
    assert cache.get("queue") is None
    broker.close()
    cache.close()


def test_two_directories_run_at_once(tmp_path: Path, start: Start) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    for directory in (first, second):
        directory.mkdir()
    processes = [start(directory, broker=True) for directory in (first, second)]
    one_env, two_env = map(said, processes)

    for name in ("DATABASE_URL", "BROKER_URL"):
        assert urlsplit(one_env[name]).port != urlsplit(two_env[name]).port
        assert urlsplit(one_env[name]).password != urlsplit(two_env[name]).password
    with psycopg.connect(one_env["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE of_one ()")
    assert one(one_env["DATABASE_URL"], "SELECT to_regclass('of_one')::text") == "of_one"
    assert one(two_env["DATABASE_URL"], "SELECT to_regclass('of_one')::text") is None


def test_the_next_start_takes_another_port_when_ours_is_taken(tmp_path: Path, start: Start) -> None:
    process = start(tmp_path)
    before = urlsplit(said(process)["DATABASE_URL"]).port or 0
    leave(process)
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", before))
        squatter.listen()
        exported = said(start(tmp_path))

    assert urlsplit(exported["DATABASE_URL"]).port != before
    assert one(exported["DATABASE_URL"], "SELECT 1") == 1


def test_the_last_user_stops_the_servers_and_data_stay(tmp_path: Path, start: Start) -> None:
    first = start(tmp_path, broker=True)
    exported = said(first)
    second = start(tmp_path, broker=True)
    assert said(second)["DATABASE_URL"] == exported["DATABASE_URL"]
    with psycopg.connect(exported["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    leave(first)
    assert listens(exported["DATABASE_URL"])
    assert listens(exported["BROKER_URL"])
    leave(second)
    assert not listens(exported["DATABASE_URL"])
    assert not listens(exported["BROKER_URL"])

    again = said(start(tmp_path))
    assert one(again["DATABASE_OWNER_URL"], "SELECT answer FROM kept") == 42


def test_many_users_at_once_share_one_server(tmp_path: Path, start: Start) -> None:
    processes = [start(tmp_path) for _ in range(5)]

    ports = {urlsplit(said(process)["DATABASE_URL"]).port for process in processes}

    assert len(ports) == 1
    for process in processes:
        leave(process)
        assert process.returncode == 0
    assert not (tmp_path / "var/postgres/postmaster.pid").exists()


def test_servers_die_with_a_killed_user(tmp_path: Path, start: Start) -> None:
    process = start(tmp_path, broker=True)
    exported = said(process)
    process.kill()
    process.wait()

    assert eventually(lambda: not listens(exported["DATABASE_URL"]))
    assert eventually(lambda: not listens(exported["BROKER_URL"]))
    assert eventually(lambda: not (tmp_path / "var/postgres/postmaster.pid").exists())


def test_servers_survive_one_killed_user_of_two(tmp_path: Path, start: Start) -> None:
    first, second = start(tmp_path), start(tmp_path)
    exported = said(first)
    said(second)
    first.kill()
    first.wait()

    assert one(exported["DATABASE_URL"], "SELECT 1") == 1
    leave(second)
    assert not listens(exported["DATABASE_URL"])


def test_a_killed_postgres_comes_back_with_its_data(tmp_path: Path, start: Start) -> None:
    exported = said(start(tmp_path))
    owner = exported["DATABASE_OWNER_URL"]
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    before = postmaster(tmp_path)
    os.kill(before, signal.SIGKILL)

    joined = said(start(tmp_path))

    assert one(joined["DATABASE_OWNER_URL"], "SELECT answer FROM kept") == 42
    assert postmaster(tmp_path) != before


def test_everything_killed_recovers_on_the_next_start(tmp_path: Path, start: Start) -> None:
    process = start(tmp_path)
    owner = said(process)["DATABASE_OWNER_URL"]
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    for number in (keeper(tmp_path), postmaster(tmp_path), process.pid):
        os.kill(number, signal.SIGKILL)
    process.wait()
    assert (tmp_path / "var/postgres/postmaster.pid").exists()

    again = said(start(tmp_path))

    assert one(again["DATABASE_OWNER_URL"], "SELECT answer FROM kept") == 42


def test_a_stranger_with_the_dead_servers_id_is_left_alone(tmp_path: Path, start: Start) -> None:
    process = start(tmp_path)
    said(process)
    leave(process)
    file = tmp_path / "var/postgres/postmaster.pid"
    owner = file.parent.stat()
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None) as stranger:
        file.write_text(f"{stranger.pid}\n{file.parent}\n0\n1\n\n127.0.0.1\n")
        os.chown(file, owner.st_uid, owner.st_gid)

        try:
            exported = said(start(tmp_path))
            assert one(exported["DATABASE_URL"], "SELECT 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_killed_keeper_takes_no_data_with_it(tmp_path: Path, start: Start) -> None:
    process = start(tmp_path)
    owner = said(process)["DATABASE_OWNER_URL"]
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(keeper(tmp_path), signal.SIGKILL)

    again = said(start(tmp_path))

    assert one(again["DATABASE_OWNER_URL"], "SELECT answer FROM kept") == 42


def test_deleted_secrets_are_made_anew(tmp_path: Path, start: Start) -> None:
    process = start(tmp_path)
    before = said(process)["DATABASE_URL"]
    leave(process)
    for path in (tmp_path / "var/secrets").iterdir():
        path.unlink()

    after = said(start(tmp_path))["DATABASE_URL"]

    assert after != before
    assert one(after, "SELECT 1") == 1


def test_an_interrupted_first_start_is_begun_anew(tmp_path: Path, start: Start) -> None:
    half = tmp_path / "var/postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    assert one(said(start(tmp_path))["DATABASE_URL"], "SELECT 1") == 1
    assert not half.exists()


def test_with_both_addresses_given_nothing_is_started_or_imported(tmp_path: Path) -> None:
    program = USER.replace("sys.stdin.read()", "print([name for name in sys.modules if 'services' in name])")
    given = {"DATABASE_URL": "postgresql://a@db.example/x", "BROKER_URL": "redis://broker.example/0"}

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), "broker"],
        env=clean_environment(**given),
        capture_output=True,
        text=True,
        check=True,
    )

    exported, modules = done.stdout.splitlines()
    assert set(json.loads(exported)) == {"PID"}
    assert "emr.services.postgres" not in modules
    assert "emr.services.valkey" not in modules
    assert not (tmp_path / "var").exists()


def test_a_given_database_gets_only_a_broker(tmp_path: Path, start: Start) -> None:
    exported = said(start(tmp_path, broker=True, DATABASE_URL="postgresql://a@db.example/x"))

    assert "DATABASE_URL" not in exported
    assert "CHARTROOM_DEMO" not in exported
    assert "SECRET_KEY_FILE" not in exported
    assert listens(exported["BROKER_URL"])
    assert not (tmp_path / "var/postgres").exists()
