"""What a superbill says: a patient's visits of some days, with all that an insurer asks of somebody who paid first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from billing.choices import ChargeItemStatus, LedgerAccount
from billing.models import ChargeItem, LedgerEntry, Payment
from billing.queries.claim_money import Owed, owed_by_visits, spread
from billing.queries.form_lines import lettered, pointers
from billing.queries.form_parties import covers
from billing.queries.form_visit import signature_of
from billing.queries.ledger import from_cents
from billing.queries.pages import Place
from clinic.models import Coverage, Encounter, EncounterDiagnosis, Note, Patient
from emr.codes.queries.concepts import lookup
from emr.codes.systems import POS
from emr.shared.dates import clinic_zone
from emr.ui import formats

#: Charged visits on a page of their list.
PAGE_SIZE = 50
_NOT_WRONG = {"entered_in_error_at": None}
_NEVER_ASKED = (ChargeItemStatus.NOT_BILLABLE, ChargeItemStatus.ABORTED)


@dataclass(frozen=True)
class Line:
    """A service in words; ``pointers`` are letters of the visit's diagnoses."""

    days: str
    code: str
    words: str
    modifiers: str
    pointers: str
    units: str
    charge: str


@dataclass(frozen=True)
class Paid:
    """One payment for the visit, under its own receipt."""

    day: str
    what: str
    method: str
    amount: str


@dataclass(frozen=True)
class Amounts:
    """The visit's money: what was charged, what the patient paid of it, what others paid or took off, what is left.

    ``today`` is what was paid on the day of the visit. A balance below zero is the patient's credit.
    """

    charged: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    today: Decimal = Decimal(0)
    balance: Decimal = Decimal(0)

    @property
    def others(self) -> Decimal:
        """Paid by insurance, or taken off."""
        return self.charged - self.paid - self.balance

    def __add__(self, more: Amounts) -> Amounts:
        """Both together."""
        return Amounts(
            self.charged + more.charged,
            self.paid + more.paid,
            self.today + more.today,
            self.balance + more.balance,
        )


@dataclass(frozen=True)
class VisitBill:
    """One visit on a superbill. ``signed`` is empty where the visit's note isn't signed yet."""

    encounter: UUID
    day: str
    place: str
    practitioner: str
    npi: str
    insurance: list[str]
    diagnoses: list[tuple[str, str, str]]
    lines: list[Line]
    payments: list[Paid]
    amounts: Amounts
    signed: str


@dataclass(frozen=True)
class ChargedVisit:
    """A visit in the list of those that a superbill can be made of."""

    encounter: UUID
    day: date
    practitioner: str
    charges: int
    total: str


@dataclass(frozen=True)
class ChargedVisits:
    """A page of a patient's charged visits, the latest first; the days of the ``first`` and the ``last`` of all."""

    rows: list[ChargedVisit]
    place: Place
    first: date | None
    last: date | None


def visits_with_charges(patient: Patient, page: int = 1) -> ChargedVisits:
    """A page of a patient's charged visits. Two queries."""
    whole = _charged_visits(patient).aggregate(count=Count("pk"), first=Min("day"), last=Max("day"))
    place = Place.of(page, whole["count"], PAGE_SIZE)
    return ChargedVisits(_rows(patient, place), place, whole["first"], whole["last"])


def _rows(patient: Patient, place: Place) -> list[ChargedVisit]:
    good = Q(charge_items__entered_in_error_at=None)
    rows = _charged_visits(patient).select_related("practitioner")
    rows = rows.annotate(count=Count("charge_items", filter=good), total=Sum("charge_items__amount", filter=good))
    return [
        ChargedVisit(
            encounter=row.pk,
            day=vars(row)["day"],
            practitioner=row.practitioner.short_name if row.practitioner else "",
            charges=vars(row)["count"],
            total=formats.money(vars(row)["total"]),
        )
        for row in rows[place.rows]
    ]


def _charged_visits(patient: Patient) -> QuerySet[Any]:
    """A patient's visits for which something is charged, the latest first, each with its ``day`` on the clinic's
    wall clock.
    """
    charged = ChargeItem.objects.filter(patient=patient, **_NOT_WRONG).values("encounter")
    visits = Encounter.objects.filter(patient=patient, pk__in=charged, **_NOT_WRONG)
    return visits.annotate(day=TruncDate("period_start", tzinfo=clinic_zone())).order_by("-period_start", "-pk")


def bill_of(patient: Patient, encounter_id: UUID) -> list[VisitBill]:
    """The superbill of one visit; empty where it isn't the patient's, or nothing is charged."""
    return _bills(patient, _charged_visits(patient).filter(pk=encounter_id))


def bills_between(patient: Patient, first: date, last: date) -> list[VisitBill]:
    """The superbill of the days from ``first`` to ``last``, both counted, the earliest visit first."""
    return _bills(patient, _charged_visits(patient).filter(day__gte=first, day__lte=last).order_by("period_start"))


def _bills(patient: Patient, visits: QuerySet[Any]) -> list[VisitBill]:
    rows = list(
        visits.select_related("practitioner").prefetch_related(
            Prefetch("diagnoses", EncounterDiagnosis.objects.filter(**_NOT_WRONG).order_by("rank")),
            Prefetch("charge_items", ChargeItem.objects.filter(**_NOT_WRONG)),
            Prefetch("notes", Note.objects.billable().order_by("signed_at")),
        )
    )
    coverages = list(Coverage.objects.filter(patient=patient).select_related("payer").order_by("order"))
    payments = _payments({row.pk for row in rows})
    amounts = _amounts(patient, rows, payments)
    where = {code: _place(code) for code in {row.place_of_service for row in rows}}
    return [
        _bill(row, where[row.place_of_service], coverages, payments.get(row.pk, []), amounts[row.pk]) for row in rows
    ]


