"""What is ready to bill, and the charges of a visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from billing.choices import ChargeItemStatus
from billing.models import ChargeItem, Claim
from billing.queries.claim_money import Owed, owed_by_visits
from billing.queries.form_lines import lettered, spelled_ndc
from clinic.access import visible_to
from clinic.choices import EncounterStatus
from clinic.models import Coverage, Encounter, EncounterDiagnosis, Note, Patient, Payer
from clinic.queries.coverages import in_force
from emr.accounts.models import User
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui import formats

PAGE_SIZE = 100
#: What a practitioner usually charges is looked for in this time, and so many services of it are offered.
_USUAL, _MOST_USUAL = timedelta(days=182), 8
#: What is asked for, or was.
ON_CLAIM = (ChargeItemStatus.BILLABLE, ChargeItemStatus.BILLED)
#: From how many days after signing on an unbilled visit is marked as old.
OLD_DAYS = 7


def ready_to_bill() -> QuerySet[Encounter]:
    """Visits with a signed note and no claim in force, the oldest first; with their charges' count and sum.

    While a note of the visit waits for a cosignature nothing is billed.

    A visit without charges is listed too, so that none is forgotten. ``payer_name`` is that of the first policy in
    force on the day, None where the patient pays; ``signed_at`` is when the note was signed.
    """
    claimed = Claim.objects.in_force().filter(encounter=OuterRef("pk"))
    signed = Note.objects.billable().filter(encounter=OuterRef("pk"))
    waiting = Note.objects.awaiting_cosignature().filter(encounter=OuterRef("pk"))
    billable = Q(charge_items__status=ChargeItemStatus.BILLABLE, charge_items__entered_in_error_at=None)
    inside = in_force(OuterRef("day"))  # type: ignore[arg-type]
    covered = Coverage.objects.filter(inside, patient=OuterRef("patient")).order_by("order", "created_at")
    return (
        Encounter.objects.filter(status=EncounterStatus.FINISHED, entered_in_error_at=None)
        .filter(Exists(signed), ~Exists(waiting), ~Exists(claimed))
        .select_related("patient", "practitioner")
        .prefetch_related(
            Prefetch("diagnoses", queryset=EncounterDiagnosis.objects.filter(entered_in_error_at=None).order_by("rank"))
        )
        .annotate(
            day=TruncDate("period_start", tzinfo=clinic_zone()),
            payer_id=Subquery(covered.values("payer_id")[:1]),
            payer_name=Subquery(covered.values("payer__name")[:1]),
            signed_at=Subquery(signed.values("encounter").annotate(first=Min("signed_at")).values("first")),
            charge_count=Count("charge_items", filter=billable),
            charge_total=Sum("charge_items__amount", filter=billable),
        )
        .order_by("period_start", "pk")
    )


@dataclass(frozen=True)
class ReadyRow:
    """A visit that waits for its claim, in words."""

    encounter: Encounter
    service: str
    patient: str
    mrn: str
    practitioner: str
    payer: str
    diagnoses: str
    charges: int
    total: str
    age: str
    old: bool


@dataclass(frozen=True)
class ReadyPage:
    """A page of visits ready to bill. ``uncharged`` of all of them have no charges yet."""

    rows: list[ReadyRow]
    newer: UUID | None
    count: int
    uncharged: int
    total: str
    payers: list[Payer]


def ready_page(
    user: User, *, payer: str = "", practitioner: UUID | None = None, older: int = 0, after: UUID | None = None
) -> ReadyPage:
    """The visits of patients of whom the user may know, the oldest first. ``payer`` is a key, or ``self`` for none.

    Four queries, and one more after the first page.
    """
    known = ready_to_bill().filter(patient__in=visible_to(user))
    fitting = narrowed(_of_payer(known, payer), practitioner, older)
    sums = fitting.order_by().aggregate(
        count=Count("pk"), uncharged=Count("pk", filter=Q(charge_count=0)), total=Sum("charge_total")
    )
    start = Encounter.objects.filter(pk=after).values_list("period_start", flat=True).first() if after else None
    page = fitting.filter(Q(period_start__gt=start) | Q(period_start=start, pk__gt=after)) if start else fitting
    found = list(page[: PAGE_SIZE + 1])
    return ReadyPage(
        rows=[_ready_row(encounter) for encounter in found[:PAGE_SIZE]],
        newer=found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None,
        count=sums["count"],
        uncharged=sums["uncharged"],
        total=formats.money(sums["total"] or Decimal(0)),
        payers=list(Payer.objects.filter(active=True).order_by("name")),
    )


def narrowed(visits: QuerySet[Any], practitioner: UUID | None, older: int) -> QuerySet[Any]:
    """The visits of one practitioner, and those of at least so many days ago."""
    if practitioner is not None:
        visits = visits.filter(practitioner=practitioner)
    return visits.filter(period_start__lte=timezone.now() - timedelta(days=older)) if older else visits


def visits_chosen(user: User, keys: list[UUID]) -> list[Encounter]:
    """The visits that a user chose on the worklist, in its order; those that aren't theirs to see are left out."""
    return list(ready_to_bill().filter(patient__in=visible_to(user), pk__in=keys))


