"""The last days on which something can still be done about a claim: filed, corrected, appealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, DateField, ExpressionWrapper, F, Q, QuerySet, When

from billing.choices import AppealStatus, ClaimState
from billing.models import Appeal, Claim
from billing.queries.ledger import from_cents, to_cents
from billing.queries.report_tables import in_file
from billing.queries.standing_decisions import with_decision
from clinic.access import visible_to
from clinic.models import Payer
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui import formats

PAGE_SIZE = 50
#: From how many days before it a deadline is marked.
WARNING_DAYS = 14
FILE, MEND, ANSWER = "file", "mend", "appeal"
_STATES = {
    FILE: (ClaimState.HELD, ClaimState.READY, ClaimState.ON_HOLD),
    MEND: (ClaimState.REJECTED,),
    ANSWER: (ClaimState.DENIED, ClaimState.PARTIAL, ClaimState.REVERSED),
}
WORDS = {FILE: "Submit it", MEND: "Mend what was rejected", ANSWER: "Appeal"}
#: What the list has as a file.
COLUMNS = ["Last day", "Days left", "What to do", "Claim", "State", "Patient", "MRN", "Payer", "Service", "Amount"]
#: The payer's limit is that of a first claim.
_AFTER = "Submit it; look up the payer's limit for a claim that follows another"


@dataclass(frozen=True)
class Deadline:
    """A claim and the last day for it. ``left`` counts the days to it, negative when it is over."""

    claim: Any
    kind: str
    what: str
    patient: str
    mrn: str
    payer: str
    service: str
    amount: Decimal
    due: str
    left: int

    @property
    def late(self) -> bool:
        """Whether it is over."""
        return self.left < 0

    @property
    def near(self) -> bool:
        """Whether it is marked."""
        return self.left <= WARNING_DAYS

    def cells(self) -> list[object]:
        """The row as the file has it, in the order of :data:`COLUMNS`."""
        claim = (self.claim.number, self.claim.get_state_display())
        whose = (self.patient, self.mrn, self.payer, self.service)
        return [self.due, self.left, self.what, *claim, *whose, in_file(self.amount)]


def deadlines(user: User, *, kind: str = "", payer: UUID | None = None) -> QuerySet[Any]:
    """Claims with the last day for each (``due``), the nearest first: filing counts from the day of service, an appeal
    from the refusal. One query. What waits for the answer to an appeal has no deadline.
    """
    asked = Appeal.objects.filter(status=AppealStatus.SENT).values("claim")
    kinds = [kind] if kind in _STATES else list(_STATES)
    states = [state for one in kinds for state in _STATES[one]]
    rows = with_decision(
        Claim.objects.standing().filter(patient__in=visible_to(user), state__in=states, coverage__isnull=False)
    )
    filing = ExpressionWrapper(F("service_date") + F("payer__timely_filing_days"), output_field=DateField())
    rows = rows.annotate(
        due=Case(When(state__in=_STATES[ANSWER], then=F("appeal_by")), default=filing, output_field=DateField())
    )
    rows = rows.filter(Q(at_stake__gt=0) | ~Q(state__in=_STATES[ANSWER]), due__isnull=False).exclude(pk__in=asked)
    if payer:
        rows = rows.filter(payer=payer)
    found: QuerySet[Any] = rows.order_by("due", "pk")
    return found


def deadlines_page(
    user: User, *, kind: str = "", payer: UUID | None = None, page: int = 1
) -> tuple[list[Deadline], int, bool, list[Payer]]:
    """A page of deadlines, which one it is, whether there is another, and the payers to choose from. A page that was
    worked off meanwhile gives the first. Two queries; one more for such a page.
    """
    rows = _whole(deadlines(user, kind=kind, payer=payer))
    first = (page - 1) * PAGE_SIZE
    found = list(rows[first : first + PAGE_SIZE + 1])
    if first and not found:
        page, found = 1, list(rows[: PAGE_SIZE + 1])
    payers = Payer.objects.filter(claims__patient__in=visible_to(user)).distinct().order_by("name")
    today = clinic_today()
    return [_deadline(claim, today) for claim in found[:PAGE_SIZE]], page, len(found) > PAGE_SIZE, list(payers)


def deadline_rows(user: User, *, kind: str = "", payer: UUID | None = None) -> list[Deadline]:
    """All of them, for a file. One query."""
    today = clinic_today()
    return [_deadline(claim, today) for claim in _whole(deadlines(user, kind=kind, payer=payer))]


def _whole(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("patient", "payer").defer("snapshot", "lineage")


def _deadline(claim: Any, today: date) -> Deadline:
    kind = next(one for one, states in _STATES.items() if claim.state in states)
    cents = claim.at_stake if kind == ANSWER else to_cents(claim.total)
    return Deadline(
        claim=claim,
        kind=kind,
        what=_AFTER if kind == FILE and (claim.follows_id or claim.replaces_id) else WORDS[kind],
        patient=claim.patient.sort_name,
        mrn=formats.mrn(claim.patient.mrn),
        payer=claim.payer.name,
        service=formats.day(claim.service_date),
        amount=from_cents(cents),
        due=formats.day(claim.due),
        left=(claim.due - today).days,
    )
