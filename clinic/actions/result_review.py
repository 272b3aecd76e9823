"""What clinicians do with results: take notice of them, say what follows, let the patient see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from clinic.actions.errors import refuse_errored
from clinic.actions.results import SETTLED
from clinic.actions.tasks import complete_tasks_about, create_task
from clinic.choices import CRITICAL
from clinic.models import DiagnosticReport
from clinic.models.tasks import RESULT_FOLLOW_UP, REVIEW_RESULT
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError


@dataclass(frozen=True)
class FollowUp:
    """What a result asks for: in words that name no patient, of one person or of everybody with a role, by a day."""

    description: str
    owner: User | None = None
    owner_role: str = ""
    due_date: date | None = None


@action
def review_report(
    *,
    by: User,
    report: DiagnosticReport,
    seen: str,
    comment: str = "",
    release: bool = False,
    follow_up: FollowUp | None = None,
) -> DiagnosticReport:
    """Take notice of a report as it was ``seen`` (:func:`stamp`). A critical value asks for words: what was done.

    Raises DomainError without them and for who may not review; Conflict when the report changed since it was shown,
    or somebody else reviewed it.
    """
    if not by.has_perm(Permission.REVIEW_RESULTS):
        raise DomainError("Results are reviewed by clinicians.")
    locked = DiagnosticReport.objects.select_for_update().get(pk=report.pk)
    refuse_errored(locked)
    if stamp(locked) != seen:
        raise Conflict("This result changed while the page was open. Look at it again; what you typed is kept.")
    if locked.reviewed_at is not None:
        raise Conflict(f"{locked.reviewed_by} has reviewed this result already.")
    if not comment.strip() and locked.results.standing().filter(interpretation__in=CRITICAL).exists():
        raise DomainError("A value is critical: say what was done about it, and whom you told.", field="comment")
    locked.reviewed_at, locked.reviewed_by = timezone.now(), by
    locked.review_comment = comment.strip()[:500]
    locked.save(update_fields=["reviewed_at", "reviewed_by", "review_comment", "updated_at"])
    complete_tasks_about(by=by, row=locked, code=REVIEW_RESULT)
    if follow_up is not None:
        _ask(by, locked, follow_up)
    return release_report(by=by, report=locked) if release else locked


@action
def release_report(*, by: User, report: DiagnosticReport) -> DiagnosticReport:
    """Let the patient see a report. Raises DomainError for one of which more is to come, and for who may not."""
    locked = _releasable(by, report)
    if locked.released_at is not None:
        return locked
    if locked.status not in SETTLED:
        raise DomainError("More is to come of this report. Release it when it is final.", field="release")
    locked.released_at, locked.released_by = timezone.now(), by
    locked.save(update_fields=["released_at", "released_by", "updated_at"])
    return locked


@action
def withhold_report(*, by: User, report: DiagnosticReport) -> DiagnosticReport:
    """Take the release back: the patient doesn't see the report any more. The log keeps that they could."""
    locked = _releasable(by, report)
    locked.released_at = locked.released_by = None
    locked.save(update_fields=["released_at", "released_by", "updated_at"])
    return locked


def stamp(report: DiagnosticReport) -> str:
    """What a page carries to say which state of a report was looked at."""
    return report.updated_at.isoformat()


def _releasable(by: User, report: DiagnosticReport) -> DiagnosticReport:
    if not by.has_perm(Permission.REVIEW_RESULTS):
        raise DomainError("Results are released by clinicians.")
    locked = DiagnosticReport.objects.select_for_update().get(pk=report.pk)
    refuse_errored(locked)
    return locked


def _ask(by: User, report: DiagnosticReport, wanted: FollowUp) -> None:
    task = create_task(
        by=by,
        code=RESULT_FOLLOW_UP,
        description=wanted.description,
        owner=wanted.owner,
        owner_role=wanted.owner_role,
        patient=report.patient,
        about=report,
    )
    if wanted.due_date is not None:
        task.due_date = wanted.due_date
        task.save(update_fields=["due_date", "updated_at"])
