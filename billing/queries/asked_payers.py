"""Which of a visit's payers a decision is of, where several were asked: those after the first often answer under the
number of the first claim, because that is how it was passed on to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, QuerySet

from billing.adjudication.plan import DENIED, FORECAST, NOT_OURS, REVERSAL
from billing.choices import ResponseState
from billing.models import Claim, ClaimResponse
from billing.queries.decisions import decision_of
from billing.x12.remittance_records import RemittanceClaim
from clinic.models import Payer

#: CLP02: as which of the patient's payers, counted from nought, it was processed; 19 to 21 also passed it on.
_PLACES = {"1": 0, "19": 0, "2": 1, "20": 1, "3": 2, "21": 2}
_OUT = Claim.objects.on_ledger().standing().filter(submitted_at__isnull=False).order_by("order", "created_at")


@dataclass(frozen=True)
class Asked:
    """The claims of one visit that went out, to one payer after the other."""

    claims: Sequence[Claim]

    def decided(self, said: RemittanceClaim, named: Claim, payer: Payer | None) -> Claim | None:
        """The claim that a decision is about, of the one that it names and those after it; None where that can't be
        told. By the payer, if that is known; then by the order that the payer tells; what takes back or refuses, by
        what was posted. A query a claim at most, and none where the payer or the order tells it.
        """
        place = next((at for at, claim in enumerate(self.claims) if claim.pk == named.pk), None)
        if place is None:
            return named
        after = self.claims[place:]
        of_payer = [claim for claim in after if payer is not None and claim.payer_id == payer.pk]
        theirs = of_payer or after
        if len(theirs) == 1 or said.status in (NOT_OURS, FORECAST):
            return theirs[0]
        if (told := _PLACES.get(said.status)) is not None:
            # A claim that is named by its own number is never one before it.
            return next((claim for claim in theirs if claim == self._at(max(told, place))), None)
        if said.status == REVERSAL:
            return _reversed(said, theirs, named)
        return _refused(said, theirs, named, sure=bool(of_payer)) if said.status == DENIED else named

    def _at(self, place: int) -> Claim | None:
        return self.claims[place] if place < len(self.claims) else None


def asked_of(visits: Iterable[UUID]) -> Mapping[UUID, Asked]:
    """What went out of visits. One query."""
    found: dict[UUID, list[Claim]] = {}
    for claim in _OUT.filter(encounter__in=set(visits)):
        found.setdefault(claim.encounter_id, []).append(claim)
    return {visit: Asked(claims) for visit, claims in found.items()}


def visits_of_several_payers(responses: QuerySet[ClaimResponse]) -> set[UUID]:
    """The visits of decisions for which more than one claim is out. One query."""
    visits = responses.exclude(claim=None).order_by().values("claim__encounter")
    rows = _OUT.filter(encounter__in=visits).order_by().values("encounter").annotate(count=Count("pk"))
    return set(rows.filter(count__gt=1).values_list("encounter", flat=True))


def decided_now(response: ClaimResponse, visit: UUID, payer: Payer | None) -> UUID | None:
    """The key of the claim that a decision on a claim of a visit is about, as things stand when it is posted; None
    where that can't be told.
    """
    said = decision_of(response)
    number, claims = said.patient_control_number.strip().upper(), asked_of([visit]).get(visit, Asked(())).claims
    known = {claim.number: claim for claim in claims} | {str(claim.pk): claim for claim in claims}
    named = known.get(number) or known.get(str(response.claim_id))
    if named is None:
        return response.claim_id
    claim = Asked(claims).decided(said, named, payer)
    return claim.pk if claim else None


def _reversed(said: RemittanceClaim, theirs: Sequence[Claim], named: Claim) -> Claim | None:
    """What is taken back stands: by its amounts and reasons, then by the payer's number of it, then by what it paid."""
    standing = {claim.pk: _standing(claim) for claim in theirs}
    left = [claim for claim in theirs if standing[claim.pk]]
    if not left:
        return named
    fits: tuple[Callable[[RemittanceClaim], bool], ...] = (
        lambda one: _mirrors(said, one),
        lambda one: bool(said.payer_claim_number) and one.payer_claim_number == said.payer_claim_number,
        lambda one: one.paid == -said.paid,
    )
    for fit in fits:
        left = [claim for claim in left if any(fit(one) for one in standing[claim.pk])] or left
        if len(left) == 1:
            return left[0]
    return None


def _refused(said: RemittanceClaim, theirs: Sequence[Claim], named: Claim, *, sure: bool) -> Claim | None:
    """A refusal doesn't tell its order: it is of the claim that the payer knows by its number, else, where the payer is
    ``sure``, of the one that waits for a decision.
    """
    standing, number = {claim.pk: _standing(claim) for claim in theirs}, said.payer_claim_number
    waiting = [claim for claim in theirs if not standing[claim.pk]]
    if len(waiting) == len(theirs):
        return named
    numbered = [
        claim for claim in theirs if number and number in {one.payer_claim_number for one in standing[claim.pk]}
    ]
    for left in (numbered, waiting if sure else []):
        if len(left) == 1:
            return left[0]
    return None


def _standing(claim: Claim) -> Sequence[RemittanceClaim]:
    """What was decided on a claim, posted and not reversed, in order. One query."""
    stands: list[RemittanceClaim] = []
    rows = claim.responses.filter(state=ResponseState.POSTED).order_by("reconciliation__posted_at", "sequence")
    for said in map(decision_of, rows):
        if said.status == REVERSAL:
            taken = [one for one in stands if _mirrors(said, one)] or [one for one in stands if one.paid == -said.paid]
            for one in (taken or stands)[-1:]:
                stands.remove(one)
        elif said.status not in (NOT_OURS, FORECAST):
            stands.append(said)
    return stands


def _mirrors(back: RemittanceClaim, one: RemittanceClaim) -> bool:
    """Whether a reversal tells a decision with the signs turned."""
    sums = {reason: -amount for reason, amount in _reasons(back).items()}
    return (-back.charge, -back.paid, sums) == (one.charge, one.paid, _reasons(one))


def _reasons(said: RemittanceClaim) -> dict[tuple[str, str], Decimal]:
    """The sums of its adjustments, wherever in the claim they stand."""
    found: dict[tuple[str, str], Decimal] = {}
    for one in (*said.adjustments, *(one for line in said.lines for one in line.adjustments)):
        found[one.group, one.reason] = found.get((one.group, one.reason), Decimal(0)) + one.amount
    return {reason: amount for reason, amount in found.items() if amount}
