"""Keeping what a verification found."""

from __future__ import annotations

from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.models import Verification
from emr.audit.seals.findings import Report

#: So many findings are kept with the run; the command prints more.
_KEPT = 200


@action
def record_verification(*, by: User, report: Report, seconds: float) -> Verification:
    """Keep the result of one run; findings name rows by their keys and hold no values."""
    return Verification.objects.create(
        by=by,
        seconds=seconds,
        complete=report.complete,
        blocks=report.blocks,
        rows=report.rows,
        unsealed=report.unsealed,
        problems=report.problems,
        findings=[str(finding) for finding in report.findings[:_KEPT]] + report.notes,
    )
