"""What the cards of the chart's summary show: the present state, the latest first, of every list in one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DateField, F, Q, QuerySet, Window
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from clinic.choices import (
    CRITICAL,
    AllergyCriticality,
    EncounterStatus,
    ImmunizationStatus,
    Interpretation,
    MedicationStatus,
    ObservationCategory,
)
from clinic.models import AllergyIntolerance, AllergyReaction, Observation, Patient
from clinic.models.care import GoalStatus
from clinic.models.orders import OrderPriority, OrderStatus, OrderStep
from clinic.papers import DocumentCategory, DocumentStatus
from clinic.queries.allergies import ACTIVE_ALLERGY, reaction_words, severity
from clinic.queries.conditions import current_conditions
from clinic.queries.encounters import title as visit_title
from clinic.queries.medications import directions
from clinic.queries.newest import newest_of_each_code
from clinic.queries.observations import LatestVital, Value, latest_vitals
from clinic.queries.results import KINDS, latest_of_each
from emr.accounts.models import Practitioner, User
from emr.audit.queries.rebuild import attach
from emr.shared.bundles import Bundle
from emr.shared.dates import clinic_today
from emr.ui import formats

#: Rows of a card before it says how many more there are.
CARD_ROWS = 6
#: Of what is wrong and of what is taken all are wanted at a glance, as far as a card can.
MOST_ROWS = 15
#: How long a latest result that is out of range stands before newer ones that are not.
_RECENT = timedelta(days=90)
_VITAL = ObservationCategory.VITAL_SIGNS
_FACES = (
    DocumentCategory.PHOTO,
    DocumentCategory.IDENTITY_CARD,
    DocumentCategory.INSURANCE_CARD_FRONT,
    DocumentCategory.INSURANCE_CARD_BACK,
)


@dataclass(frozen=True)
class CardRow:
    """One row of a card: what, beside it in grey, under it, at the right; a state that is worth a pill; a value."""

    title: str
    beside: str = ""
    sub: str = ""
    right: str = ""
    state: str = ""
    tone: str = "neutral"
    key: str = ""
    value: Value | None = None


@dataclass(frozen=True)
class Rows:
    """What a card shows, and how many more there are; ``meta`` stands beside its title."""

    shown: tuple[CardRow, ...]
    more: int = 0
    meta: str = ""


def _few(rows: QuerySet[Any], most: int = CARD_ROWS) -> QuerySet[Any]:
    """The first rows, each with how many there are."""
    few: QuerySet[Any] = rows.annotate(total=Window(Count("pk")))[:most]
    return few


def _problems(patient: Patient, today: date) -> QuerySet[Any]:
    """The active ones, the latest first."""
    found = current_conditions(patient).only("display", "code", "onset_date", "onset_precision", "chronic")
    return _few(found.order_by("-onset_date", "display"), MOST_ROWS)


def _medications(patient: Patient, today: date) -> QuerySet[Any]:
    """What is taken now."""
    now = patient.medications.filter(
        entered_in_error_at=None, status__in=[MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD]
    )
    dose = ("dose_quantity", "dose_unit", "route", "frequency", "as_needed", "dosage_text")
    shown = now.only("display", "status", "effective_start", "start_precision", *dose)
    return _few(shown.order_by("-effective_start", "display"), MOST_ROWS)


def _allergies(patient: Patient, today: date) -> QuerySet[Any]:
    """The active ones, all of them: the worst have to come first, and that their reactions tell."""
    shown = ("display", "code", "none_known", "criticality", "recorded_date")
    asked = {f"by_{name}": F(f"created_by__{name}") for name in ("first_name", "last_name", "email")}
    return patient.allergies.filter(ACTIVE_ALLERGY).only(*shown).annotate(**asked).order_by("display")


def _reactions(patient: Patient, today: date) -> QuerySet[Any]:
    rows = AllergyReaction.objects.filter(patient=patient, entered_in_error_at=None, allergy__entered_in_error_at=None)
    return rows.only("allergy", "display", "occurrence", "severity", "entered_in_error_at").order_by(
        "occurrence", "created_at"
    )


def _immunizations(patient: Patient, today: date) -> QuerySet[Any]:
    """The latest first."""
    standing = patient.immunizations.filter(entered_in_error_at=None)
    return _few(
        standing.only("display", "occurrence_date", "occurrence_precision", "status").order_by(
            "-occurrence_date", "display"
        )
    )


def _visits(patient: Patient, today: date) -> QuerySet[Any]:
    """The latest first, with who saw the patient."""
    standing = patient.encounters.filter(entered_in_error_at=None)
    shown = ("type_display", "class_code", "period_start", "status", "reason")
    seen = {f"by_{name}": F(f"practitioner__{name}") for name in ("family_name", "given_name", "credentials")}
    return _few(standing.only(*shown).annotate(**seen).order_by("-period_start"))


def _documents(patient: Patient, today: date) -> QuerySet[Any]:
    """Papers that count, the latest first; photos and cards stand elsewhere."""
    dated = Coalesce("document_date", Cast("created_at", DateField()))
    current = patient.documents.filter(status=DocumentStatus.CURRENT).exclude(category__in=_FACES)
    shown = ("description", "category", "document_date", "created_at", "reviewer", "reviewed_at")
    return _few(current.only(*shown).order_by(dated.desc(), "-pk"))


def _orders(patient: Patient, today: date) -> QuerySet[Any]:
    """What is ordered and not yet back, the latest first."""
    still = patient.orders.filter(
        entered_in_error_at=None, status__in=[OrderStatus.DRAFT, OrderStatus.ACTIVE, OrderStatus.ON_HOLD]
    )
    shown = ("display", "category", "status", "step", "priority", "performer", "created_at")
    return _few(still.only(*shown).order_by("-created_at"))


def _care_team(patient: Patient, today: date) -> QuerySet[Any]:
    """Who cares for the patient, by role."""
    present = patient.care_team.filter(Q(period_end=None) | Q(period_end__gt=today), entered_in_error_at=None)
    names = {f"by_{name}": F(f"practitioner__{name}") for name in ("family_name", "given_name", "credentials")}
    kin = {f"kin_{name}": F(f"related_person__{name}") for name in ("family_name", "given_name")}
    return _few(present.only("name", "organization", "role").annotate(**names, **kin).order_by("role", "created_at"))


def _goals(patient: Patient, today: date) -> QuerySet[Any]:
    """What patient and clinic want to reach, the next due first."""
    pursued = patient.goals.filter(
        entered_in_error_at=None, status__in=[GoalStatus.PROPOSED, GoalStatus.ACTIVE, GoalStatus.ON_HOLD]
    )
    return _few(pursued.only("description", "due_date", "achievement").order_by("due_date", "created_at"))


_QUERIES: dict[str, Callable[[Patient, date], QuerySet[Any]]] = {
    "conditions": _problems,
    "medications": _medications,
    "allergies": _allergies,
    "reactions": _reactions,
    "immunizations": _immunizations,
    "encounters": _visits,
    "documents": _documents,
    "orders": _orders,
    "care_team": _care_team,
    "goals": _goals,
}


def _of_the_patient(build: Callable[[Patient, date], QuerySet[Any]]) -> Callable[..., QuerySet[Any]]:
    return lambda patient, today: build(Patient(pk=patient), today)


_LISTS = Bundle({name: _of_the_patient(build) for name, build in _QUERIES.items()}, patient=UUID, today=date)


def summary_rows(patient: Patient) -> dict[str, Rows]:
    """What each card shows, by the name of its room: two queries, however long the history."""
    found = _LISTS.rows(patient=patient.pk, today=clinic_today())
    attach(found["allergies"], "reactions", found.pop("reactions"), by="allergy_id")
    allergies = _allergy_rows(found.pop("allergies"))
    vitals, results = _measured(patient)
    rows = {name: Rows(tuple(map(_TELL[name], some)), _more(some)) for name, some in found.items()}
    return {**rows, "allergies": allergies, "vitals": vitals, "results": results}


def _more(rows: Sequence[Any]) -> int:
    return rows[0].total - len(rows) if rows else 0


def _allergy_rows(rows: Sequence[AllergyIntolerance]) -> Rows:
    """The severe first; or who asked and heard of none."""
    told = tuple(map(_allergy, sorted(rows, key=severity)))
    return Rows(told[:CARD_ROWS], max(0, len(told) - CARD_ROWS))


def _allergy(row: Any) -> CardRow:
    asked = f"asked by {User(first_name=row.by_first_name, last_name=row.by_last_name, email=row.by_email)}"
    return CardRow(
        row.display,
        "" if row.code or row.none_known else "not checked by alerts",
        asked if row.none_known else reaction_words(row),
        right=formats.day(row.recorded_date),
        state="High risk" if row.criticality == AllergyCriticality.HIGH else "",
        tone="critical",
    )


def _problem(row: Any) -> CardRow:
    return CardRow(row.display, row.code, right=_since(row.onset_date, row.onset_precision))


def _medication(row: Any) -> CardRow:
    state = "" if row.status == MedicationStatus.ACTIVE else row.get_status_display()
    return CardRow(
        row.display, sub=directions(row), right=_since(row.effective_start, row.start_precision), state=state
    )


def _immunization(row: Any) -> CardRow:
    state = "" if row.status == ImmunizationStatus.COMPLETED else row.get_status_display()
    return CardRow(row.display, right=formats.partial(row.occurrence_date, row.occurrence_precision), state=state)


def _visit(row: Any) -> CardRow:
    return CardRow(
        visit_title(row),
        sub=_joined(_practitioner(row), row.reason),
        right=formats.day(row.period_start),
        state="" if row.status == EncounterStatus.FINISHED else row.get_status_display(),
        tone="draft",
        key=str(row.pk),
    )


def _practitioner(row: Any) -> str:
    if row.by_family_name is None:
        return ""
    return str(
        Practitioner(family_name=row.by_family_name, given_name=row.by_given_name, credentials=row.by_credentials)
    )


def _document(row: Any) -> CardRow:
    return CardRow(
        str(row),
        sub=row.get_category_display() if row.description else "",
        right=formats.day(row.document_date or row.created_at),
        state="To review" if row.reviewer_id and row.reviewed_at is None else "",
        tone="warning",
        key=str(row.pk),
    )


def _order(row: Any) -> CardRow:
    routine = row.priority == OrderPriority.ROUTINE
    far = str(OrderStep(row.step).label) if row.status == OrderStatus.ACTIVE else row.get_status_display()
    return CardRow(
        row.display,
        sub=_joined(row.get_category_display(), row.performer),
        right=formats.day(row.created_at),
        state=far if routine else f"{row.get_priority_display()}, {far.lower()}",
        tone="neutral" if routine else "warning",
        key=str(row.pk),
    )


def _member(row: Any) -> CardRow:
    kin = f"{row.kin_given_name or ''} {row.kin_family_name or ''}".strip()
    return CardRow(_practitioner(row) or kin or row.name, sub=row.organization, right=row.role)


def _goal(row: Any) -> CardRow:
    due = f"by {formats.day(row.due_date)}" if row.due_date else ""
    return CardRow(row.description, right=due, state=row.get_achievement_display() if row.achievement else "")


_TELL: dict[str, Callable[[Any], CardRow]] = {
    "conditions": _problem,
    "medications": _medication,
    "immunizations": _immunization,
    "encounters": _visit,
    "documents": _document,
    "orders": _order,
    "care_team": _member,
    "goals": _goal,
}


def _measured(patient: Patient) -> tuple[Rows, Rows]:
    """The latest of each vital sign with the one before, and the latest results: one query for both."""
    found = newest_of_each_code(patient, (_VITAL, *KINDS["tests"][1]), (_VITAL,))
    measured = [row for row in found if row.category == _VITAL]
    signs = latest_vitals(measured, patient.birth_date)
    return (
        Rows(
            tuple(map(_sign, signs[:CARD_ROWS])),
            max(0, len(signs) - CARD_ROWS),
            formats.day(measured[0].effective_at) if measured else "",
        ),
        _results([row for row in found if row.category != _VITAL]),
    )


def _sign(one: LatestVital) -> CardRow:
    before = one.before.removesuffix(one.value.unit).strip() if one.value.unit else one.before
    return CardRow(one.label, value=one.value, right=before)


def _results(rows: Sequence[Observation]) -> Rows:
    """The newest first, but those out of range before the others while they are recent, the critical ahead of all: a
    panel of twenty values must not push the one that matters off the card."""
    recent = timezone.now() - _RECENT
    shown = []
    for one in latest_of_each(sorted(rows, key=lambda row: _calmness(row, recent))[:CARD_ROWS]):
        name, bracket, rest = one.label.partition(" [")
        sub = f"{bracket.strip()}{rest} · {one.when}" if rest else one.when
        shown.append(CardRow(name, sub=sub, state=one.status, tone="warning", value=one.value))
    return Rows(tuple(shown), max(0, len(rows) - CARD_ROWS))


def _calmness(row: Observation, recent: datetime) -> int:
    if row.effective_at < recent or row.interpretation in ("", Interpretation.NORMAL):
        return 2
    return 0 if row.interpretation in CRITICAL else 1


def _since(day: date | None, precision: str) -> str:
    return f"since {formats.partial(day, precision)}" if day else ""


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
