"""The patient's other policies on a claim: boxes 9 and 11d, and what the payers before decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from billing.cms1500.electronic import OtherPayer
from billing.cms1500.form import CoverageKind, Form1500, OtherInsured, Relationship
from billing.models import Claim
from billing.queries.form_parties import RESPONSIBILITIES, covers, filing_code, subscriber, subscriber_name
from billing.queries.prior_decisions import Decided, decided
from clinic.models import Coverage, Patient

_NO_GROUP = "NONE"


def with_other_payers(form: Form1500, claim: Claim, coverage: Coverage) -> Form1500:
    """Boxes 9, 9a, 9d, 11d and 29, and the loops of the other payers, of the policies in force on the day of service.

    Medicare wants none of it, but in box 11 the group of the insurance before it, or the word NONE.
    """
    others = _other_coverages(claim, coverage)
    if form.coverage_kind is CoverageKind.MEDICARE:
        first = next((other for other in others if other.order < claim.order), None)
        group = (first.group_number or first.subscriber_id) if first else (form.policy_group or _NO_GROUP)
        return replace(form, policy_group=group)
    if not others:
        return replace(form, another_plan=False)
    payers = _payers(claim, others)
    paid = sum((payer.paid for payer in payers if payer.paid is not None), form.patient_paid or Decimal(0))
    return replace(
        form,
        another_plan=True,
        other_insured=_other_insured(form, others[0]),
        other_payers=payers,
        amount_paid=paid or None,
    )


def other_coverages(claim: Claim) -> list[Coverage]:
    """The policies beside the claim's own that are in force on the day of service, in the order of payment."""
    return _other_coverages(claim, claim.coverage) if claim.coverage is not None else []


def _other_coverages(claim: Claim, own: Coverage) -> list[Coverage]:
    """Those in force that day, and those that have decided on the claims before, whatever became of these since."""
    before = {row.coverage_id: row.order for row in claims_before(claim)}
    taken = {claim.order, *before.values()}
    rows = [
        row
        for row in claim.patient.coverages.all()
        if row.pk != own.pk and (row.pk in before or (row.order not in taken and covers(row, claim.service_date)))
    ]
    return sorted(rows, key=lambda row: before.get(row.pk, row.order))


def claims_before(claim: Claim) -> Iterator[Claim]:
    """The claims that a claim follows, the nearest first."""
    before = claim.follows
    while before is not None:
        yield before
        before = before.follows


def _other_insured(form: Form1500, other: Coverage) -> OtherInsured:
    is_self = other.relationship == Relationship.SELF
    return OtherInsured(
        name=form.patient.name if is_self else subscriber_name(other),
        policy=other.group_number or other.subscriber_id,
        plan_name=other.plan_name or other.payer.name,
    )


def _payers(claim: Claim, others: list[Coverage]) -> tuple[OtherPayer, ...]:
    """Each other payer, with its decision where it has decided."""
    decisions = {before.coverage_id: _decided_by(claim, before) for before in claims_before(claim)}
    return tuple(decisions.get(other.pk) or other_payer(claim.patient, other) for other in others)


def _decided_by(claim: Claim, before: Claim) -> OtherPayer | None:
    """What the payer of an earlier claim decided. One whose decision isn't posted, or was taken back, is named with its
    number of the claim, and has paid None.
    """
    if before.coverage is None:
        return None
    payer = replace(
        other_payer(claim.patient, before.coverage),
        responsibility=RESPONSIBILITIES[before.order],
        claim_control_number=before.payer_control_number,
    )
    return _with_decision(payer, decided(before))


def _with_decision(payer: OtherPayer, said: Decided | None) -> OtherPayer:
    if said is None:
        return payer
    return replace(
        payer,
        claim_control_number=payer.claim_control_number or said.claim_control_number,
        adjudicated_on=said.on,
        paid=said.paid,
        adjustments=said.adjustments,
        remarks=said.remarks,
        lines=said.lines,
    )


def other_payer(patient: Patient, coverage: Coverage) -> OtherPayer:
    """A policy as another payer's claim names it, undecided."""
    is_self = coverage.relationship == Relationship.SELF
    return OtherPayer(
        responsibility=RESPONSIBILITIES[coverage.order],
        name=coverage.payer.name,
        payer_id=coverage.payer.payer_id,
        filing_code=filing_code(coverage.payer),
        insured=None if is_self else subscriber(patient, coverage),
        relationship=Relationship(coverage.relationship),
        insured_id=coverage.subscriber_id,
        policy_group=coverage.group_number,
        plan_name=coverage.plan_name,
        benefits_assigned=coverage.assignment_of_benefits,
    )
