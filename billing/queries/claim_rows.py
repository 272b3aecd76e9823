"""A claim in words, as a row of a list and of a file, and the columns from which a list is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Max

from billing.choices import ClaimState, InvoiceStatus, ReconciliationStatus
from billing.models import Claim, ClaimResponse, InvoiceLine
from billing.queries.asking import Asking, asked_otherwise
from billing.queries.claim_filter import UNFILED
from billing.queries.claim_money import Owed, owed_by_claims
from billing.queries.mending import Mending, mending
from billing.queries.report_tables import in_file
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui import formats

#: From how many days before a payer's limit on the list says so.
FILING_WARNING = 30
_NOTHING = Owed()

_NEXT_STEPS = {
    ClaimState.READY: "Submit",
    ClaimState.ACCEPTED: "Accepted, awaiting payment",
    ClaimState.REJECTED: "Mend it and send it again",
    ClaimState.PAID: "See what the payer left open",
    ClaimState.PARTIAL: "See what the payer left open",
    ClaimState.DENIED: "Appeal, replace or move to the patient",
    ClaimState.REVERSED: "See why the payer took it back",
    ClaimState.APPEAL: "Awaiting the appeal's outcome",
}
_PROBLEMS = (ClaimState.HELD, ClaimState.REJECTED, ClaimState.DENIED, ClaimState.REVERSED)


@dataclass(frozen=True)
class Looked:
    """What is looked up for many claims at once: what is owed, the last remittance by claim, the days of statements by
    patient, and how the patients who aren't sent any are asked.
    """

    owed: Mapping[UUID, Owed] = field(default_factory=dict)
    remitted: Mapping[UUID, date] = field(default_factory=dict)
    stated: Mapping[UUID, list[date]] = field(default_factory=dict)
    otherwise: Mapping[UUID, Asking] = field(default_factory=dict)


_NO_LOOK = Looked()


@dataclass(frozen=True)
class ClaimRow:
    """One claim in words. ``days`` are those since it came to stand where it stands."""

    claim: Claim
    service: str
    patient: str
    mrn: str
    payer: str
    practitioner: str
    state: str
    state_label: str
    charge: str
    insurance: str
    patient_owes: str
    owed: Owed
    days: int
    remitted: str
    stated: str
    labels: list[str]
    assignee: str
    snoozed: str
    next_step: str
    problem: bool
    mending: Mending | None

    @property
    def step(self) -> str:
        """The next step with what its link says."""
        return f"{self.next_step} {self.mending.label}" if self.mending else self.next_step


@dataclass(frozen=True)
class Column:
    """A column that can be chosen. ``order`` is what the list is sorted by under its head, if that can be; ``number``
    is what a spreadsheet adds up, in the place of the words.
    """

    key: str
    label: str
    cell: Callable[[ClaimRow], str]
    order: str = ""
    number: Callable[[ClaimRow], Decimal | int | None] | None = None

    @property
    def num(self) -> bool:
        """Whether it stands at the right."""
        return self.number is not None


COLUMNS = (
    Column("payer", "Payer", lambda row: row.payer),
    Column("practitioner", "Practitioner", lambda row: row.practitioner),
    Column("state", "State", lambda row: row.state_label),
    Column("charge", "Charge", lambda row: row.charge, number=lambda row: row.claim.total),
    Column("insurance", "Payer owes", lambda row: row.insurance, "insurance", lambda row: row.owed.insurance or None),
    Column("patient", "Patient owes", lambda row: row.patient_owes, number=lambda row: row.owed.patient or None),
    Column("days", "Days", lambda row: str(row.days), "days", lambda row: row.days),
    Column("remitted", "Last remittance", lambda row: row.remitted),
    Column("stated", "Last statement", lambda row: row.stated),
    Column("labels", "Labels", lambda row: ", ".join(row.labels)),
    Column("assignee", "Assigned to", lambda row: row.assignee),
    Column("snoozed", "Snoozed until", lambda row: row.snoozed),
    Column("step", "Next step", lambda row: row.step),
)
#: What a screen of 1366 pixels has room for.
DEFAULT = ("payer", "state", "charge", "insurance", "patient", "days", "labels", "assignee", "step")
#: What every list begins with: whose claim it is.
FIXED = ("Claim", "Service", "Patient", "MRN")


def columns_of(keys: Iterable[str]) -> list[Column]:
    """The columns that were chosen, in their own order; none chosen, the usual ones."""
    wanted = set(keys) or set(DEFAULT)
    return [column for column in COLUMNS if column.key in wanted]


def cells(row: ClaimRow, columns: Iterable[Column]) -> list[object]:
    """A row as the file has it: what the screen shows, under :data:`FIXED` and the columns' labels, numbers as such."""
    shown = (in_file(one.number(row)) if one.number else one.cell(row) for one in columns)
    return [row.claim.number, row.service, row.patient, row.mrn, *shown]


