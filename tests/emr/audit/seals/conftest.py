"""A database with three filled logs, a folder for the seals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from emr.audit.models import AccessEvent, Log, LogEntry
from emr.audit.seals.sealing import seal
from emr.audit.security import SecurityEvent, record_security_event
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import someone

MODELS = {Log.CHANGES: LogEntry, Log.READS: AccessEvent, Log.SECURITY: SecurityEvent}


@pytest.fixture
def seals(tmp_path: Path, committed_db: str) -> Iterator[Path]:
    """The folder of the seals of a database of the test's own."""
    before, settings.AUDIT_SEAL_DIR = settings.AUDIT_SEAL_DIR, tmp_path / "seals"
    yield settings.AUDIT_SEAL_DIR
    settings.AUDIT_SEAL_DIR = before


def fill(count: int = 3) -> None:
    """Some entries in each log."""
    for _ in range(count):
        PractitionerFactory()
        AccessEvent.objects.create(
            user=someone(), patient_id=uuid4(), action="view", section="summary", url_name="x", request_id="r"
        )
        record_security_event("login", user=someone())


@pytest.fixture
def sealed(seals: Path) -> Path:
    """Three logs with two runs of sealing behind them."""
    fill()
    seal(wait=True)
    fill()
    seal(wait=True)
    return seals


def ids(log: Log) -> list[str]:
    """The keys of a log's rows, in the order of sealing."""
    return [str(key) for key in MODELS[log].objects.order_by("txid", "id").values_list("pk", flat=True)]  # type: ignore[attr-defined]
