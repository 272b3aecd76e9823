"""Thousands of claims that went out, made after one that did: each of a visit of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeVar

from django.db import models, transaction

from billing.actions.charging import charge
from billing.models import Claim, ClaimBatch, ClaimBatchItem
from billing.queries.business_days import open_day
from clinic.models import Coverage, Encounter
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.bulk import bulk_create_recorded, bulk_save_recorded

M = TypeVar("M", bound=models.Model)
#: Claims made at a time, how many each patient has, and the number of the first.
_AT_ONCE, _EACH, _FIRST_MRN = 500, 10, 2_000_000
_OUT = ["status", "state", "snapshot", "snapshot_hash", "submitted_at", "submitted_by"]
_NOT_YET: dict[str, Any] = {
    **dict.fromkeys(("snapshot", "lineage", "submitted_at", "submitted_by_id")),
    **{"status": "draft", "state": "ready", "snapshot_hash": "", "payer_control_number": ""},
}


def fill_claims(by: User, source: Claim, count: int) -> Iterator[Claim]:
    """Claims like ``source``, on the ledger as it is, ten a patient; given as they are made."""
    whole = json.dumps(source.snapshot)
    for first in range(0, count, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, count))
        with transaction.atomic(), acting(by):
            yield from _made(by, source, whole, numbers)


def batch_of(by: User, claims: list[Claim]) -> ClaimBatch:
    """The claims as a batch to be printed, without its job."""
    made = ClaimBatch.objects.create(created_by=by)
    ClaimBatchItem.objects.bulk_create(
        (ClaimBatchItem(batch=made, claim_id=claim.pk, position=n) for n, claim in enumerate(claims, 1)),
        batch_size=1000,
    )
    return made


def _made(by: User, source: Claim, whole: str, numbers: range) -> list[Claim]:
    policy = Coverage.objects.get(claims=source)
    patients = [
        _like(source.patient, mrn=f"{_FIRST_MRN + n}") for n in range(numbers[0] // _EACH, numbers[-1] // _EACH + 1)
    ]
    policies = [_like(policy, patient=patient, subscriber_id=f"B{patient.mrn}") for patient in patients]
    bulk_create_recorded(patients)
    bulk_create_recorded(policies)
    claims, visits, charges, items = [], [], [], []
    lines = list(source.items.select_related("charge_item"))
    for n in numbers:
        place = n // _EACH - numbers[0] // _EACH
        visit: Encounter = _like(source.encounter, patient=patients[place])
        claim: Claim = _like(
            source, number=f"B{n:06}", patient=patients[place], encounter=visit, coverage=policies[place], **_NOT_YET
        )
        visits.append(visit)
        claims.append(claim)
        for line in lines:
            charges.append(_like(line.charge_item, encounter=visit))
            items.append(_like(line, claim=claim, charge_item=charges[-1]))
    bulk_create_recorded(visits)
    bulk_create_recorded(charges)
    bulk_create_recorded(claims)
    bulk_create_recorded(items)
    for claim in claims:
        claim.status, claim.state = source.status, "submitted"
        claim.snapshot, claim.snapshot_hash = json.loads(whole.replace(source.number, claim.number)), "0" * 64
        claim.submitted_at, claim.submitted_by = source.submitted_at, source.submitted_by
    bulk_save_recorded(claims, _OUT)
    for claim in claims:
        claim.snapshot = None
    charge(
        by,
        Claim.objects.filter(pk__in=[claim.pk for claim in claims]).on_ledger().prefetch_related("items"),
        open_day(),
    )
    return claims


def _like(row: M, **changes: Any) -> M:
    """The same row once more, under a key of its own."""
    kept = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    made = type(row)(**kept)
    for name, value in changes.items():
        setattr(made, name, value)
    return made
