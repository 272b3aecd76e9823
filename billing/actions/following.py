"""Claims to the payer that comes next, once the one before has decided."""

from __future__ import annotations

from billing.actions.charging import charge_submitted
from billing.actions.drafts import check
from billing.actions.freezing import freeze, next_number
from billing.actions.settling import put
from billing.choices import FORWARDED, ClaimState, ClaimStatus
from billing.models import Claim, ClaimItem
from billing.queries.forms1500 import covers, live_rows
from billing.queries.lineage import lineage_of
from clinic.models import Coverage
from emr.accounts.clinic import current_clinic
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError


@action
def follow_claim(*, by: User, claim: Claim, forwarded: bool = False) -> Claim | None:
    """Make the claim to the patient's next payer, over the same services: a draft, which asks that payer for what is
    still owed when it goes out. None where no further policy was in force. Asked twice, it gives the first.

    What the payer passed on by itself (``forwarded``) is kept as gone out, so that nobody sends it again. The patient
    must be locked. Raises DomainError for a claim that hasn't gone out.
    """
    if claim.submitted_at is None:
        raise DomainError(f"Claim {claim.number} hasn't gone out, so no other payer comes after it.")
    there = Claim.objects.filter(follows=claim, status__in=[ClaimStatus.DRAFT, ClaimStatus.ACTIVE]).first()
    if there is not None:
        return there
    coverage = next_coverage(claim)
    if coverage is None:
        return None
    made = Claim.objects.create(
        created_by=by,
        number=next_number(),
        patient=claim.patient,
        encounter=claim.encounter,
        coverage=coverage,
        payer=coverage.payer,
        order=coverage.order,
        follows=claim,
        service_date=claim.service_date,
        total=claim.total,
        labels=[FORWARDED] if forwarded else [],
    )
    copy_items(by, claim, made)
    return _gone_out(by, made) if forwarded else check(made)


def next_coverage(claim: Claim) -> Coverage | None:
    """The policy after the claim's own that was in force on the day of service."""
    rows = Coverage.objects.select_related("payer").filter(patient=claim.patient_id, order__gt=claim.order)
    after = (row for row in rows.order_by("order") if row.pk != claim.coverage_id)
    return next((row for row in after if covers(row, claim.service_date)), None)


def copy_items(by: User, claim: Claim, to: Claim) -> None:
    """The same service lines, in the same order."""
    for item in claim.items.order_by("sequence"):
        ClaimItem.objects.create(
            created_by=by,
            claim=to,
            charge_item=item.charge_item,
            sequence=item.sequence,
            product_or_service=item.product_or_service,
            modifiers=item.modifiers,
            diagnosis_pointers=item.diagnosis_pointers,
            serviced_start=item.serviced_start,
            serviced_end=item.serviced_end,
            place_of_service=item.place_of_service,
            quantity=item.quantity,
            net=item.net,
        )


def _gone_out(by: User, claim: Claim) -> Claim:
    put(claim, ClaimState.READY)
    row, form = live_rows([claim.pk])[claim.pk]
    freeze(by, claim, form, lineage_of(row, current_clinic()))
    charge_submitted(by, [claim])
    return claim
