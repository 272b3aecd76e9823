"""What the patient's other payers are, and what they decided: loops 2320, 2330A, 2330B and 2430."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from billing.cms1500 import content
from billing.cms1500.electronic import Adjustment, LineAdjudication, OtherPayer, Responsibility
from billing.cms1500.form import Form1500, Relationship
from billing.x12.professional.parties import (
    RELATIONSHIPS,
    filing_code,
    group,
    insured_name,
    payer_name,
)
from billing.x12.professional.spelling import Speller, composite, segment

_RANKS = tuple(Responsibility)
GROUPS = frozenset({"CO", "CR", "OA", "PI", "PR"})
_MOST_PAYERS, _REASONS_IN_CAS, _MOST_CAS, _MOST_REMARKS = 10, 6, 5, 5


def other_payers(spell: Speller, form: Form1500) -> list[str]:
    """2320 for each of them."""
    if form.other_insured is not None and not form.other_payers:
        spell.fault("9", "names another plan, but its electronic payer id is not on record")
    if len(form.other_payers) > _MOST_PAYERS:
        spell.fault("9", f"has {len(form.other_payers)} other payers, and electronic claims take {_MOST_PAYERS}")
    ids = [form.payer.payer_id, *(payer.payer_id for payer in form.other_payers)]
    ranks = [form.responsibility, *(payer.responsibility for payer in form.other_payers)]
    if len(set(ids)) < len(ids):
        spell.fault("9", "has two payers of one electronic payer id, and what each paid couldn't be told apart")
    if len(set(ranks)) < len(ranks):
        spell.fault("9", "has two payers of one place in the order of payment")
    own_rank = list(Responsibility).index(form.responsibility)
    if any(
        payer.paid is None for payer in form.other_payers if list(Responsibility).index(payer.responsibility) < own_rank
    ):
        spell.fault("29", "doesn't say what the payer before decided, which is not on record")
    return [text for payer in form.other_payers for text in _other_payer(spell, form, payer)]


def _other_payer(spell: Speller, form: Form1500, payer: OtherPayer) -> list[str]:
    _check_balance(spell, form, payer)
    own = payer.insured is None
    name = form.patient.name if payer.insured is None else payer.insured.name
    return [
        _insurance(spell, payer, own),
        *adjustments(spell, "9", payer.adjustments),
        *_paid(spell, payer),
        segment(
            "OI", "", "", "Y" if payer.benefits_assigned else "N", "", "", "Y" if form.information_release else "I"
        ),
        *_remarks(spell, payer),
        insured_name(spell, "9", name, "9a", payer.insured_id),
        *(spell.address_if_any("9", payer.insured.address, "the other insured") if payer.insured else []),
        payer_name(spell, "9d", payer.name, payer.payer_id),
        *_decided(spell, payer),
    ]


def _insurance(spell: Speller, payer: OtherPayer, own: bool) -> str:
    relationship = payer.relationship or Relationship.SELF
    if own != (relationship is Relationship.SELF):
        spell.fault("9", "contradicts itself on who the insured of the other plan is")
    return segment(
        "SBR",
        payer.responsibility.value,
        RELATIONSHIPS.get(relationship, "18"),
        group(spell, "9a", payer.policy_group),
        spell.say("9d", content.words, payer.plan_name, 60),
        *("", "", "", ""),
        filing_code(spell, "9d", payer.filing_code),
    )


def adjustments(spell: Speller, box: str, given: Sequence[Adjustment]) -> list[str]:
    """CAS by group, six reasons in each."""
    found: list[str] = []
    ordered = sorted(given, key=lambda item: item.group)
    for code, members in groupby(ordered, key=lambda item: item.group):
        if code not in GROUPS:
            spell.fault(box, f"has an adjustment of the group {code!r}, which is none of X12's")
        reasons = list(members)
        for start in range(0, len(reasons), _REASONS_IN_CAS):
            triples = [part for item in reasons[start : start + _REASONS_IN_CAS] for part in _reason(spell, box, item)]
            found.append(segment("CAS", code, *triples))
    if len(found) > _MOST_CAS:
        spell.fault(box, f"has {len(given)} adjustments, more than electronic claims take there")
    return found


def _reason(spell: Speller, box: str, item: Adjustment) -> tuple[str, str, str]:
    reason = spell.say(box, content.identifier, item.reason, 5, need="reason of an adjustment")
    quantity = "" if item.quantity is None else spell.quantity(box, item.quantity)
    return reason, spell.amount(box, item.amount, negative=True), quantity


def _paid(spell: Speller, payer: OtherPayer) -> Iterator[str]:
    if payer.paid is not None:
        yield segment("AMT", "D", spell.amount("29", payer.paid))


def _remarks(spell: Speller, payer: OtherPayer) -> Iterator[str]:
    """MOA, with the remark codes of the payer's decision."""
    if len(payer.remarks) > _MOST_REMARKS:
        spell.fault("9", f"has {len(payer.remarks)} remarks of the other payer, and electronic claims take 5")
    if payer.remarks:
        codes = (spell.say("9", content.identifier, code, 50) for code in payer.remarks)
        yield segment("MOA", "", "", *codes)


