"""Visits that can't be billed yet, and why: so that none is forgotten before it comes to the list of what is ready."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from billing.models import Claim
from billing.queries.charges import ON_CLAIM, PAGE_SIZE, narrowed
from clinic.access import visible_to
from clinic.choices import EncounterStatus
from clinic.models import Encounter, Note
from emr.accounts.models import Practitioner, User
from emr.shared.dates import clinic_day, clinic_today, clinic_zone
from emr.ui import formats

_NEVER = (EncounterStatus.PLANNED, EncounterStatus.CANCELLED, EncounterStatus.ENTERED_IN_ERROR)
#: From how many days after the visit on it is marked as old.
_OLD_DAYS = 3
#: What the lists may be narrowed to: visits of at least so many days ago.
AGES = (3, 7, 14, 30, 90)


@dataclass(frozen=True)
class WaitingRow:
    """A visit that can't be billed yet, in words."""

    encounter: Encounter
    service: str
    patient: str
    mrn: str
    practitioner: str
    reasons: list[str]
    age: str
    old: bool


@dataclass(frozen=True)
class WaitingPage:
    """A page of visits that aren't ready."""

    rows: list[WaitingRow]
    newer: UUID | None
    count: int


def not_ready() -> QuerySet[Encounter]:
    """Visits of before today, or finished today, that have no claim in force and can't have one yet; oldest first."""
    claimed = Claim.objects.in_force().filter(encounter=OuterRef("pk"))
    notes = Note.objects.filter(encounter=OuterRef("pk"), entered_in_error_at=None)
    standing = Q(diagnoses__entered_in_error_at=None) & ~Q(diagnoses__code="")
    charged = Q(charge_items__status__in=ON_CLAIM)
    return (
        Encounter.objects.exclude(status__in=_NEVER)
        .filter(entered_in_error_at=None)
        .annotate(
            day=TruncDate("period_start", tzinfo=clinic_zone()),
            written=Exists(notes),
            signed=Exists(notes.billable()),
            cosign=Exists(notes.awaiting_cosignature()),
        )
        .filter(Q(day__lt=clinic_today()) | Q(status=EncounterStatus.FINISHED), ~Exists(claimed))
        .filter(~Q(status=EncounterStatus.FINISHED) | Q(signed=False) | Q(cosign=True))
        .select_related("patient", "practitioner")
        .annotate(
            diagnosis_count=Count("diagnoses", filter=standing, distinct=True),
            charge_count=Count("charge_items", filter=charged, distinct=True),
        )
        .order_by("period_start", "pk")
    )


def waiting_page(
    user: User, *, practitioner: UUID | None = None, older: int = 0, after: UUID | None = None
) -> WaitingPage:
    """The visits of patients of whom the user may know. Two queries, and one more after the first page."""
    fitting = narrowed(not_ready().filter(patient__in=visible_to(user)), practitioner, older)
    start = Encounter.objects.filter(pk=after).values_list("period_start", flat=True).first() if after else None
    page = fitting.filter(Q(period_start__gt=start) | Q(period_start=start, pk__gt=after)) if start else fitting
    found = list(page[: PAGE_SIZE + 1])
    return WaitingPage(
        rows=[_row(encounter) for encounter in found[:PAGE_SIZE]],
        newer=found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None,
        count=fitting.count(),
    )


def practitioners() -> list[Practitioner]:
    """Who sees patients here. One query."""
    return list(Practitioner.objects.filter(active=True).order_by("family_name", "given_name"))


def _row(encounter: Encounter) -> WaitingRow:
    days = (clinic_today() - clinic_day(encounter.period_start)).days
    return WaitingRow(
        encounter=encounter,
        service=formats.day(vars(encounter)["day"]),
        patient=encounter.patient.sort_name,
        mrn=formats.mrn(encounter.patient.mrn),
        practitioner=encounter.practitioner.short_name if encounter.practitioner else "",
        reasons=list(_reasons(encounter)),
        age="today" if days == 0 else f"{days} d",
        old=days >= _OLD_DAYS,
    )


def _reasons(encounter: Encounter) -> list[str]:
    facts = vars(encounter)
    told = (
        ("Waits for a cosignature", facts["cosign"]),
        ("No note", not facts["written"]),
        ("Note not signed", facts["written"] and not facts["signed"] and not facts["cosign"]),
        ("Visit not finished", encounter.status != EncounterStatus.FINISHED),
        ("No diagnosis", not facts["diagnosis_count"]),
        ("No charges", not facts["charge_count"]),
    )
    return [words for words, so in told if so]
