"""Edits of boxes 25 to 33: who bills, for how much, and who signed."""

import re

from billing.cms1500.content import is_po_box
from billing.cms1500.edits.finding import Findings, Where, says
from billing.cms1500.form import Form1500
from billing.cms1500.paginate import page_total


def check_clinic(findings: Findings, form: Form1500) -> None:
    """Tax id, account number, assignment, totals, signature, place of service, billing provider."""
    _account(findings, form)
    _total(findings, form)
    _signature(findings, form)
    _facility(findings, form)
    _billing_provider(findings, form)


def _account(findings: Findings, form: Form1500) -> None:
    tax = findings.under("tax-id")
    tax.lack(form.tax_id, "25", "tax id of the clinic", Where.CLINIC)
    nine = re.fullmatch(r"[0-9]{9}", re.sub(r"[\s-]", "", form.tax_id))
    tax.wrong(
        form.tax_id and not nine,
        "25",
        f"has the tax id {form.tax_id!r}, which is not 9 digits",
        "Correct it",
        Where.CLINIC,
    )
    tax.lack(form.tax_id_kind, "25", "word on whether the tax id is an EIN or an SSN", Where.CLINIC)
    account, number = findings.under("account-number"), form.account_number
    account.lack(number, "26", "account number of the patient", Where.VISIT)
    plain = re.fullmatch(r"[A-Za-z0-9]{1,14}", number)
    problem = f"has the account number {number!r}, which is not 1 to 14 letters and digits"
    account.wrong(number and not plain, "26", problem, "Correct it", Where.VISIT)
    findings.under("assignment").lack(
        form.accept_assignment is not None, "27", "yes or no to accepting assignment", Where.PAYER
    )


def _total(findings: Findings, form: Form1500) -> None:
    findings = findings.under("total")
    charges = [line.charge for line in form.service_lines]
    if not all(amount.is_finite() for amount in (*charges, form.total_charge)):
        findings.note("28", f"can't be added up. Correct the amounts {Where.CHARGES.words}.", Where.CHARGES)
        return
    total = page_total(form.service_lines)
    problem = f"has the total {form.total_charge:.2f}, but the lines add up to {total:.2f}"
    findings.wrong(form.total_charge != total, "28", problem, "Correct the amounts", Where.CHARGES)


def _signature(findings: Findings, form: Form1500) -> None:
    signature = form.provider_signature
    if not (signature and says(signature.text) and signature.signed_on):
        findings.under("provider-signature").note(
            "31", f"has no dated signature of the practitioner. Sign the note {Where.VISIT.words}.", Where.VISIT
        )


def _facility(findings: Findings, form: Form1500) -> None:
    if (facility := form.service_facility) is None:
        return
    findings = findings.under("service-facility")
    # Another place than the clinic was entered with the visit.
    where = Where.CLINIC if facility.name == form.billing_provider.name else Where.PARTICULARS
    findings.lack(says(facility.name), "32", "name of the place of service", where)
    findings.address(facility.address, "32", "the place of service", where)
    findings.npi(facility.npi, "32a", "the place of service", where, required=False)
    findings.identifier(facility.other_id, "32b", where)


def _billing_provider(findings: Findings, form: Form1500) -> None:
    provider, place, clinic = form.billing_provider, Where.CLINIC, findings
    findings = clinic.under("billing-provider")
    findings.lack(says(provider.name), "33", "name of the clinic", place)
    findings.address(provider.address, "33", "the clinic", place)
    problem = "has a post office box, and payers take only the clinic's street here"
    findings.wrong(is_po_box(provider.address.line), "33", problem, "Enter the street", place)
    findings.lack(provider.phone, "33", "telephone number of the clinic", place)
    clinic.under("billing-npi").npi(provider.npi, "33a", "the clinic", place, required=True)
    clinic.under("billing-id").identifier(provider.other_id, "33b", place)
