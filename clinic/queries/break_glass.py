"""Emergency access as pages need it: what is open now, what waits for review, what was done during one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from clinic.models import BreakGlass, Patient
from emr.accounts.models import User
from emr.accounts.standing import may
from emr.audit.models import AccessEvent, LogEntry, PurposeOfUse, SecurityEvent, SecurityKind
from emr.shared.dates import clinic_zone

#: The name of the condition that is read with an account: see emr.accounts.standing.
EMERGENCY = "emergency"
#: The most rows of each kind that a review shows.
SHOWN = 500
#: What the log of security events says of a try that opened nothing, and how many of an hour are answered.
FAILED = "Emergency access: nobody fits"
TRIES_PER_HOUR = 20


def open_for(user: User) -> QuerySet[BreakGlass]:
    """The emergency accesses of a person that are open now, by the clock of the database."""
    return BreakGlass.objects.filter(user=user, ended_at=None, expires_at__gt=Now())


def has_open() -> Exists:
    """Whether an account has an emergency access open, to be read with the account."""
    return Exists(BreakGlass.objects.filter(user=OuterRef("pk"), ended_at=None, expires_at__gt=Now()))


def open_on(user: User, patient: Patient) -> BreakGlass | None:
    """The person's open emergency access to this chart. One query for a restricted chart and a person who may have one
    open, else none."""
    if not patient.restricted or not may(user, EMERGENCY):
        return None
    return next(iter(open_for(user).filter(patient=patient).order_by()), None)


def emergencies(user: User, patient_ids: Collection[UUID]) -> dict[UUID, tuple[PurposeOfUse, str]]:
    """For the log of reads: which of the patients the person sees by an emergency access, and its reason. No query for
    whoever is known to have none open, else one."""
    if not may(user, EMERGENCY):
        return {}
    # Nobody has more than a few open, while a schedule names hundreds of patients.
    found = open_for(user).filter(patient__restricted=True).order_by()
    asked = set(patient_ids)
    return {
        glass.patient_id: (PurposeOfUse.BREAK_GLASS, reason_of(glass)) for glass in found if glass.patient_id in asked
    }


def reason_of(glass: BreakGlass | None) -> str:
    """What the log of reads says of a read that an emergency access opened; empty for any other."""
    return f"Emergency access, {glass.get_reason_code_display()}: {glass.reason}"[:300] if glass else ""


def identified(
    *, mrn: str = "", family_name: str = "", given_name: str = "", birth_date: date | None = None
) -> Patient | None:
    """The one patient who is named exactly, restricted or not: by the MRN, or by both names and the date of birth.

    A chart that was merged stands for the one into which it was. None for nobody and for more than one.
    Nobody but emergency access may ask so, past the rules of who sees whom.
    """
    if mrn:
        found = Patient.objects.filter(mrn=mrn)
    elif family_name and given_name and birth_date:
        found = Patient.objects.filter(
            family_name__iexact=family_name, given_name__iexact=given_name, birth_date=birth_date
        )
    else:
        return None
    charts = {row.replaced_by or row for row in found.select_related("replaced_by")}
    return charts.pop() if len(charts) == 1 else None


@dataclass(frozen=True)
class Asked:
    """The report's filter. ``state`` is ``open``, ``waiting``, ``reviewed`` or empty for all."""

    state: str = ""
    since: date | None = None
    until: date | None = None


def accesses(asked: Asked) -> QuerySet[BreakGlass]:
    """The emergency accesses that fit, newest first, with their people and patients. One query."""
    found = BreakGlass.objects.select_related("user", "patient", "reviewed_by", "ended_by").order_by("-started_at")
    if asked.state == "open":
        found = found.open()
    elif asked.state == "waiting":
        found = found.unreviewed()
    elif asked.state == "reviewed":
        found = found.exclude(pk__in=BreakGlass.objects.unreviewed().values("pk"))
    if asked.since:
        found = found.filter(started_at__gte=_midnight(asked.since))
    if asked.until:
        found = found.filter(started_at__lt=_midnight(asked.until + timedelta(days=1)))
    return found


@dataclass(frozen=True)
class Done:
    """What a person read and changed in the chart during an emergency access, oldest first."""

    reads: list[AccessEvent]
    changes: list[LogEntry]


def done_during(glass: BreakGlass) -> Done:
    """Everything of that person and that chart between beginning and end, from both logs. Three queries."""
    window = (glass.started_at, glass.over_at)
    reads = AccessEvent.objects.filter(user_id=glass.user_id, patient_id=glass.patient_id, at__range=window)
    changes = (
        LogEntry.objects.filter(actor_id=glass.user_id, patient_id=glass.patient_id, timestamp__range=window)
        .exclude(content_type=ContentType.objects.get_for_model(BreakGlass))
        .select_related("content_type")
    )
    return Done(list(reads.order_by("at", "pk")[:SHOWN]), list(changes.order_by("timestamp", "pk")[:SHOWN]))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), clinic_zone())


def failed_tries(user: User) -> int:
    """How often within the last hour emergency access named nobody for this person. One query."""
    events = SecurityEvent.objects.filter(user=user, at__gt=timezone.now() - timedelta(hours=1))
    return events.filter(kind=SecurityKind.PERMISSION_DENIED, detail=FAILED).order_by().count()
