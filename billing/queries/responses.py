"""Decisions that wait for a person: the list, and one of them with the claims that it may be about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from billing.adjudication.matching import OpenLine
from billing.adjudication.plan import Outcome, plan
from billing.choices import ReconciliationStatus, ResponseState
from billing.models import Claim, ClaimResponse
from billing.queries.claims import claims_visible_to
from billing.queries.decided_lines import open_lines_of
from billing.queries.ledger import from_cents
from billing.queries.reason_texts import Said, said, texts_of
from billing.queries.waiting_money import Kept, kept_of
from billing.x12.remittance_records import RemittanceClaim, RemittanceLine
from clinic.access import visible_to
from clinic.models import Payer
from emr.accounts.models import User
from emr.shared.dates import clinic_day, clinic_today
from emr.ui import formats

PAGE_SIZE = 50
OPEN = (ResponseState.UNMATCHED, ResponseState.REVIEW)
#: Claims that are offered at most, and looked at to choose them.
_OFFERED, _LOOKED_AT = 8, 60


@dataclass(frozen=True)
class WaitingRow:
    """A decision that waits, in words. ``age`` counts days since its remittance was posted."""

    response: ClaimResponse
    payer: str
    patient: str
    paid: str
    kept: str
    why: str
    where: str
    age: int


def waiting(user: User) -> QuerySet[ClaimResponse]:
    """What waits of posted remittances, about patients of whom the user may know, the longest first."""
    known = Q(patient=None) | Q(patient__in=visible_to(user))
    rows = ClaimResponse.objects.filter(known, reconciliation__status=ReconciliationStatus.ACTIVE, state__in=OPEN)
    return rows.select_related("reconciliation__payer", "reconciliation__file", "claim", "patient").order_by("pk")


def waiting_page(
    user: User, *, payer: UUID | None = None, after: UUID | None = None
) -> tuple[list[WaitingRow], UUID | None, list[Payer]]:
    """A page of what waits, after which key the next begins, and the payers of whom anything waits. Three queries."""
    rows = waiting(user).defer("content")
    payers = Payer.objects.filter(reconciliations__responses__in=waiting(user).order_by().values("pk")).distinct()
    if payer:
        rows = rows.filter(reconciliation__payer=payer)
    if after:
        rows = rows.filter(pk__gt=after)
    found = list(rows[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    money = kept_of(row.pk for row in page)
    more = page[-1].pk if len(found) > PAGE_SIZE else None
    return [waiting_row(row, money.get(row.pk, Kept()).cents) for row in page], more, list(payers.order_by("name"))


def waiting_row(row: ClaimResponse, cents: int) -> WaitingRow:
    """A decision in words; it must come with its remittance. ``cents`` are kept of it."""
    remittance = row.reconciliation
    since = remittance.posted_at or row.created_at
    return WaitingRow(
        response=row,
        payer=remittance.payer.name if remittance.payer else remittance.payer_name,
        patient=row.patient.sort_name if row.patient else row.patient_name,
        paid=formats.money(row.paid),
        kept=formats.money(from_cents(cents)) if cents else "",
        why=row.why or row.get_state_display(),
        where=f"Segment {row.position} (CLP)" if row.position else "Entered from paper",
        age=(clinic_today() - clinic_day(since)).days,
    )


@dataclass(frozen=True)
class ToldLine:
    """A line of a decision as the payer told it."""

    service: str
    day: str
    charge: str
    paid: str
    reasons: list[Said]


def told_lines(decision: RemittanceClaim, texts: dict[str, str]) -> list[ToldLine]:
    """The lines of a decision in words."""
    return [_told(line, texts) for line in decision.lines]


def _told(line: RemittanceLine, texts: dict[str, str]) -> ToldLine:
    told = [(f"{one.group}-{one.reason}", one.amount) for one in line.adjustments]
    reasons = [Said(f"{code} {formats.money(amount)}", texts.get(code, "")) for code, amount in told]
    reasons += said([remark.code for remark in line.remarks], texts)
    return ToldLine(
        service=" ".join((line.procedure.code, *line.procedure.modifiers)),
        day=formats.day(line.first_day) if line.first_day else "",
        charge=formats.money(line.charge),
        paid=formats.money(line.paid),
        reasons=reasons,
    )


@dataclass(frozen=True)
class Offer:
    """A claim that a decision may be about: ``fits`` says what is alike, ``moves`` what laying it there does, ``why``
    why it can't be laid there.
    """

    claim: Claim
    fits: str
    moves: str
    why: str


def offers(user: User, response: ClaimResponse, decision: RemittanceClaim, chosen: str = "") -> list[Offer]:
    """The claims that fit a decision, those first that fit in most, with the one of the number that a person chose
    before them. Five queries at most.
    """
    told = _Told.of(decision)
    rows = claims_visible_to(user).filter(submitted_at__isnull=False).exclude(status="entered-in-error")
    rows = rows.filter(told.looks_like() | Q(number=chosen.strip().upper()))
    looked = rows.select_related("patient", "payer", "coverage").defer("snapshot", "lineage")
    found = [(claim, told.fits(claim)) for claim in looked.order_by("-service_date")[:_LOOKED_AT]]
    found.sort(key=lambda pair: (pair[0].number != chosen.strip().upper(), -len(pair[1])))
    best = [(claim, fits) for claim, fits in found if fits or claim.number == chosen.strip().upper()][:_OFFERED]
    lines = open_lines_of(claim.pk for claim, _ in best)
    return [_offer(claim, fits, decision, lines.get(claim.pk, [])) for claim, fits in best]


@dataclass(frozen=True)
class _Told:
    """What a decision tells of who and what it is about."""

    number: str
    payers_number: str
    members: frozenset[str]
    family_name: str
    days: frozenset[date]
    charge: str

    @classmethod
    def of(cls, decision: RemittanceClaim) -> _Told:
        patient = decision.name("QC")
        named = [decision.name(entity) for entity in ("QC", "IL", "74")]
        days = {line.first_day for line in decision.lines} | {decision.day("232")}
        return cls(
            number=decision.patient_control_number.strip().upper(),
            payers_number=decision.payer_claim_number.strip(),
            members=frozenset(name.identifier.strip().upper() for name in named if name and name.identifier),
            family_name=patient.last.strip() if patient else "",
            days=frozenset(day for day in days if day),
            charge=f"{abs(decision.charge):.2f}",
        )

    def looks_like(self) -> Q:
        """What claims are looked at."""
        wanted = Q(number=self.number) | Q(coverage__subscriber_id__in=self.members)
        if self.payers_number:
            wanted |= Q(payer_control_number=self.payers_number)
        day, charge = Q(service_date__in=self.days), Q(total=self.charge)
        person = Q(patient__family_name__iexact=self.family_name)
        return wanted | (day & charge) | (day & person) | (person & charge)

    def fits(self, claim: Claim) -> list[str]:
        """What of a claim is as the decision tells it."""
        coverage = claim.coverage
        alike = {
            "number": bool(self.number) and claim.number == self.number,
            "payer's number": bool(self.payers_number) and claim.payer_control_number == self.payers_number,
            "member id": coverage is not None and coverage.subscriber_id.upper() in self.members,
            "patient": bool(self.family_name) and claim.patient.family_name.upper() == self.family_name.upper(),
            "day of service": claim.service_date in self.days,
            "charge": f"{claim.total:.2f}" == self.charge,
        }
        return [words for words, same in alike.items() if same]


def _offer(claim: Claim, fits: Iterable[str], decision: RemittanceClaim, lines: list[OpenLine]) -> Offer:
    made = plan(decision, lines, order=claim.order)
    parts = [
        (made.funds - made.excess, "paid"),
        (made.contractual, "written off"),
        (made.patient, "to the patient"),
        (made.open, "still owed by the payer"),
        (made.excess, "the payer's credit"),
    ]
    moves = ", ".join(f"{formats.money(from_cents(cents))} {words}" for cents, words in parts if cents)
    review = made.outcome is Outcome.REVIEW
    return Offer(claim, ", ".join(fits), "" if review else moves or "Moves nothing", made.why if review else "")


def texts_for(response: ClaimResponse) -> dict[str, str]:
    """What the codes of a decision mean. One query."""
    return texts_of(response.reason_codes, response.remark_codes)
