"""Drafts of claims: built from the visit's charges, rebuilt when these change, checked by every rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from billing.actions.charging import charge_self_pay
from billing.actions.ledger import lock_patient
from billing.actions.settling import STATE_FIELDS, put, settle_visits
from billing.choices import ChargeItemStatus, ClaimState, ClaimStatus
from billing.cms1500.edits import Edit
from billing.models import ChargeItem, Claim, ClaimItem
from billing.queries.forms1500 import covers, pointers
from billing.queries.scrubbing import scrubbed
from clinic.models import Coverage, Encounter, EncounterDiagnosis
from emr.accounts.models import User
from emr.audit.bulk import bulk_save_recorded


def billable(visit: Encounter) -> list[ChargeItem]:
    """The visit's charges that a claim takes, in the order of its lines. One query."""
    return billable_among(visit.charge_items.filter(status=ChargeItemStatus.BILLABLE))


def billable_among(charges: Iterable[ChargeItem]) -> list[ChargeItem]:
    """The same of a visit's charges that are at hand."""
    found = [row for row in charges if row.entered_in_error_at is None and row.status == ChargeItemStatus.BILLABLE]
    return sorted(found, key=lambda row: (row.service_date, row.rank, row.created_at))


def insurance_of(claim: Claim) -> Coverage | None:
    """The patient's first policy in force on the claim's day, whatever place it was given: the claim waits where that
    isn't the first one. None means that the patient pays.
    """
    policies = sorted(claim.patient.coverages.all(), key=lambda row: (row.order, row.created_at))
    return next((row for row in policies if covers(row, claim.service_date)), None)


def total_of(charges: Iterable[ChargeItem]) -> Decimal:
    """What the charges come to."""
    return sum((charge.amount for charge in charges), Decimal(0))


def rebuild(by: User, claim: Claim) -> Claim:
    """Bring a locked draft up to date with the visit's charges and the coverage in force, and check it."""
    return rebuild_all(by, [claim])[0]


def rebuild_all(by: User, claims: Sequence[Claim]) -> list[Claim]:
    """Bring locked drafts up to date and check them. What is as it was isn't written; drafts that come with the rows of
    their forms take a fixed number of queries then, but for those that the patient pays.
    """
    self_pay = [claim for claim in claims if _follow_visit(by, claim)]
    check_all(claims)
    for claim in self_pay:
        settle(by, claim)
    return list(claims)


def _follow_visit(by: User, claim: Claim) -> bool:
    """Take over the visit's charges and the coverage in force; gives whether the patient pays, or did until now.

    A claim to the next payer is over the services of the claim that it follows, whatever else the visit has.
    """
    if claim.goes_on:
        return False
    before = (claim.coverage_id, claim.payer_id, claim.service_date, claim.total)
    charges = billable_among(claim.encounter.charge_items.all())
    if charges:
        claim.service_date = charges[0].service_date
    if not keeps_payer(claim):
        claim.coverage = insurance_of(claim)
        claim.payer = claim.coverage.payer if claim.coverage else None
    claim.total = total_of(charges)
    if (claim.coverage_id, claim.payer_id, claim.service_date, claim.total) != before:
        claim.save(update_fields=["coverage", "payer", "service_date", "total", "updated_at"])
    _keep_items(by, claim, charges)
    return before[0] is None or claim.coverage_id is None


def keeps_payer(claim: Claim) -> bool:
    """Whether a draft goes to the payer of another claim, whatever insurance is first now: a replacement goes to the
    payer that it replaces the claim at, and a claim to the next payer to that one.
    """
    return claim.replaces_id is not None or claim.follows_id is not None


def settle(by: User, claim: Claim) -> Claim:
    """Let the ledger say what a draft that the patient pays charges; paid ahead to the last cent, it is closed at once.

    The patient is locked before the claim, by who calls.
    """
    charge_self_pay(by, claim)
    if claim.coverage_id is None:
        settle_visits(by=by, visits=[claim.encounter_id])
        claim.refresh_from_db(fields=STATE_FIELDS)
    return claim


