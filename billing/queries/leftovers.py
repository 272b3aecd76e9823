"""What a visit has that its claim has no box for: told as text beside it, so that nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from billing.choices import ClaimStatus
from billing.models import Claim, ClaimItem
from billing.queries.charges import ON_CLAIM
from billing.queries.form_lines import LETTERS, diagnoses_of_claim
from billing.queries.supporting_info import supporting_info_of
from billing.queries.vaccine_charges import Proposal
from clinic.choices import ProcedureStatus
from clinic.models import Encounter
from clinic.models.orders import OrderCategory, OrderStatus

_NO_ORDER = (OrderStatus.DRAFT, OrderStatus.REVOKED, OrderStatus.ENTERED_IN_ERROR)
_ELSEWHERE = {
    OrderCategory.LABORATORY: "The laboratory bills what it does. Charge what was done here by its code.",
    OrderCategory.IMAGING: "Whoever takes the images bills them.",
    OrderCategory.REFERRAL: "A referral isn't charged.",
    OrderCategory.EQUIPMENT: "The supplier bills it. Charge what was handed out here by its code.",
    OrderCategory.PROCEDURE: "An order isn't charged. Charge what was done here by its code.",
}


@dataclass(frozen=True)
class Leftover:
    """Something of the visit that the claim doesn't say, and why. ``wrong`` is what somebody should mend."""

    kind: str
    text: str
    reason: str
    wrong: bool = False


def leftovers(visit: Encounter, proposals: list[Proposal]) -> list[Leftover]:
    """All of a visit that isn't on its claim. Five queries."""
    return [
        *_diagnoses(visit),
        *_charges(visit),
        *_vaccines(proposals),
        *_procedures(visit),
        *_orders(visit),
        *_words(visit),
    ]


def _diagnoses(visit: Encounter) -> Iterator[Leftover]:
    ranked = list(visit.diagnoses.filter(entered_in_error_at=None).order_by("rank"))
    on_claim = {row.pk for row in diagnoses_of_claim(ranked)}
    for row in ranked:
        if row.pk not in on_claim:
            reason = (
                f"Box 21 takes {len(LETTERS)} diagnoses." if row.code else "It has no code, and box 21 takes codes."
            )
            yield Leftover("Diagnosis", str(row), reason)


def _charges(visit: Encounter) -> Iterator[Leftover]:
    said = Claim.objects.standing().exclude(replaced_by__status=ClaimStatus.DRAFT)
    lines = ClaimItem.objects.filter(charge_item=OuterRef("pk"), claim__in=said)
    claims = Claim.objects.standing().filter(encounter=visit)
    rows = visit.charge_items.select_related("immunization").annotate(claimed=Exists(lines), out=Exists(claims))
    for row in rows.order_by("service_date", "rank"):
        if row.entered_in_error_at is not None:
            if row.claimed:
                yield Leftover(
                    "Service",
                    str(row),
                    "A claim that went out has it, and it was taken back since. Replace that claim.",
                    wrong=True,
                )
            continue
        if row.status not in ON_CLAIM:
            yield Leftover("Service", str(row), f"{row.get_status_display()}: somebody kept it off the claim.")
        elif row.out and not row.claimed:
            reason = "The visit's claim went out without it, so nobody is asked for it. Replace that claim."
            yield Leftover("Service", str(row), reason, wrong=True)
        if row.immunization is not None and row.immunization.entered_in_error_at is not None:
            reason = "Charged, but the vaccine was entered in error. Take the charge back."
            yield Leftover("Service", str(row), reason, wrong=True)


def _vaccines(proposals: list[Proposal]) -> Iterator[Leftover]:
    for proposal in proposals:
        reason = " ".join(proposal.problems) or "It isn't charged yet."
        yield Leftover("Vaccine", proposal.immunization.display, reason, wrong=True)


def _procedures(visit: Encounter) -> Iterator[Leftover]:
    rows = visit.procedures.filter(entered_in_error_at=None, status=ProcedureStatus.COMPLETED)
    charged = {*visit.charge_items.filter(entered_in_error_at=None).values_list("code", flat=True)}
    for row in rows.order_by("created_at"):
        if row.code not in charged:
            reason = "The chart has it without a service code. If it was done here, charge it by its code."
            yield Leftover("Procedure", str(row), reason)


def _orders(visit: Encounter) -> Iterator[Leftover]:
    rows = visit.orders.exclude(status__in=_NO_ORDER).filter(entered_in_error_at=None)
    for row in rows.order_by("created_at"):
        yield Leftover("Order", str(row), _ELSEWHERE[OrderCategory(row.category)])


def _words(visit: Encounter) -> Iterator[Leftover]:
    told = supporting_info_of(visit)
    if told is not None and told.other_referrer:
        yield Leftover("Referring practitioner", told.other_referrer, "Box 17 takes one.")
    if told is not None and told.biller_note:
        yield Leftover("Note to the biller", told.biller_note, "It is for the clinic alone.")
