"""A visit whose diagnoses were corrected after its claim went out, told to those who bill."""

from __future__ import annotations

from billing.models import Claim
from billing.queries.changed_diagnoses import changed_diagnoses
from clinic.actions.tasks import create_task
from clinic.models import Encounter, Task
from emr.access.roles import BILLER
from emr.accounts.models import User
from emr.audit.action import action

#: The task to replace a claim that went out with other diagnoses than its visit has now.
CHANGED_DIAGNOSES = "changed-diagnoses"


@action
def tell_changed_diagnoses(*, by: User, visit: Encounter) -> Task | None:
    """Ask for the replacement of a visit's claim that went out with other diagnoses than the visit has now, the first
    payer's before others. None where no claim says otherwise, and while it is asked for, or made, already.
    """
    sent = Claim.objects.standing().filter(encounter=visit, submitted_at__isnull=False).order_by("order", "-pk")
    claim = next((row for row in sent.select_related("patient", "encounter") if changed_diagnoses(row)), None)
    if claim is None or claim.replaced_by.standing().exists():
        return None
    if Task.objects.open().filter(code=CHANGED_DIAGNOSES, focus_id=claim.pk).exists():
        return None
    return create_task(
        by=by,
        code=CHANGED_DIAGNOSES,
        description=f"The visit's diagnoses changed since claim {claim.number} went out: replace it",
        owner_role=BILLER.name,
        patient=claim.patient,
        about=claim,
    )


def follow_signature(by: User, visit: Encounter) -> None:
    """A note that is signed anew is when the visit's diagnoses are what they were corrected to."""
    tell_changed_diagnoses(by=by, visit=visit)