def _place(code: str) -> str:
    found = lookup(POS, code)
    return f"{code} {found.display}" if found else code


def _bill(
    row: Encounter, place: str, coverages: Iterable[Coverage], payments: list[Payment], amounts: Amounts
) -> VisitBill:
    day: date = vars(row)["day"]
    ranked = list(row.diagnoses.all())
    letters = {one.pk: letter for letter, one in lettered(ranked)}
    signature = signature_of(row)
    signed = f"{signature.text}, {formats.day(signature.signed_on)}" if signature and signature.signed_on else ""
    return VisitBill(
        encounter=row.pk,
        day=formats.day(day),
        place=place,
        practitioner=str(row.practitioner or ""),
        npi=row.practitioner.npi if row.practitioner else "",
        insurance=[_policy(one) for one in coverages if covers(one, day)],
        diagnoses=[(letters.get(one.pk, ""), one.code, one.display) for one in ranked],
        lines=[_line(charge, ranked) for charge in row.charge_items.all()],
        payments=[_paid(one) for one in payments],
        amounts=amounts,
        signed=signed,
    )


def _policy(coverage: Coverage) -> str:
    group = f", group {coverage.group_number}" if coverage.group_number else ""
    return f"{coverage.payer.name}, member id {coverage.subscriber_id}{group}"


def _line(charge: ChargeItem, ranked: Iterable[EncounterDiagnosis]) -> Line:
    last = charge.service_date_end
    until = f" to {formats.day(last)}" if last and last != charge.service_date else ""
    return Line(
        days=formats.day(charge.service_date) + until,
        code=charge.code,
        words=charge.display,
        modifiers=" ".join(charge.modifiers),
        pointers=pointers(charge.diagnosis_ids, ranked),
        units=f"{charge.quantity.normalize():f}",
        charge=formats.money(charge.amount),
    )


def _paid(row: Payment) -> Paid:
    what = f"Reversal of receipt {row.reversal_of.receipt_number}" if row.reversal_of else row.get_kind_display()
    return Paid(
        day=formats.day(row.business_date),
        what=f"{what}, receipt {row.receipt_number}",
        method=f"{row.get_method_display()} {row.reference}".strip(),
        amount=formats.money(row.amount),
    )


def _payments(visits: Iterable[UUID]) -> dict[UUID, list[Payment]]:
    """By visit, each payment that was taken for it, the first first. One query."""
    keys = list(visits)
    rows = Payment.objects.filter(Q(encounter__in=keys) | Q(appointment__encounter__in=keys))
    rows = rows.annotate(visit=Coalesce("encounter_id", "appointment__encounter_id")).select_related("reversal_of")
    found: dict[UUID, list[Payment]] = {}
    for row in rows.defer("snapshot", "reversal_of__snapshot").order_by("receipt_number"):
        found.setdefault(vars(row)["visit"], []).append(row)
    return found


def _amounts(patient: Patient, rows: list[Encounter], payments: dict[UUID, list[Payment]]) -> dict[UUID, Amounts]:
    """The visits' money, as the ledger has it; what nobody is asked for yet, or any more until the next claim goes out,
    is still to be paid.
    """
    keys = [row.pk for row in rows]
    owed, asked, applied, credit = owed_by_visits(keys), _asked(keys), _applied(keys), _credit(patient)
    found = {}
    for row in rows:
        charges = list(row.charge_items.all())
        charged = sum((charge.amount for charge in charges), Decimal(0))
        to_ask = sum((charge.amount for charge in charges if charge.status not in _NEVER_ASKED), Decimal(0))
        ahead = from_cents(credit.get(row.pk, 0))
        open_now = owed.get(row.pk, Owed()).total + to_ask - from_cents(asked.get(row.pk, 0))
        days = [one.amount for one in payments.get(row.pk, []) if one.business_date == vars(row)["day"]]
        found[row.pk] = Amounts(
            charged=charged,
            paid=from_cents(applied.get(row.pk, 0)) + ahead,
            today=sum(days, Decimal(0)),
            balance=open_now - ahead,
        )
    return found


def _asked(visits: list[UUID]) -> dict[UUID, int]:
    """Cents that stand on the ledger as charged for each visit. One query."""
    rows = LedgerEntry.objects.filter(encounter__in=visits, account=LedgerAccount.REVENUE)
    return {key: -cents for key, cents in rows.order_by().values_list("encounter").annotate(Sum("amount")) if key}


def _applied(visits: list[UUID]) -> dict[UUID, int]:
    """Cents of the patient's money that stand on what is owed for each visit. One query."""
    rows = LedgerEntry.objects.filter(encounter__in=visits, account=LedgerAccount.PATIENT_RECEIVABLE)
    sums = rows.of_patients_money().order_by().values_list("encounter").annotate(Sum("amount"))
    return {key: -cents for key, cents in sums if key}


def _credit(patient: Patient) -> dict[UUID, int]:
    """Cents that were paid ahead for each visit and are still there: in all no more than the patient has. One query."""
    rows = LedgerEntry.objects.filter(patient=patient, account=LedgerAccount.PATIENT_CREDIT)
    visit = Coalesce(F("encounter_id"), F("transaction__payment__appointment__encounter_id"))
    sums: Any = rows.order_by().annotate(visit=visit).values_list("visit").annotate(Sum("amount"))
    by_visit = {key: -cents for key, cents in sums}
    there = max(sum(by_visit.values()), 0)
    return dict(spread({key: cents for key, cents in by_visit.items() if key and cents > 0}, there))
