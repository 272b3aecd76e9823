"""Which claim a payer's decision is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch

from billing.choices import ClaimStatus
from billing.models import Claim
from billing.x12.remittance_records import RemittanceClaim
from clinic.models import Payer
from emr.codes.folding import words

#: CLP02: processed as secondary or tertiary, also when passed on again.
LATER_PAYERS = frozenset({"2", "3", "20", "21"})
_OUT = Claim.objects.on_ledger().filter(submitted_at__isnull=False).order_by("order")


@dataclass(frozen=True)
class Found:
    """The claim, if there is one, and why a person has to look, if one has to."""

    claim: Claim | None = None
    why: str = ""


def claims_decided(said: Iterable[RemittanceClaim]) -> Mapping[str, Claim]:
    """The submitted claims that decisions name, by their numbers, with those that follow them. Two queries."""
    numbers = {one.patient_control_number.strip().upper() for one in said}
    rows = Claim.objects.on_ledger().filter(number__in=numbers, submitted_at__isnull=False)
    return {row.number: row for row in rows.prefetch_related(Prefetch("followed_by", _OUT, to_attr="forwarded_to"))}


def find_claim(said: RemittanceClaim, known: Mapping[str, Claim]) -> Found:
    """The claim of a decision by its patient control number (CLP01), never by anything less.

    It must be of the person whom the decision names, and over the amount that was asked; else a person looks first.
    """
    claim = known.get(said.patient_control_number.strip().upper())
    if claim is None:
        return Found(why=f"No claim that went out has the number {said.patient_control_number or '(none)'}.")
    if claim.status == ClaimStatus.ENTERED_IN_ERROR:
        return Found(why=f"Claim {claim.number} was entered in error.")
    later: list[Claim] = vars(claim).get("forwarded_to", [])
    if said.status in LATER_PAYERS and later:
        # The payer before passed the claim on under our number of it; what came of it is the next payer's claim.
        claim = later[0]
    return Found(claim, _misfit(said, claim))


def passed_on(claim: UUID, payer: Payer | None) -> Claim | None:
    """The claim to this payer that went out after another claim, or was passed on by its payer. One query."""
    return _OUT.filter(follows=claim, payer=payer).standing().first()


def _misfit(said: RemittanceClaim, claim: Claim) -> str:
    patient = said.name("QC")
    if patient is not None and patient.last and not _alike(patient.last, claim.patient.family_name):
        return "The payer names another patient than the claim."
    if abs(said.charge) != claim.total:
        return f"The payer speaks of charges of {abs(said.charge):.2f}, the claim is over {claim.total:.2f}."
    return ""


def _alike(said: str, ours: str) -> bool:
    return "".join(words(said)) == "".join(words(ours))
