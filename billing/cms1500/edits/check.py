"""All edits of one claim, in the order of the form."""

from billing.cms1500.edits.clinic import check_clinic
from billing.cms1500.edits.electronic import check_electronic
from billing.cms1500.edits.finding import Edit, Findings
from billing.cms1500.edits.lines import check_lines
from billing.cms1500.edits.paper import check_paper
from billing.cms1500.edits.parties import check_parties
from billing.cms1500.edits.visit import check_visit
from billing.cms1500.form import Form1500


def missing(form: Form1500, *, electronic: bool = False) -> list[Edit]:
    """What the form needs before it can be sent: [] when it is complete.

    A form without edits always prints; if it was looked at as ``electronic``, an 837P says all of it too.
    """
    findings = Findings()
    check_parties(findings, form)
    check_visit(findings, form)
    check_lines(findings, form)
    check_clinic(findings, form)
    check_paper(findings, form)
    if electronic:
        check_electronic(findings, form)
    return findings.edits
