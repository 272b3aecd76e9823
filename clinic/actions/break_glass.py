"""Emergency access: broken, ended, reviewed."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from clinic.actions.tasks import complete_tasks_about, create_task
from clinic.models import BreakGlass, Patient
from clinic.models.break_glass import BreakGlassPurpose, BreakGlassReason, Finding
from clinic.models.tasks import REVIEW_BREAK_GLASS
from clinic.rules import visible_to
from emr.access.permissions import Permission
from emr.access.roles import PRIVACY_OFFICER
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.security import SecurityKind, record_security_event
from emr.jobs import enqueue
from emr.shared.errors import DomainError

#: The job that tells one privacy officer.
MAIL_JOB = "clinic.break_glass_mail"


class AlreadyOpen(DomainError):
    """The chart is open to this person anyway, so that there is nothing to break."""


class NobodyFits(DomainError):
    """Nobody is named so, or not for this person: one answer for both."""

    def __init__(self) -> None:
        super().__init__(
            "Nobody fits, or the chart can't be opened this way. Check the MRN, or the name and the date of birth; "
            "if the patient is here and you can't wait, call the privacy officer."
        )


@action
def break_glass(
    *, by: User, patient: Patient | None, reason_code: str, reason: str, purpose: str, origin: str
) -> BreakGlass:
    """Open a restricted chart to ``by`` for the time that the setting BREAK_GLASS_MINUTES gives, and tell the privacy
    officers: a task for the role, a mail to each. ``origin`` (``https://host``) begins the link in the mail.

    Raises AlreadyOpen when the chart is open to them anyway; NobodyFits for no patient and, in the same words, for one
    from whom they are kept out by name; DomainError without a reason.
    """
    if not reason.strip():
        raise DomainError("Say why you need this chart now.", field="reason")
    if patient is None:
        raise NobodyFits
    Patient.objects.select_for_update().order_by().get(pk=patient.pk)  # Two tries at one moment make one access.
    if visible_to(by).filter(pk=patient.pk).exists():
        raise AlreadyOpen("This chart is open to you. Emergency access was not needed, and none was recorded.")
    if not patient.restricted or patient.denials.filter(user=by, lifted_at=None).exists():
        raise NobodyFits
    now = timezone.now()
    glass = BreakGlass.objects.create(
        patient=patient,
        user=by,
        reason_code=BreakGlassReason(reason_code),
        reason=reason.strip()[:240],
        purpose=BreakGlassPurpose(purpose),
        started_at=now,
        expires_at=now + timedelta(minutes=settings.BREAK_GLASS_MINUTES),
    )
    record_security_event(SecurityKind.BREAK_GLASS, user=by, detail=f"{glass.pk} {glass.reason_code}")
    _tell_privacy_officers(glass, by=by, origin=origin)
    return glass


@action
def end_break_glass(*, by: User, glass: BreakGlass) -> BreakGlass:
    """Close the chart again before the time is over: its user, or a privacy officer. After the end nothing changes.

    Raises DomainError for anybody else.
    """
    if glass.user_id != by.pk and not by.has_perm(Permission.REVIEW_BREAK_GLASS):
        raise DomainError("This emergency access is not yours to end.")
    locked = BreakGlass.objects.select_for_update().get(pk=glass.pk)
    now = timezone.now()
    if locked.is_open:
        locked.ended_at, locked.ended_by = now, by
        locked.save(update_fields=["ended_at", "ended_by"])
    return locked


@action
def review_break_glass(*, by: User, glass: BreakGlass, finding: str, comment: str) -> BreakGlass:
    """Sign off an emergency access. "Needs follow-up" may be followed by a final finding; that one stays.

    Raises DomainError for one's own access, for one that is still open, without a comment where the finding needs one,
    and where somebody has signed off already.
    """
    locked = BreakGlass.objects.select_for_update().get(pk=glass.pk)
    finding, comment = Finding(finding), comment.strip()
    if locked.user_id == by.pk:
        raise DomainError("You can't review your own emergency access. Another privacy officer has to.")
    if locked.is_open:
        raise DomainError("This access is still open. End it, or wait until it is over.")
    if locked.reviewed_at is not None and locked.finding != Finding.FOLLOW_UP:
        raise DomainError("This access has been signed off already.")
    if finding != Finding.APPROPRIATE and not comment:
        raise DomainError("Say what you found, and what follows from it.", field="comment")
    locked.reviewed_at, locked.reviewed_by = timezone.now(), by
    locked.finding, locked.comment = finding, comment[:1000]
    locked.save(update_fields=["reviewed_at", "reviewed_by", "finding", "comment"])
    if finding != Finding.FOLLOW_UP:
        complete_tasks_about(by=by, row=locked, comment=Finding(finding).label)
    return locked


def _tell_privacy_officers(glass: BreakGlass, *, by: User, origin: str) -> None:
    create_task(
        by=by,
        code=REVIEW_BREAK_GLASS,
        description=f"Review the emergency access of {by}",
        owner_role=PRIVACY_OFFICER.name,
        about=glass,
    )
    officers = User.objects.filter(groups__name=PRIVACY_OFFICER.name, is_active=True).order_by("pk")
    for officer in officers:
        payload = {"break_glass": str(glass.pk), "to": str(officer.pk), "origin": origin}
        enqueue(MAIL_JOB, key=f"break-glass-mail:{glass.pk}:{officer.pk}", by=by, payload=payload)