@dataclass(frozen=True)
class ChargeRow:
    """A charge of a visit in words; ``letters`` are the diagnoses it answers, by their place in the list."""

    charge: ChargeItem
    letters: str
    modifiers: str
    units: str
    price: str
    amount: str
    drug: str
    notes: str
    voided: bool
    kept_off: bool


@dataclass(frozen=True)
class VisitCharges:
    """A visit as the one who charges it sees it: no word of the note. ``obstacle`` is why it can't be billed yet."""

    encounter: Encounter
    diagnoses: list[tuple[str, EncounterDiagnosis]]
    lines: list[ChargeRow]
    total: str
    claim: Claim | None
    obstacle: str
    owed: Owed


def entered_before(visit: VisitCharges, copied: UUID | None, corrected: UUID | None) -> dict[str, Any]:
    """What the entry begins with where a line of the visit is copied or corrected."""
    row = next((line for line in visit.lines if line.charge.pk in (copied, corrected)), None)
    if row is None:
        return {}
    charge = row.charge
    said = {
        name: getattr(charge, name)
        for name in (
            *("quantity", "unit_price", "service_date", "service_date_end", "place_of_service", "performer"),
            *("emergency", "epsdt", "ndc", "ndc_quantity", "ndc_unit"),
        )
    }
    return {
        **said,
        "coding": Coding(charge.system, charge.code, charge.display),
        "quantity": row.units,
        "modifiers": row.modifiers,
        "diagnosis_ranks": row.letters.replace(" ", ""),
        "corrects": charge.pk if corrected and not row.voided else None,
    }


def usual_services(practitioner_id: UUID | None) -> list[tuple[str, str]]:
    """Code and words of what a practitioner charged most in the last half year. One query."""
    if practitioner_id is None:
        return []
    rows = ChargeItem.objects.filter(
        performer=practitioner_id,
        entered_in_error_at=None,
        immunization=None,
        service_date__gte=clinic_today() - _USUAL,
    )
    found = rows.order_by().values("code").annotate(times=Count("pk"), words=Max("display"))
    return [(row["code"], row["words"]) for row in found.order_by("-times", "code")[:_MOST_USUAL]]


def obstacle_to_billing(encounter: Encounter) -> str:
    """Why a visit can't be billed yet, as a sentence; empty where its notes are signed, and cosigned. Two queries."""
    notes = Note.objects.filter(encounter=encounter)
    if notes.awaiting_cosignature().exists():
        return "The visit's note waits for a cosignature, so it can't be billed."
    return "" if notes.billable().exists() else "The visit's note isn't signed yet, so it can't be billed."


def without_signature(visits: QuerySet[Encounter]) -> QuerySet[Encounter]:
    """Those of the visits for which :func:`obstacle_to_billing` gives a reason."""
    notes = Note.objects.filter(encounter=OuterRef("pk"))
    return visits.filter(~Exists(notes.billable()) | Exists(notes.awaiting_cosignature()))


