"""All edits of one claim: what its form lacks, then what is known around it."""

from __future__ import annotations

from billing.cms1500.edits import Edit, Findings, check_form
from billing.cms1500.edits.check import Check, run
from billing.cms1500.form import Form1500
from billing.scrubber.codes import check_codes, check_taxonomies
from billing.scrubber.facts import Facts
from billing.scrubber.filing import check_doubles, check_filing
from billing.scrubber.own_rules import check_own_rules
from billing.scrubber.payers import check_first_payer
from billing.scrubber.permits import check_permits
from billing.scrubber.vaccines import check_vaccines

CHECKS: tuple[Check, ...] = (
    ("11d", "the first payer", check_first_payer),
    ("24", "doubles", check_doubles),
    ("24A", "the payer's limit", check_filing),
    ("23", "authorizations", check_permits),
    ("24", "the clinic's own rules", check_own_rules),
    ("21", "codes", check_codes),
    ("24J", "taxonomies", check_taxonomies),
    ("24D", "vaccines", check_vaccines),
)


def scrub(form: Form1500, facts: Facts, *, electronic: bool = False) -> list[Edit]:
    """What is wrong with a claim: first what holds it, then what the biller is warned of."""
    findings = Findings()
    check_form(findings, form, electronic=electronic)
    run(findings, CHECKS, form, facts)
    return sorted(findings.edits, key=lambda edit: not edit.holds)
