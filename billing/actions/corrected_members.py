"""A member's number that the payer says otherwise (NM1*74), told to those who keep the policies."""

from __future__ import annotations

from billing.models import Claim
from clinic.actions.tasks import comment_task, create_task
from clinic.models import Coverage, Task
from emr.access.roles import BILLER
from emr.accounts.models import User
from emr.audit.action import action

#: The task to look at a policy of which the payer has told another number.
CORRECTED_MEMBER = "corrected-member-number"


@action
def tell_corrected_member(*, by: User, claim: Claim, number: str) -> Task | None:
    """Ask for the policy to be brought up to date with the number that the payer told of the member. None where it
    told none, where the policy has it by now, and while it is asked for already. The patient must be locked.
    """
    if claim.coverage_id is None:
        return None
    coverage = Coverage.objects.select_related("payer").get(pk=claim.coverage_id)
    if _plain(number) in ("", _plain(coverage.subscriber_id)):
        return None
    if Task.objects.open().filter(code=CORRECTED_MEMBER, focus_id=coverage.pk).exists():
        return None
    task = create_task(
        by=by,
        code=CORRECTED_MEMBER,
        description=f"The payer has another number of the member (claim {claim.number}): correct the policy",
        owner_role=BILLER.name,
        patient=claim.patient,
        about=coverage,
    )
    comment_task(by=by, task=task, text=f"{coverage.payer} says: {number}")
    return task


def _plain(number: str) -> str:
    return "".join(letter for letter in number.upper() if letter.isalnum())
