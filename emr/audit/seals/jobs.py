"""What runs by itself: sealing every few minutes, verifying and making the months' tables once a day."""

from __future__ import annotations

import logging
import time as clock
from datetime import time, timedelta
from typing import Any

from django.utils import timezone

from emr.access.permissions import Permission
from emr.audit.partitions import add_months
from emr.audit.queries.seals import LATE_AFTER, lateness
from emr.audit.seals.actions import record_verification
from emr.audit.seals.sealing import SealRefused, seal
from emr.audit.seals.verifying import verify
from emr.celery import app
from emr.jobs.registry import job
from emr.jobs.run import JobRun

logger = logging.getLogger(__name__)

#: The daily job looks back so far; all of it is compared by ``verify_audit``, as long as that takes.
_LOOK_BACK = timedelta(days=8)


@app.task(name="emr.audit.seals.jobs.seal_logs")
def seal_logs() -> None:
    """Seal what came since the last time; asked for every five minutes by the beat."""
    try:
        seal()
    except SealRefused as error:
        logger.error("Sealing is refused: %s", error.message)
    late = lateness(timezone.now())
    if late is not None and late > LATE_AFTER:
        logger.error("Entries of the logs are not sealed for %d minutes.", late.total_seconds() // 60)


@job("audit.verify", permission=Permission.VIEW_AUDIT, title="Verifying the logs", daily_at=time(8), atomic=False)
def verify_logs(run: JobRun) -> dict[str, Any]:
    """Compare what was sealed in the last days with the seals; the page of the seals shows the result."""
    begun = clock.monotonic()
    report = verify(
        since=timezone.now() - _LOOK_BACK, progress=lambda label, done, total: run.progress(done, total, label)
    )
    record_verification(by=run.by, report=report, seconds=clock.monotonic() - begun)
    if report.problems:
        logger.error("Verifying the logs found %d problems.", report.problems)
    return {"problems": report.problems, "entries": report.rows}


@job("audit.months", permission=Permission.VIEW_AUDIT, title="Making tables for the coming months", daily_at=time(6))
def make_months(run: JobRun) -> dict[str, Any]:
    """Keep a year of the log of reads ahead."""
    return {"made": add_months(timezone.now().date(), 13)}