def follow_charges(by: User, visit: Encounter) -> None:
    """Rebuild the visit's draft claims, of which there is at most one for a payer."""
    lock_patient(visit.patient)
    drafts = Claim.objects.select_for_update(of=("self",)).select_related("patient", "encounter")
    for claim in drafts.filter(encounter=visit, status=ClaimStatus.DRAFT).order_by("pk"):
        rebuild(by, claim)


def check(claim: Claim) -> Claim:
    """Put a draft where it belongs: ready, held with the first reason, or for the patient to pay. What somebody put on
    hold stays there.
    """
    check_all([claim])
    return claim


def check_all(claims: Sequence[Claim]) -> list[Claim]:
    """Check drafts, a fixed number of queries for all; gives those that came to stand elsewhere, or for another reason,
    and writes only these.
    """
    found = scrubbed(claim.pk for claim in claims)
    return [claim for claim in claims if _stand(claim, found[claim.pk].holds)]


def _stand(claim: Claim, holds: Sequence[Edit]) -> bool:
    if claim.state == ClaimState.ON_HOLD:
        return False
    before = (claim.state, claim.state_reason, claim.state_where)
    state = ClaimState.HELD if holds else ClaimState.READY
    put(
        claim,
        ClaimState.PATIENT_BALANCE if claim.coverage_id is None else state,
        reason=holds[0].message if holds else "",
        where=holds[0].where.value if holds else "",
    )
    if (claim.state, claim.state_reason, claim.state_where) == before:
        return False
    claim.save(update_fields=STATE_FIELDS)
    return True


def point_anew(claims: Iterable[Claim]) -> None:
    """Let the lines of drafts name the diagnoses that justify them by the letters that these have now: their order may
    have changed since the drafts were built. A claim to the next payer keeps those of the claim before it. Three
    statements where any changed.
    """
    changed = []
    for claim in claims:
        if claim.goes_on:
            continue
        ranked = _ranked(claim)
        for item in claim.items.all():
            letters = pointers(item.charge_item.diagnosis_ids, ranked)
            if item.diagnosis_pointers != letters:
                item.diagnosis_pointers = letters
                changed.append(item)
    bulk_save_recorded(changed, ["diagnosis_pointers"])


def add_items(by: User, claim: Claim, charges: Iterable[ChargeItem]) -> None:
    """Copy charges to the lines of a claim."""
    for line in _lines(claim, charges):
        ClaimItem.objects.create(created_by=by, claim=claim, **line)


def _keep_items(by: User, claim: Claim, charges: Iterable[ChargeItem]) -> None:
    """Write the lines anew where they aren't what the charges say."""
    wanted, there = _lines(claim, charges), list(claim.items.all())
    if [{name: getattr(item, name) for name in _LINE} for item in there] == wanted:
        return
    for item in there:
        item.delete()
    for line in wanted:
        ClaimItem.objects.create(created_by=by, claim=claim, **line)


_LINE = (
    *("charge_item_id", "sequence", "product_or_service", "modifiers", "diagnosis_pointers"),
    *("serviced_start", "serviced_end", "place_of_service", "quantity", "net"),
)


def _lines(claim: Claim, charges: Iterable[ChargeItem]) -> list[dict[str, Any]]:
    diagnoses = _ranked(claim)
    values = [
        (
            *(charge.pk, sequence, charge.code, charge.modifiers, pointers(charge.diagnosis_ids, diagnoses)),
            *(charge.service_date, charge.service_date_end or charge.service_date),
            *(charge.place_of_service, charge.quantity, charge.amount),
        )
        for sequence, charge in enumerate(charges, 1)
    ]
    return [dict(zip(_LINE, line, strict=True)) for line in values]


def _ranked(claim: Claim) -> list[EncounterDiagnosis]:
    found = [row for row in claim.encounter.diagnoses.all() if row.entered_in_error_at is None]
    return sorted(found, key=lambda row: row.rank)
