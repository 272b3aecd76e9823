"""Edits of boxes 1 to 13: payer, patient, insured and other insurance."""

from billing.cms1500.edits.finding import Findings, Where, says
from billing.cms1500.form import CoverageKind, Form1500, PersonName, Relationship


def check_parties(findings: Findings, form: Form1500) -> None:
    """Everyone the claim is about, and the policies that pay."""
    _payer(findings, form)
    _patient(findings, form)
    _insured(findings, form)
    if form.coverage_kind is CoverageKind.MEDICARE:
        _medicare(findings, form)
    else:
        _other_plan(findings, form)
    findings.under("other-claim-id").identifier(form.other_claim_id, "11b", Where.COVERAGE)
    signed = form.patient_signature and says(form.patient_signature.text)
    findings.under("patient-signature").lack(signed, "12", "signature of the patient on file", Where.COVERAGE)


def _payer(findings: Findings, form: Form1500) -> None:
    findings.under("coverage-kind").lack(form.coverage_kind, "1", "kind of coverage", Where.PAYER)
    findings = findings.under("payer")
    payer, place = form.payer, Where.PAYER
    if not says(payer.name):
        findings.note("1", f"is for a payer without a name. Enter it {place.words}.", place)
    address = payer.address
    if any((address.line, address.city, address.state, address.postal_code)):
        findings.address(address, "1", "the payer", place)


def _patient(findings: Findings, form: Form1500) -> None:
    patient, place = form.patient, Where.PATIENT
    findings.under("member-number").lack(says(form.insured_id), "1a", "member number of the insured", Where.COVERAGE)
    _name(findings.under("patient-name"), patient.name, "2", "the patient", place)
    findings.under("patient-birth-date").lack(patient.birth_date, "3", "birth date of the patient", place)
    findings.under("patient-address").address(patient.address, "5", "the patient", place)


def _insured(findings: Findings, form: Form1500) -> None:
    place = Where.COVERAGE
    findings.under("relationship").lack(form.relationship, "6", "relationship of the patient to the insured", place)
    if form.relationship in (None, Relationship.SELF):
        return
    findings = findings.under("insured")
    if form.insured is None:
        findings.lack(False, "4", "insured person, although the patient is not the insured", place)
        return
    _name(findings, form.insured.name, "4", "the insured", place)
    findings.address(form.insured.address, "7", "the insured", place)
    findings.lack(form.insured.birth_date, "11a", "birth date of the insured", place)


def _name(findings: Findings, name: PersonName, box: str, whose: str, where: Where) -> None:
    findings.lack(says(name.family), box, f"last name of {whose}", where)
    findings.lack(says(name.given), box, f"first name of {whose}", where)


def _medicare(findings: Findings, form: Form1500) -> None:
    medicare = findings.under("medicare")
    medicare.wrong(
        not says(form.policy_group),
        "11",
        "is empty, and Medicare wants NONE there, or the group number of the insurance that pays before it",
        "Enter it",
        Where.COVERAGE,
    )
    medicare.wrong(form.another_plan is not None, "11d", "must stay empty for Medicare", "Clear it", Where.COVERAGE)
    if form.other_insured is not None:
        _other_insured(findings, form)


def _other_plan(findings: Findings, form: Form1500) -> None:
    place = Where.COVERAGE
    plan = findings.under("another-plan")
    plan.lack(form.another_plan is not None, "11d", "yes or no to another health plan", place)
    if form.another_plan:
        _other_insured(findings, form)
    else:
        plan.wrong(
            form.other_insured is not None,
            "9",
            "names another plan, but box 11d doesn't say yes",
            "Correct one of them",
            place,
        )


def _other_insured(findings: Findings, form: Form1500) -> None:
    findings = findings.under("other-insured")
    other, place = form.other_insured, Where.COVERAGE
    name = other.name if other else PersonName()
    _name(findings, name, "9", "the insured of the other plan", place)
    findings.lack(other and says(other.policy), "9a", "policy or group number of the other plan", place)
    findings.lack(other and says(other.plan_name), "9d", "name of the other plan", place)
