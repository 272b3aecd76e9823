"""Which claim a payer's decision is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from billing.choices import ClaimStatus
from billing.models import Claim
from billing.queries.asked_payers import Asked, asked_of
from billing.x12.remittance_records import RemittanceClaim
from clinic.models import Payer
from emr.codes.folding import words


@dataclass(frozen=True)
class Found:
    """The claim, if there is one, and why a person has to look, if one has to."""

    claim: Claim | None = None
    why: str = ""


@dataclass(frozen=True)
class Known:
    """The submitted claims that decisions name, by their numbers, and those that went out for the same visits."""

    claims: Mapping[str, Claim]
    asked: Mapping[UUID, Asked]


def claims_decided(said: Iterable[RemittanceClaim]) -> Known:
    """The claims that decisions name. Two queries."""
    numbers = {one.patient_control_number.strip().upper() for one in said}
    rows = list(Claim.objects.on_ledger().filter(number__in=numbers, submitted_at__isnull=False))
    return Known({row.number: row for row in rows}, asked_of(row.encounter_id for row in rows))


def find_claim(said: RemittanceClaim, known: Known, payer: Payer | None = None) -> Found:
    """The claim of a decision by its patient control number (CLP01), never by anything less.

    It must be of the person whom the decision names, and over the amount that was asked; else a person looks first.
    """
    claim = known.claims.get(said.patient_control_number.strip().upper())
    if claim is None:
        return Found(why=f"No claim that went out has the number {said.patient_control_number or '(none)'}.")
    if claim.status == ClaimStatus.ENTERED_IN_ERROR:
        return Found(why=f"Claim {claim.number} was entered in error.")
    if (asked := known.asked.get(claim.encounter_id)) is not None:
        # What can't be told yet may be when it is posted: what is posted before it, and who the payer is, decide too.
        claim = asked.decided(said, claim, payer) or claim
    return Found(claim, _misfit(said, claim))


def _misfit(said: RemittanceClaim, claim: Claim) -> str:
    patient = said.name("QC")
    if patient is not None and patient.last and not _alike(patient.last, claim.patient.family_name):
        return "The payer names another patient than the claim."
    if abs(said.charge) != claim.total:
        return f"The payer speaks of charges of {abs(said.charge):.2f}, the claim is over {claim.total:.2f}."
    return ""


def _alike(said: str, ours: str) -> bool:
    return "".join(words(said)) == "".join(words(ours))