def visit_charges(patient: Patient, encounter_id: UUID) -> VisitCharges | None:
    """The charges of a patient's visit; None when the visit isn't theirs. Eight queries."""
    encounter = (
        Encounter.objects.select_related("practitioner", "patient").filter(patient=patient, pk=encounter_id).first()
    )
    if encounter is None:
        return None
    diagnoses = lettered(encounter.diagnoses.filter(entered_in_error_at=None).order_by("rank"))
    places = {str(diagnosis.pk): letter for letter, diagnosis in diagnoses}
    charges = list(
        encounter.charge_items.select_related("entered_in_error_by", "performer", "immunization").order_by(
            F("entered_in_error_at").asc(nulls_first=True), "service_date", "rank", "created_at"
        )
    )
    current = [charge for charge in charges if charge.status in ON_CLAIM]
    return VisitCharges(
        encounter=encounter,
        diagnoses=diagnoses,
        lines=[_charge_row(charge, places, encounter) for charge in charges],
        total=formats.money(sum((charge.amount for charge in current), Decimal(0))),
        claim=encounter.claims.standing().order_by("order", "-created_at").first(),
        obstacle=obstacle_to_billing(encounter),
        owed=owed_by_visits([encounter.pk]).get(encounter.pk, Owed()),
    )


def _of_payer(visits: QuerySet[Any], payer: str) -> QuerySet[Any]:
    if payer == "self":
        return visits.filter(payer_id=None)
    return visits.filter(payer_id=payer) if payer else visits


def _ready_row(encounter: Encounter) -> ReadyRow:
    facts = vars(encounter)
    signed_at: datetime = facts["signed_at"]
    days = (timezone.now() - signed_at).days
    return ReadyRow(
        encounter=encounter,
        service=formats.day(facts["day"]),
        patient=encounter.patient.sort_name,
        mrn=formats.mrn(encounter.patient.mrn),
        practitioner=encounter.practitioner.short_name if encounter.practitioner else "",
        payer=facts["payer_name"] or "Self-pay",
        diagnoses=" ".join(diagnosis.code or diagnosis.display for diagnosis in encounter.diagnoses.all()),
        charges=facts["charge_count"],
        total=formats.money(facts["charge_total"]) if facts["charge_count"] else "",
        age="today" if days == 0 else f"{days} d",
        old=days >= OLD_DAYS,
    )


def _charge_row(charge: ChargeItem, places: dict[str, str], visit: Encounter) -> ChargeRow:
    quantity = f"{charge.ndc_quantity.normalize():f}" if charge.ndc_quantity is not None else ""
    return ChargeRow(
        charge=charge,
        letters=" ".join(places[key] for key in charge.diagnosis_ids if key in places),
        modifiers=" ".join(charge.modifiers),
        units=f"{charge.quantity.normalize():f}",
        price=formats.money(charge.unit_price),
        amount=formats.money(charge.amount),
        drug=f"NDC {spelled_ndc(charge.ndc)}, {quantity} {charge.get_ndc_unit_display().lower()}" if charge.ndc else "",
        notes=_notes(charge, visit),
        voided=charge.entered_in_error_at is not None,
        kept_off=charge.status == ChargeItemStatus.NOT_BILLABLE,
    )


def _notes(charge: ChargeItem, visit: Encounter) -> str:
    """What a line says beyond the ordinary: other days, place or practitioner than the visit's, boxes 24C and 24H."""
    shot, performer = charge.immunization, charge.performer
    told = [
        f"to {formats.day(charge.service_date_end)}" if charge.service_date_end else "",
        f"place {charge.place_of_service}" if charge.place_of_service != visit.place_of_service else "",
        performer.short_name if performer and performer.pk != visit.practitioner_id else "",
        "emergency" if charge.emergency else "",
        f"EPSDT {charge.epsdt}" if charge.epsdt else "",
        f"vaccine lot {shot.lot_number}" if shot and shot.lot_number else "",
    ]
    return " · ".join(filter(None, told))
