"""What left the clinic about a patient: written down once, never changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from clinic.disclosing import DisclosureMeans, DisclosurePurpose
from clinic.models import Disclosure, Patient
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError


@action
def record_disclosure(
    *,
    by: User,
    patient: Patient,
    recipient: str,
    purpose: str,
    what: str,
    how: str,
    at: datetime | None = None,
    recipient_address: str = "",
    note: str = "",
    source: str = "",
    source_id: UUID | None = None,
) -> Disclosure:
    """Write down that something was given to somebody outside the clinic (45 CFR 164.528(b)(2)).

    ``source`` and ``source_id`` name what caused an automatic entry; the same cause again gives the entry that is
    there. Raises DomainError without a recipient or contents, for an unknown purpose or means, and for the future.
    """
    if not recipient.strip():
        raise DomainError("Say to whom it was given.", field="recipient")
    if not what.strip():
        raise DomainError("Say what was given.", field="what")
    if purpose not in DisclosurePurpose.values or how not in DisclosureMeans.values:
        raise DomainError("Choose the purpose and how it was given.", field="purpose")
    now = timezone.now()
    if at is not None and at > now:
        raise DomainError("A disclosure can't be from the future.", field="on")
    if source_id is not None:
        Patient.objects.select_for_update().get(pk=patient.pk)
        there = Disclosure.objects.filter(patient=patient, source=source, source_id=source_id).first()
        if there is not None:
            return there
    return Disclosure.objects.create(
        created_by=by,
        patient=patient,
        at=at or now,
        recipient=recipient.strip()[:120],
        recipient_address=recipient_address.strip()[:200],
        purpose=purpose,
        what=what.strip()[:300],
        how=how,
        note=note.strip()[:300],
        source=source,
        source_id=source_id,
    )
