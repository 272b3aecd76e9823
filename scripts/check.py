"""Every check that needs no database: run two at a time, one line each, the output of those that fail.

Exit status 1 when one fails.
"""

# ruff: noqa: S603, T201  the commands are ours, none comes from outside; the person at the terminal reads what is printed

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

# A production environment with throw-away secrets and addresses that lead nowhere.
PRODUCTION = {
    "CHARTROOM_DEMO": "0",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ENCRYPTION_KEYS": secrets.token_urlsafe(32),
    "AUDIT_SIGNING_KEY": secrets.token_urlsafe(32),
    "ALLOWED_HOSTS": "clinic.example",
    "DATABASE_URL": "postgresql://chartroom_app@127.0.0.1:1/chartroom",
    "DATABASE_OWNER_URL": "postgresql://chartroom_owner@127.0.0.1:1/chartroom",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "CACHE_URL": "redis://127.0.0.1:1/1",
}


@dataclass(frozen=True)
class Check:
    """One command that must succeed."""

    title: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self) -> tuple[Check, float, str | None]:
        """Return the check, its seconds, and its output if it failed."""
        begun = time.monotonic()
        done = subprocess.run(
            self.command,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return self, time.monotonic() - begun, None if done.returncode == 0 else done.stdout


def checks() -> list[Check]:
    """All of them, the slowest first. What loads the settings gets an environment for it."""
    manage = [sys.executable, "manage.py"]
    return [
        Check("types", [str(BIN / "mypy"), "."], PRODUCTION),
        Check("migrations are complete", [*manage, "makemigrations", "--check", "--dry-run"], PRODUCTION),
        Check("production settings", [*manage, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
        Check("templates", [str(BIN / "djlint"), "templates", "--lint", "--profile", "jinja", "--quiet"]),
        Check("imports point downward", [str(BIN / "lint-imports")]),
        Check("lint", [str(BIN / "ruff"), "check", "."]),
        Check("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ]


def main() -> int:
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for future in as_completed([pool.submit(check.run) for check in checks()]):
            check, seconds, output = future.result()
            print(f"  {'ok    ' if output is None else 'FAILED'} {check.title} ({seconds:.1f} s)", flush=True)
            if output is not None:
                failed.append(check.title)
                print(output, flush=True)
    if failed:
        print(f"Checks that failed: {', '.join(sorted(failed))}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
