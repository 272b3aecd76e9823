"""Claims that go out are disclosures of the patient's record, to the payer, for payment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from billing.models import Claim
from clinic.disclosing import DisclosureMeans, DisclosurePurpose
from clinic.models import Disclosure, Payer
from emr.accounts.models import User
from emr.audit.bulk import bulk_create_recorded
from emr.ui import formats


def disclose(by: User, claims: Sequence[Claim]) -> None:
    """Write one disclosure for each claim, in three statements however many there are. Part of the submission.

    A claim is submitted once and printed as often as the printer needs, so the submission is what counts.
    """
    payers = Payer.objects.in_bulk({claim.payer_id for claim in claims})
    now = timezone.now()
    bulk_create_recorded([_disclosure(by, claim, payers[claim.payer_id], now) for claim in claims if claim.payer_id])


def _disclosure(by: User, claim: Claim, payer: Payer, now: datetime) -> Disclosure:
    parts = (payer.address_line1, payer.city, f"{payer.state} {payer.postal_code}".strip())
    return Disclosure(
        created_by=by,
        patient_id=claim.patient_id,
        at=now,
        recipient=payer.name,
        recipient_address=", ".join(part for part in parts if part),
        purpose=DisclosurePurpose.PAYMENT,
        what=f"Claim {claim.number}: identity, insurance, diagnoses and services of {formats.day(claim.service_date)}",
        how=DisclosureMeans.MAIL,
        source="claim",
        source_id=claim.pk,
    )