def _decided(spell: Speller, payer: OtherPayer) -> Iterator[str]:
    """When the payer decided, unless its decision on each line says so; and its number of the claim."""
    if payer.paid is not None and not payer.lines:
        yield segment("DTP", "573", "D8", spell.day("9", payer.adjudicated_on, "day of the other payer's decision"))
    if reference := spell.say("9", content.identifier, payer.claim_control_number, 50):
        yield segment("REF", "F8", reference)


def _check_balance(spell: Speller, form: Form1500, payer: OtherPayer) -> None:
    """Charge less adjustments is what was paid: of the claim, and of each line that the payer told of."""
    if payer.paid is None:
        if payer.adjustments or payer.lines:
            spell.fault("9", "has adjustments of a payer that hasn't decided")
        return
    taken = _sum(payer.adjustments) + sum((_sum(line.adjustments) for line in payer.lines), Decimal(0))
    if form.total_charge - taken != payer.paid:
        left = form.total_charge - taken
        spell.fault("9", f"says that the other payer paid {payer.paid}, but charge less adjustments is {left}")
    for number in sorted({line.line for line in payer.lines}):
        if not 1 <= number <= len(form.service_lines):
            spell.fault("9", f"has a decision on line {number}, which the claim doesn't have")
            continue
        told = [line for line in payer.lines if line.line == number]
        left = form.service_lines[number - 1].charge - sum((_sum(line.adjustments) for line in told), Decimal(0))
        paid = sum((line.paid for line in told), Decimal(0))
        if left != paid:
            spell.fault(f"24F.{number}", f"was paid {paid} by the other payer, but charge less adjustments is {left}")


def _sum(given: Sequence[Adjustment]) -> Decimal:
    return sum((item.amount for item in given), Decimal(0))


def line_decisions(spell: Speller, form: Form1500, n: int) -> list[str]:
    """2430: what the other payers decided on line ``n``."""
    return [
        text
        for payer in form.other_payers
        for line in payer.lines
        if line.line == n
        for text in _line_decision(spell, payer, line)
    ]


def _line_decision(spell: Speller, payer: OtherPayer, line: LineAdjudication) -> list[str]:
    box = f"24D.{line.line}"
    code = spell.say(box, content.identifier, line.code, 48, need="code that the other payer decided on")
    if len(line.modifiers) > 4:
        spell.fault(box, f"has {len(line.modifiers)} modifiers in the other payer's decision, and 4 can be said")
    modifiers = (spell.say(box, content.identifier, text, 2, least=2) for text in line.modifiers)
    decided = line.adjudicated_on or payer.adjudicated_on
    return [
        segment(
            "SVD",
            spell.say("9d", content.identifier, payer.payer_id, 80, least=2),
            spell.amount(box, line.paid),
            composite("HC", code, *modifiers),
            "",
            spell.quantity(box, line.units),
        ),
        *adjustments(spell, box, line.adjustments),
        segment("DTP", "573", "D8", spell.day(box, decided, "day of the other payer's decision")),
    ]
