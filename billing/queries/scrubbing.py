"""Claims checked against every rule, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from billing.cms1500.edits import Edit, Severity
from billing.cms1500.form import Form1500
from billing.models import Claim
from billing.queries.claim_facts import claim_facts
from billing.queries.forms1500 import live_rows, sends_claims
from billing.scrubber import Facts, scrub


@dataclass(frozen=True)
class Scrubbed:
    """A claim's form as its rows stand now, what is known around it, and what is wrong with it, the worst first."""

    form: Form1500
    facts: Facts | None = None
    edits: list[Edit] = field(default_factory=list)

    @cached_property
    def holds(self) -> list[Edit]:
        """What keeps the claim from going out."""
        return [edit for edit in self.edits if edit.holds]

    @cached_property
    def warnings(self) -> list[Edit]:
        """What the biller is told; the claim may go out all the same."""
        return [edit for edit in self.edits if edit.severity is Severity.WARNING]

    @cached_property
    def unchecked(self) -> list[Edit]:
        """What nobody checks in this clinic."""
        return [edit for edit in self.edits if edit.severity is Severity.NOTE]


def scrubbed(claim_ids: Iterable[UUID]) -> dict[UUID, Scrubbed]:
    """Check claims, by their keys; a fixed number of queries, however many.

    A claim that the patient pays has no form, so nothing is wrong with it. A payer with an electronic payer id is sent
    its claims where the clinic sends any; then the form lacks what an 837P can't do without, too.
    """
    rows = live_rows(claim_ids)
    sends = sends_claims()
    insured: list[Claim] = [claim for claim, _ in rows.values() if claim.coverage_id is not None]
    facts = claim_facts(insured, {claim.pk: rows[claim.pk][1] for claim in insured}) if insured else {}
    return {
        key: Scrubbed(form, facts[key], scrub(form, facts[key], electronic=sends and bool(form.payer.payer_id)))
        if key in facts
        else Scrubbed(form)
        for key, (_, form) in rows.items()
    }


def scrubbed_one(claim: Claim) -> Scrubbed:
    """Check one claim."""
    return scrubbed([claim.pk])[claim.pk]


#: How many warnings a message tells in full.
_TOLD = 3


def warnings_of(claims: Sequence[Claim]) -> str:
    """What the biller is warned of as drafts go out, as sentences after another; nothing where all is well."""
    found = scrubbed(claim.pk for claim in claims if claim.submitted_at is None)
    told = [
        f"{claim.number}: {edit.message}" for claim in claims if claim.pk in found for edit in found[claim.pk].warnings
    ]
    if not told:
        return ""
    more = f" And {len(told) - _TOLD} more." if len(told) > _TOLD else ""
    return f" Worth a look: {' '.join(told[:_TOLD])}{more}"
