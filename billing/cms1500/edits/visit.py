"""Edits of boxes 10 and 14 to 23: what the visit was about."""

from datetime import date

from billing.cms1500.content import ICD10, ContentError, diagnosis
from billing.cms1500.edits.finding import Findings, Where, says
from billing.cms1500.form import Form1500, IcdVersion, Period, QualifiedDate

ILLNESS_QUALIFIERS = frozenset({"431", "484"})
OTHER_DATE_QUALIFIERS = frozenset({"454", "304", "453", "439", "455", "471", "090", "091", "444"})


def check_visit(findings: Findings, form: Form1500) -> None:
    """Accidents, dates, referral, laboratory, diagnoses, resubmission."""
    _accident(findings, form)
    _dates(findings, form)
    _referral(findings, form)
    _outside_lab(findings, form)
    _diagnoses(findings, form)
    if form.resubmission is not None:
        findings.under("original-reference").lack(
            says(form.resubmission.original_reference),
            "22",
            "number that the payer gave the original claim",
            Where.CHARGES,
        )


def _accident(findings: Findings, form: Form1500) -> None:
    findings = findings.under("accident-state")
    if form.auto_accident:
        findings.state(form.auto_accident_state, "10b", "the auto accident", Where.PARTICULARS)
    else:
        stated = says(form.auto_accident_state)
        findings.wrong(
            stated, "10b", "has a state, but says no to an auto accident", "Correct one of them", Where.PARTICULARS
        )


def _dates(findings: Findings, form: Form1500) -> None:
    findings = findings.under("visit-dates")
    born = form.patient.birth_date
    _qualified(findings, form.illness, "14", ILLNESS_QUALIFIERS, born)
    _qualified(findings, form.other_date, "15", OTHER_DATE_QUALIFIERS, born)
    _period(findings, form.unable_to_work, "16", born)
    _period(findings, form.hospitalization, "18", born)


def _qualified(
    findings: Findings, dated: QualifiedDate | None, box: str, known: frozenset[str], born: date | None
) -> None:
    if dated is None:
        return
    findings.lack(dated.on, box, "date", Where.PARTICULARS)
    choices = ", ".join(sorted(known))
    findings.wrong(
        dated.qualifier not in known,
        box,
        f"has the qualifier {dated.qualifier!r}",
        f"Choose one of {choices}",
        Where.PARTICULARS,
    )
    _not_before_birth(findings, dated.on, box, born)


def _period(findings: Findings, period: Period | None, box: str, born: date | None) -> None:
    if period is None:
        return
    findings.lack(period.start, box, "first day", Where.PARTICULARS)
    backward = period.start and period.end and period.end < period.start
    findings.wrong(backward, box, "ends before it begins", "Correct the dates", Where.PARTICULARS)
    _not_before_birth(findings, period.start, box, born)


def _not_before_birth(findings: Findings, day: date | None, box: str, born: date | None) -> None:
    early = day and born and day < born
    findings.wrong(early, box, "has a date before the patient's birth", "Correct it", Where.PARTICULARS)


def _referral(findings: Findings, form: Form1500) -> None:
    if (referring := form.referring_provider) is None:
        return
    findings = findings.under("referrer")
    findings.lack(says(referring.name.family), "17", "last name of the referring provider", Where.PARTICULARS)
    findings.lack(says(referring.name.given), "17", "first name of the referring provider", Where.PARTICULARS)
    findings.identifier(referring.other_id, "17a", Where.PARTICULARS)
    findings.npi(referring.npi, "17b", "the referring provider", Where.PARTICULARS, required=True)


def _outside_lab(findings: Findings, form: Form1500) -> None:
    findings = findings.under("outside-laboratory")
    charge = form.outside_lab_charge
    if form.outside_lab:
        findings.lack(charge, "20", "charge of the outside laboratory", Where.PARTICULARS)
        findings.lack(form.service_facility, "32", "name and address of the outside laboratory", Where.PARTICULARS)
    else:
        problem = "has a charge, but doesn't say yes to an outside laboratory"
        findings.wrong(charge is not None, "20", problem, "Correct one of them", Where.PARTICULARS)


def _diagnoses(findings: Findings, form: Form1500) -> None:
    findings.under("diagnosis").lack(form.diagnoses, "21", "diagnosis", Where.VISIT)
    seen: set[str] = set()
    for code in form.diagnoses:
        try:
            spelled = diagnosis(code)
        except ContentError:
            continue  # named by the paper's own edits
        shaped = ICD10.fullmatch(spelled) if form.icd_version is IcdVersion.ICD10 else spelled
        findings.under("diagnosis-shape").wrong(
            not shaped, "21", f"has {code!r}, which is no ICD-10-CM code", "Correct it", Where.VISIT
        )
        findings.under("diagnosis-once").wrong(
            spelled in seen, "21", f"has the diagnosis {code} twice", "Remove one", Where.VISIT
        )
        seen.add(spelled)
