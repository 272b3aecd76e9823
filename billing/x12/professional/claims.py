"""One claim as its segments, by the level on which they stand."""

from __future__ import annotations

from typing import NamedTuple

from billing.cms1500.form import Form1500
from billing.x12.professional.condition import condition
from billing.x12.professional.lines import lines
from billing.x12.professional.other_payers import other_payers
from billing.x12.professional.parties import billing, patient, subscriber
from billing.x12.professional.practitioners import claim_practitioners
from billing.x12.professional.spelling import Fault, Speller


class Composed(NamedTuple):
    """The segments after the HL of loops 2000A, 2000B and 2000C (none when the patient is the insured), and 2300."""

    billing: tuple[str, ...]
    subscriber: list[str]
    patient: list[str]
    claim: list[str]


class ClaimError(ValueError):
    """A claim that an 837P can't say whole; ``account_number`` (box 26) says which, ``fault`` what."""

    def __init__(self, form: Form1500, fault: Fault) -> None:
        super().__init__(
            f"The claim with account number {form.account_number!r} can't be sent. Box {fault.box} {fault.reason}."
        )
        self.account_number = form.account_number
        self.fault = fault


def compose(form: Form1500) -> tuple[Composed, list[Fault]]:
    """What an 837P says of the claim, and all that it can't say. Only without faults is the first of use."""
    spell = Speller()
    claim = Composed(
        billing=tuple(billing(spell, form)),
        subscriber=subscriber(spell, form),
        patient=patient(spell, form),
        claim=[
            *condition(spell, form),
            *claim_practitioners(spell, form),
            *other_payers(spell, form),
            *lines(spell, form),
        ],
    )
    return claim, spell.faults


def composed(form: Form1500) -> Composed:
    """The same for a claim that is sent. Raises ClaimError with its first fault."""
    claim, faults = compose(form)
    if faults:
        raise ClaimError(form, faults[0])
    return claim
