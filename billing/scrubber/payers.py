"""Who is asked first."""

from __future__ import annotations

from billing.cms1500.edits import Findings, Where
from billing.cms1500.form import Form1500
from billing.scrubber.facts import Facts


def check_first_payer(findings: Findings, form: Form1500, facts: Facts) -> None:
    """A patient whose policies in force leave out the first place: perhaps the first one ended, perhaps it is missing.
    Neither the payer nor the patient is asked before somebody has said which.
    """
    if facts.place:
        findings.under("first-payer").say(
            "11d",
            f"Box 11d: the first policy in force is entered as {facts.place}. Make it the primary one, or enter the "
            f"one that pays before it, {Where.COVERAGE.words}.",
            Where.COVERAGE,
        )
