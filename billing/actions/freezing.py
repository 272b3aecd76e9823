"""The moment in which a claim goes out: what it says is fixed, and its charges are billed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import connection
from django.utils import timezone

from billing.actions.settling import STATE_FIELDS, put
from billing.choices import ChargeItemStatus, ClaimState, ClaimStatus
from billing.cms1500.form import Form1500
from billing.models import ChargeItem, Claim
from billing.queries.lineage import Lineage
from emr.accounts.models import User


def freeze(by: User, claim: Claim, form: Form1500, lineage: Lineage | None = None) -> Claim:
    """Fix what a claim says as it goes out, and from which rows it was read."""
    claim.snapshot = form.to_data()
    claim.snapshot_hash = hashlib.sha256(form.to_json().encode()).hexdigest()
    claim.lineage = lineage
    claim.status = ClaimStatus.ACTIVE
    put(claim, ClaimState.SUBMITTED)
    claim.submitted_at, claim.submitted_by = timezone.now(), by
    claim.save(
        update_fields=["snapshot", "snapshot_hash", "lineage", "status", "submitted_at", "submitted_by", *STATE_FIELDS]
    )
    return claim


def charges_of(claim: Claim) -> list[ChargeItem]:
    """The charges that a claim has lines for."""
    return [item.charge_item for item in claim.items.all()]


def set_status(charges: Iterable[ChargeItem], status: ChargeItemStatus) -> None:
    """Move charges on; what was entered in error stays so."""
    for charge in charges:
        if charge.entered_in_error_at is None and charge.status != status:
            charge.status = status
            charge.save(update_fields=["status", "updated_at"])


def next_number() -> str:
    """The next claim's number (box 26)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('billing_claim_seq')")
        return str(cursor.fetchone()[0])
