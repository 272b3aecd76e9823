"""Where one copy of Chartroom keeps its services' data, locks, logs and secrets."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


class Folder:
    """The ``var/`` directory of one copy (``CHARTROOM_VAR`` moves it). Directories are made on first use."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.var = Path(os.environ.get("CHARTROOM_VAR") or self.root / "var").resolve()

    @property
    def run(self) -> Path:
        """Locks and states of running services."""
        return self._private("run")

    @property
    def log(self) -> Path:
        """The services' own logs."""
        return self._private("log")

    def secret(self, name: str) -> Path:
        """The file of a secret of 43 random characters, made on first use and readable by its owner alone."""
        path = self._private("secrets") / name
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
        return path

    def has_secret(self, name: str) -> bool:
        """Whether the secret was made before."""
        return (self.var / "secrets" / name).exists()

    def read_secret(self, name: str) -> str:
        """The text of :meth:`secret`."""
        return self.secret(name).read_text(encoding="ascii").strip()

    def _private(self, name: str) -> Path:
        path = self.var / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path
