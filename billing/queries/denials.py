"""What payers refused and still owe: by reason or remark and payer, and claim by claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from billing.choices import AppealStatus, ClaimState
from billing.models import Appeal, Claim
from billing.queries.ledger import from_cents
from billing.queries.reason_texts import texts_of
from billing.queries.report_tables import in_file
from billing.queries.standing_decisions import refusals, with_decision
from clinic.access import visible_to
from clinic.models import Payer
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui import formats

PAGE_SIZE = 100
#: What stands in the place of a code where the payer gave no reason, or no remark; and how the lists say it.
NO_REASON, NO_REMARK = "none", "no-remark"
_UNSAID = {NO_REASON: "No reason", NO_REMARK: "No remark"}
_STATES = (ClaimState.DENIED, ClaimState.PARTIAL, ClaimState.APPEAL)
COLUMNS = [
    "Claim",
    "Patient",
    "MRN",
    "Payer",
    "Service",
    "Refused",
    "Reasons",
    "Remarks",
    "At stake",
    "Appeal by",
    "State",
]


@dataclass(frozen=True)
class DenialFilter:
    """What is shown; empty means all. The days are those of the payers' decisions, both inside; ``code`` is a reason
    such as CO-50, a remark, or that there is none.
    """

    payer: UUID | None = None
    first: date | None = None
    last: date | None = None
    code: str = ""

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The claims that fit, but for the code."""
        if self.payer:
            rows = rows.filter(payer=self.payer)
        if self.first:
            rows = rows.filter(decided_on__gte=self.first)
        if self.last:
            rows = rows.filter(decided_on__lte=self.last)
        return rows


@dataclass
class Group:
    """A code with a payer: of how many claims it refuses something, and what that payer still owes of them."""

    code: str
    payer: str
    payer_id: UUID
    text: str = ""
    claims: int = 0
    cents: int = 0
    first_due: date | None = None

    @property
    def label(self) -> str:
        """The code as the list says it."""
        return spelled(self.code)

    @property
    def at_stake(self) -> str:
        """The amount."""
        return formats.money(from_cents(self.cents))

    @property
    def due(self) -> str:
        """The first of the last days for an appeal."""
        return formats.day(self.first_due) if self.first_due else ""


@dataclass(frozen=True)
class Denials:
    """The groups, the most money first, and what there is in all: a claim counts once there."""

    groups: list[Group]
    claims: int
    at_stake: Decimal
    payers: list[Payer] = field(default_factory=list)


def denied(user: User, chosen: DenialFilter) -> QuerySet[Any]:
    """Claims of which a payer refused something that it still owes, the first to be appealed first."""
    rows = with_decision(
        Claim.objects.standing().filter(patient__in=visible_to(user), state__in=_STATES, submitted_at__isnull=False)
    )
    return chosen.apply(rows).filter(at_stake__gt=0, decided_on__isnull=False).order_by("appeal_by", "pk")


def denials(user: User, chosen: DenialFilter, *, remarks: bool = False) -> Denials:
    """The refusals by their reasons, or by their remarks. Three queries."""
    columns = ("payer", "payer__name", "state", "order", "reasons", "remarks", "at_stake", "appeal_by")
    groups: dict[tuple[str, UUID], Group] = {}
    claims = total = 0
    for payer, name, state, order, reasons, told, cents, due in denied(user, chosen).values_list(*columns):
        refused = _refused(state, reasons, order)
        if not refused:
            continue
        claims, total = claims + 1, total + cents
        for code in (told or [NO_REMARK]) if remarks else refused:
            one = groups.setdefault((code, payer), Group(code, name, payer))
            one.claims, one.cents = one.claims + 1, one.cents + cents
            # What was appealed waits for its answer, whatever the day.
            days = (one.first_due, due if state != ClaimState.APPEAL else None)
            one.first_due = min(filter(None, days), default=None)
    texts = texts_of([] if remarks else _codes(groups), _codes(groups) if remarks else [])
    for group in groups.values():
        group.text = texts.get(group.code, "")
    payers = (
        Payer.objects.filter(claims__state__in=_STATES, claims__patient__in=visible_to(user))
        .distinct()
        .order_by("name")
    )
    most_first = sorted(groups.values(), key=lambda group: (-group.cents, group.code, group.payer))
    return Denials(most_first, claims, from_cents(total), list(payers))


def spelled(code: str) -> str:
    """A code, or the words for none."""
    return _UNSAID.get(code, code)


def _refused(state: str, reasons: list[str], order: int) -> list[str]:
    """The reasons under which a claim stands; none where nothing of it is refused."""
    return refusals(state, reasons, order) or ([] if state == ClaimState.PARTIAL else [NO_REASON])


def _codes(groups: Iterable[tuple[str, UUID]]) -> list[str]:
    return list({code for code, _ in groups})


@dataclass(frozen=True)
class DeniedRow:
    """A claim in words, of which something is refused."""

    claim: Any
    patient: str
    mrn: str
    payer: str
    service: str
    decided: str
    reasons: str
    remarks: str
    at_stake: str
    due: str
    days_left: int | None
    state: str
    appeal: Appeal | None

    def cells(self) -> list[object]:
        """The row as the file has it, in the order of :data:`COLUMNS`; the amount as a number."""
        return [
            *(self.claim.number, self.patient, self.mrn, self.payer, self.service, self.decided),
            *(self.reasons, self.remarks, in_file(from_cents(self.claim.at_stake)), self.due, self.state),
        ]


def denied_rows(user: User, chosen: DenialFilter) -> list[DeniedRow]:
    """The refused claims of a filter, all of them. Two queries."""
    latest = Prefetch("appeals", Appeal.objects.order_by("-level"), to_attr="latest_appeals")
    rows = denied(user, chosen).select_related("patient", "payer").defer("snapshot", "lineage").prefetch_related(latest)
    return [_row(claim) for claim in rows if _fits(claim, chosen.code)]


def _fits(claim: Any, code: str) -> bool:
    refused = _refused(claim.state, claim.reasons, claim.order)
    return bool(refused) and (not code or code in refused or code in (claim.remarks or [NO_REMARK]))


def _row(claim: Any) -> DeniedRow:
    appeal = claim.latest_appeals[0] if claim.latest_appeals else None
    waits = appeal is not None and appeal.status == AppealStatus.SENT
    due = None if waits else claim.appeal_by
    return DeniedRow(
        claim=claim,
        patient=claim.patient.sort_name,
        mrn=formats.mrn(claim.patient.mrn),
        payer=claim.payer.name,
        service=formats.day(claim.service_date),
        decided=formats.day(claim.decided_on),
        reasons=" ".join(map(spelled, _refused(claim.state, claim.reasons, claim.order))),
        remarks=" ".join(claim.remarks),
        at_stake=formats.money(from_cents(claim.at_stake)),
        due=formats.day(due) if due else "",
        days_left=(due - clinic_today()).days if due else None,
        state=f"Appeal {appeal.level} sent" if waits and appeal else claim.get_state_display(),
        appeal=appeal,
    )
