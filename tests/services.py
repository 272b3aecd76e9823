"""Loaded before Django: gives the tests a PostgreSQL and a Valkey of their own, apart from the running clinic's."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "test"

_stack = ExitStack()


def start() -> None:
    """Set the environment of a test run. The workers of a parallel run inherit it and start nothing."""
    # Where a container's image forbids it, each of the processes that the tests start would compile all modules anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ.setdefault("CHARTROOM_DEMO", "1")
    os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
    os.environ.setdefault("ENCRYPTION_KEYS", "dGhlLXRlc3RzLWtleS1vZi0zMi1ieXRlcy1hLWEtYS0")
    os.environ.setdefault("AUDIT_SIGNING_KEY", "dGhlLXRlc3RzLWtleS1vZi0zMi1ieXRlcy1iLWItYi0")
    # Where the clinic of the factories stands: a test's today is that of its pages, at every hour of the night.
    os.environ["CLINIC_TIME_ZONE"] = "America/Chicago"
    os.environ.setdefault("DATABASE_POOL", "0")
    os.environ.setdefault("CHARTROOM_VAR", str(VAR))
    os.environ["CHARTROOM_DB_ROLE"] = "app"
    (VAR / "static").mkdir(parents=True, exist_ok=True)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        from emr.services import ensure

        _stack.enter_context(ensure(VAR, durable=False))
        atexit.register(_stack.close)


start()
