"""The patient's other policies on a claim: boxes 9 and 11d, and what the payers before decided."""

from __future__ import annotations

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
    rows = [row for row in claim.patient.coverages.all() if row.pk != own.pk and row.order != claim.order]
    return [row for row in rows if covers(row, claim.service_date)]


def _other_insured(form: Form1500, other: Coverage) -> OtherInsured:
    is_self = other.relationship == Relationship.SELF
    return OtherInsured(
        name=form.patient.name if is_self else subscriber_name(other),
        policy=other.group_number or other.subscriber_id,
        plan_name=other.plan_name or other.payer.name,
    )


def _payers(claim: Claim, others: list[Coverage]) -> tuple[OtherPayer, ...]:
    """Each other payer, with its decision where it has decided."""
    decided = {payer.responsibility: payer for payer in decided_by(claim)}
    payers = [other_payer(claim.patient, other) for other in others]
    return tuple(decided.get(payer.responsibility, payer) for payer in payers)


def decided_by(claim: Claim) -> tuple[OtherPayer, ...]:
    """What the payers before decided, nearest first: those of the claims that this one follows.

    A payer whose decision isn't posted, or was taken back, is named with its number of the claim, and has paid None.
    """
    found: list[OtherPayer] = []
    before = claim.follows
    while before is not None:
        if before.coverage is not None:
            payer = replace(
                other_payer(claim.patient, before.coverage),
                responsibility=RESPONSIBILITIES[before.order],
                claim_control_number=before.payer_control_number,
            )
            found.append(_with_decision(payer, decided(before)))
        before = before.follows
    return tuple(found)


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