def look_up(claims: list[Claim], columns: Iterable[Column]) -> Looked:
    """What the columns need beside the claims themselves. One query for the balances, one for each of the last days;
    three at most for the next step of what patients owe.
    """
    keys, shown = [claim.pk for claim in claims], {column.key for column in columns}
    owing = {claim.patient_id for claim in claims if claim.state == ClaimState.PATIENT_BALANCE and "step" in shown}
    told = {claim.patient_id for claim in claims} if "stated" in shown else owing
    return Looked(
        owed=owed_by_claims(keys) if shown & {"insurance", "patient"} else {},
        remitted=_last_remittances(keys) if "remitted" in shown else {},
        stated=_statements(told) if told else {},
        otherwise=asked_otherwise(owing) if owing else {},
    )


def claim_row(claim: Claim, user: User, looked: Looked = _NO_LOOK) -> ClaimRow:
    """A claim in words; it must come with patient, payer, visit and assignee."""
    today = clinic_today()
    step, owed = _next_step(claim, today, looked), looked.owed.get(claim.pk, _NOTHING)
    practitioner = claim.encounter.practitioner
    snoozed = claim.snoozed_until and claim.snoozed_until > today
    return ClaimRow(
        claim=claim,
        service=formats.day(claim.service_date),
        patient=claim.patient.sort_name,
        mrn=formats.mrn(claim.patient.mrn),
        payer=claim.payer.name if claim.payer else "Self-pay",
        practitioner=practitioner.short_name if practitioner else "",
        state=claim.state,
        state_label=claim.get_state_display(),
        charge=formats.money(claim.total),
        insurance=_amount(owed.insurance),
        patient_owes=_amount(owed.patient),
        owed=owed,
        days=(today - claim.state_since).days,
        remitted=_day(looked.remitted.get(claim.pk)),
        stated=_day(max(looked.stated.get(claim.patient_id, ()), default=None)),
        labels=claim.labels,
        assignee=str(claim.assignee) if claim.assignee else "",
        snoozed=_day(claim.snoozed_until) if snoozed else "",
        next_step=step,
        problem=claim.state in _PROBLEMS or "limit" in step,
        mending=mending(claim.state_where, claim, user) if claim.state == ClaimState.HELD else None,
    )


def _next_step(claim: Claim, today: date, looked: Looked) -> str:
    if claim.state == ClaimState.PATIENT_BALANCE:
        return _asked(claim, looked)
    if claim.state == ClaimState.HELD:
        return _cause(claim.state_reason)
    if claim.state == ClaimState.VOID:
        return f"Void: {claim.state_reason}"
    if claim.state == ClaimState.SUBMITTED:
        return f"Submitted {formats.day_short(claim.submitted_at)}, awaiting payment"
    if claim.state == ClaimState.ON_HOLD:
        until = f" (until {formats.day_short(claim.hold_until)})" if claim.hold_until else ""
        return f"Waits: {claim.state_reason}{until}"
    if claim.state == ClaimState.REJECTED and claim.state_reason:
        return " ".join(filter(None, (f"{claim.state_reason.rstrip('.')}.", _filing(claim, today))))
    return _filing(claim, today) or claim.state_reason or _NEXT_STEPS.get(ClaimState(claim.state), "")


def _asked(claim: Claim, looked: Looked) -> str:
    """How the patient is asked. A statement from before the balance was theirs didn't tell them of it."""
    otherwise = looked.otherwise.get(claim.patient_id)
    if otherwise is not None:
        return otherwise.label
    told = [day for day in looked.stated.get(claim.patient_id, ()) if day >= claim.state_since]
    return f"{formats.ordinal(len(told))} statement sent {formats.day(max(told))}" if told else "Send a statement"


def _filing(claim: Claim, today: date) -> str:
    if claim.payer is None or claim.state not in UNFILED:
        return ""
    last = claim.service_date + timedelta(days=claim.payer.timely_filing_days)
    if (last - today).days > FILING_WARNING:
        return ""
    return f"Submit: the payer's limit {'was' if last < today else 'is'} {formats.day(last)}"


def _cause(reason: str) -> str:
    """The first sentence of a fault, which names the box; where to mend it is the link beside it."""
    return reason.partition(". ")[0].rstrip(".")


def _last_remittances(claims: list[UUID]) -> dict[UUID, date]:
    decided = ClaimResponse.objects.filter(claim__in=claims, reconciliation__status=ReconciliationStatus.ACTIVE)
    return dict(decided.order_by().values_list("claim").annotate(Max("reconciliation__payment_date")))


def _statements(patients: set[UUID]) -> dict[UUID, list[date]]:
    told = InvoiceLine.objects.filter(patient__in=patients, invoice__status=InvoiceStatus.ISSUED).order_by()
    found: dict[UUID, list[date]] = {}
    # A patient of two charts that became one has two lines on one statement.
    for patient, _, day in set(told.values_list("patient", "invoice", "invoice__issued_on")):
        found.setdefault(patient, []).append(day)
    return found


def _amount(owed: Decimal) -> str:
    return formats.money(owed) if owed else "–"


def _day(day: date | None) -> str:
    return formats.day(day) if day else ""
