"""Edits that only the 837P makes: what it can't do without, and what it has no place for."""

from billing.cms1500.content import ContentError, zip_code
from billing.cms1500.edits.finding import Findings, Where
from billing.cms1500.edits.paper import source
from billing.cms1500.form import Form1500
from billing.x12.professional.claims import compose

_NINE_DIGITS = 10  # with the hyphen


def check_electronic(findings: Findings, form: Form1500) -> None:
    """Compose the claim as it would be sent and note every fault, but of boxes that lack something anyway."""
    known = {edit.box.partition(".")[0] for edit in findings.edits}
    for fault in compose(form)[1]:
        where = Where.PAYER if fault.box == "1" else source(fault.box)
        if fault.on_paper:
            findings.under("paper-only").note(fault.box, f"{fault.reason}. Print this claim.", where)
        elif fault.box.partition(".")[0] not in known:
            findings.under("electronic").note(fault.box, f"{fault.reason}. Mend it {where.words}.", where)
    if "33" not in known:
        _whole_zip(findings, form)


def _whole_zip(findings: Findings, form: Form1500) -> None:
    try:
        whole = len(zip_code(form.billing_provider.address.postal_code)) == _NINE_DIGITS
    except ContentError:
        return  # named by the paper's own edits
    problem = "has a ZIP code of five digits, and electronic claims take all nine of the clinic's"
    findings.under("nine-digit-zip").wrong(not whole, "33", problem, "Complete it", Where.CLINIC)
