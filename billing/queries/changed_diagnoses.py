"""Where a claim went out with other diagnoses than its visit has now."""

from __future__ import annotations

from dataclasses import dataclass

from billing.choices import ClaimStatus
from billing.cms1500.form import Form1500
from billing.models import Claim
from billing.queries.charges import obstacle_to_billing
from billing.queries.form_lines import diagnoses_of_claim
from billing.scrubber.facts import plain


@dataclass(frozen=True)
class ChangedDiagnoses:
    """What box 21 said as the claim went out, and what it would say now. ``unsigned`` is why a replacement has to wait
    before it goes out; ``replacement`` the one that is begun.
    """

    sent: str
    now: str
    unsigned: str
    replacement: Claim | None


def changed_diagnoses(claim: Claim) -> ChangedDiagnoses | None:
    """What changed of the diagnoses of a claim that stands, in what they are or in their order. None for one that
    hasn't gone out, or goes no more, and where nothing changed. One query; three more where something did.
    """
    if claim.submitted_at is None or claim.snapshot is None or not claim.stands:
        return None
    sent = Form1500.from_data(claim.snapshot).diagnoses
    now = [row.code for row in diagnoses_of_claim(claim.encounter.diagnoses.filter(entered_in_error_at=None))]
    if [plain(code) for code in sent] == [plain(code) for code in now]:
        return None
    return ChangedDiagnoses(
        sent=", ".join(sent) or "none",
        now=", ".join(now) or "none",
        unsigned=obstacle_to_billing(claim.encounter),
        replacement=claim.replaced_by.filter(status=ClaimStatus.DRAFT).first(),
    )
