"""Messages: what came in, what went out, what was said about a patient."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from clinic.models import Communication, CommunicationRecipient, Patient
from clinic.queries.delegations import covered
from clinic.rules import can, visible_to
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui import formats

SHOWN = 100


@dataclass(frozen=True)
class Said:
    """One message in words: who to whom, each receiver with whether they have read it."""

    id: UUID
    thread_id: UUID
    subject: str
    text: str
    sender: str
    sent: str
    to: list[tuple[str, str]]
    urgent: bool
    patient: Patient | None
    mine: bool


def readable_messages(user: User) -> QuerySet[Communication]:
    """The messages that somebody has written, was sent, or, reading the chart, finds in it. Those about a patient of
    whom they may not know are not there."""
    inbox = Q(recipients__user=user) | Q(recipients__user__in=covered(user.pk, clinic_today()))
    chart = Q(patient__isnull=False) if user.has_perm(Permission.VIEW_CHART) else Q(pk=None)
    known = Q(patient=None) | Q(patient__in=visible_to(user).order_by())
    found = Communication.objects.filter(Q(created_by=user) | inbox | chart, known)
    return Communication.objects.filter(pk__in=found.order_by().values("pk"))


def sent_by(user: User) -> list[Said]:
    """What somebody has sent, the newest first, with who has read it. Two queries."""
    rows = readable_messages(user).filter(created_by=user).order_by("-created_at")[:SHOWN]
    return [_said(row, user) for row in _whole(rows)]


def thread_of(user: User, message: Communication) -> list[Said]:
    """The exchange to which a message belongs, the first first, as far as the reader may know it. Two queries."""
    first = message.thread_id or message.pk
    rows = readable_messages(user).filter(Q(pk=first) | Q(thread=first)).order_by("created_at")
    return [_said(row, user) for row in _whole(rows)]


def messages_about(user: User, patient: Patient) -> list[Said]:
    """What was written about a patient that the reader may read, the newest first. Two queries."""
    rows = readable_messages(user).filter(patient=patient).order_by("-created_at")[:SHOWN]
    return [_said(row, user) for row in _whole(rows)]


def received_by(user: User, message: Communication) -> QuerySet[CommunicationRecipient]:
    """The rows by which the messages of an exchange reached somebody, or whom they stand in for."""
    first = message.thread_id or message.pk
    mine = Q(user=user) | Q(user__in=covered(user.pk, clinic_today()))
    return CommunicationRecipient.objects.filter(
        mine, Q(communication=first) | Q(communication__thread=first)
    ).order_by("created_at")


def partners(user: User, message: Communication) -> list[User]:
    """All who take part in an exchange and may still know whom it is about, but the reader. One query, and for each of
    them one more where it is about a patient."""
    first = message.thread_id or message.pk
    exchange = Communication.objects.filter(Q(pk=first) | Q(thread=first)).order_by()
    took_part = Q(pk__in=exchange.values("created_by")) | Q(pk__in=exchange.values("recipients__user"))
    others = User.objects.filter(took_part, is_active=True, is_service=False).exclude(pk=user.pk)
    patient = message.patient
    return [one for one in others if patient is None or can(one, Permission.VIEW_TASKS, patient).allowed]


def _whole(rows: QuerySet[Communication]) -> QuerySet[Communication]:
    to = CommunicationRecipient.objects.select_related("user").order_by("user__last_name", "user__first_name")
    return rows.select_related("created_by", "patient").prefetch_related(Prefetch("recipients", queryset=to))


def _seen(row: CommunicationRecipient) -> str:
    if row.read_at is not None:
        return f"read {formats.instant(row.read_at)}"
    if row.archived_at is not None:
        return f"put away {formats.instant(row.archived_at)} by who stood in"
    return "not read yet"


def _said(row: Communication, user: User) -> Said:
    return Said(
        id=row.pk,
        thread_id=row.thread_id or row.pk,
        subject=row.subject,
        text=row.text,
        sender=str(row.created_by),
        sent=formats.instant(row.created_at),
        to=[(str(one.user), _seen(one)) for one in row.recipients.all()],
        urgent=row.urgent,
        patient=row.patient,
        mine=row.created_by_id == user.pk,
    )
