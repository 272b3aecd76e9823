"""Faults of a claim that are mended at one press: what is mechanical and can't be wrong, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from billing.actions.authorizations import use_authorization
from billing.actions.drafts import rebuild
from billing.actions.ledger import lock_patient
from billing.choices import ClaimStatus
from billing.models import Authorization, ChargeItem, Claim
from billing.queries.scrubbing import scrubbed_one
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict


@action
def apply_remedy(*, by: User, claim: Claim, kind: str, target: str) -> Claim:
    """Do what a fault of a draft offers, and check the claim again. Raises Conflict where it isn't offered any more."""
    lock_patient(claim.patient)
    row = Claim.objects.select_for_update(of=("self",)).select_related("patient", "encounter").get(pk=claim.pk)
    if row.status != ClaimStatus.DRAFT:
        raise Conflict(f"Claim {row.number} went out, so it doesn't change any more.")
    offered = {(edit.remedy.kind, edit.remedy.target) for edit in scrubbed_one(row).edits if edit.remedy}
    if (kind, target) not in offered:
        raise Conflict("This isn't lacking any more. Look at the claim again.")
    return _REMEDIES[kind](by, row, target)


def _use_authorization(by: User, claim: Claim, target: str) -> Claim:
    return use_authorization(by=by, claim=claim, authorization=Authorization.objects.get(pk=UUID(target)))


def _drop_repeated_pointer(by: User, claim: Claim, target: str) -> Claim:
    """``target`` is the line's number."""
    item = list(claim.items.order_by("sequence"))[int(target) - 1]
    charge = ChargeItem.objects.select_for_update().get(pk=item.charge_item_id)
    charge.diagnosis_ids = list(dict.fromkeys(charge.diagnosis_ids))
    charge.save(update_fields=["diagnosis_ids", "updated_at"])
    return rebuild(by, claim)


_REMEDIES: dict[str, Callable[[User, Claim, str], Claim]] = {
    "authorization": _use_authorization,
    "pointers": _drop_repeated_pointer,
}
