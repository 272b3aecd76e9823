"""All edits of one claim's form, in the order of the form."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from billing.cms1500.edits.catalogue import Where
from billing.cms1500.edits.clinic import check_clinic
from billing.cms1500.edits.electronic import check_electronic
from billing.cms1500.edits.finding import Edit, Findings
from billing.cms1500.edits.lines import check_lines
from billing.cms1500.edits.paper import check_paper
from billing.cms1500.edits.parties import check_parties
from billing.cms1500.edits.visit import check_visit
from billing.cms1500.form import Form1500

#: A check: its first box, what it looks at in words, and the function.
Check = tuple[str, str, Callable[..., None]]

_FORM: tuple[Check, ...] = (
    ("1", "payer, patient and insured", check_parties),
    ("10", "what the visit was about", check_visit),
    ("24", "service lines", check_lines),
    ("25", "clinic and signature", check_clinic),
    ("1", "room on the paper", check_paper),
)
_ELECTRONIC: Check = ("1", "what an electronic claim needs", check_electronic)

_log = logging.getLogger(__name__)


def missing(form: Form1500, *, electronic: bool = False) -> list[Edit]:
    """What the form needs before it can be sent: [] when it is complete.

    A form without edits always prints; if it was looked at as ``electronic``, an 837P says all of it too.
    """
    findings = Findings()
    check_form(findings, form, electronic=electronic)
    return findings.edits


def check_form(findings: Findings, form: Form1500, *, electronic: bool) -> None:
    """Note what the form lacks by itself, whatever else is known."""
    run(findings, (*_FORM, _ELECTRONIC) if electronic else _FORM, form)


def run(findings: Findings, checks: Sequence[Check], *given: Any) -> None:
    """Make the checks, one after the other. One that breaks holds the claim: nothing goes out unchecked."""
    for box, what, check in checks:
        try:
            check(findings, *given)
        except Exception as error:
            # The error's own words may hold what the claim says of a patient.
            _log.error("The check of a claim's %s broke: %s", what, type(error).__name__)
            findings.under("unchecked").note(
                box,
                f"could not be checked: the check of {what} broke ({type(error).__name__}). "
                f"The claim waits until that is mended {Where.HOUSE.words}.",
                Where.HOUSE,
            )
