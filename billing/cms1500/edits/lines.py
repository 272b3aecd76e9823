"""Edits of box 24: each service line by itself."""

import re
from decimal import Decimal

from billing.cms1500.edits.finding import Findings, Remedy, Where, says
from billing.cms1500.form import Form1500, PersonName, ServiceLine
from billing.cms1500.grid import DIAGNOSIS_LETTERS

_NDC = re.compile(r"N4\d{11} {3}(UN|ML|GR|F2|ME)\d+(\.\d{1,3})?")


def check_lines(findings: Findings, form: Form1500) -> None:
    """At least one line, and each of them whole."""
    findings.under("service-line").lack(form.service_lines, "24", "service line", Where.CHARGES)
    letters = DIAGNOSIS_LETTERS[: len(form.diagnoses)]
    for n, line in enumerate(form.service_lines, start=1):
        _dates(findings, form, line, n)
        _service(findings, line, n)
        _modifiers(findings, line, n)
        _drug(findings, line, n)
        _pointers(findings, line, n, letters)
        _amounts(findings, line, n)
        findings.under("rendering-id").identifier(line.rendering_id, f"24J.{n}", Where.PRACTITIONER)
        findings.under("rendering-npi").npi(
            line.rendering_npi, f"24J.{n}", renderer_of(line), Where.PRACTITIONER, required=True
        )


def renderer_of(line: ServiceLine) -> str:
    """Who gave a service, in words: a claim may have several practitioners."""
    name = line.rendering.name if line.rendering else PersonName()
    return " ".join(filter(None, ("the rendering practitioner", name.given, name.family)))


def _dates(findings: Findings, form: Form1500, line: ServiceLine, n: int) -> None:
    findings = findings.under("service-dates")
    box, start, end, born = f"24A.{n}", line.service_from, line.service_to, form.patient.birth_date
    findings.lack(start, box, "first date of service", Where.CHARGES)
    findings.lack(end, box, "last date of service", Where.CHARGES)
    findings.wrong(start and end and end < start, box, "ends before it begins", "Correct the dates", Where.CHARGES)
    findings.wrong(
        start and born and start < born, box, "is before the patient's birth", "Correct the dates", Where.CHARGES
    )


def _service(findings: Findings, line: ServiceLine, n: int) -> None:
    place, at = Where.CHARGES, findings.under("place-of-service")
    known_place = re.fullmatch(r"[0-9]{2}", line.place_of_service)
    at.lack(line.place_of_service, f"24B.{n}", "place of service", place)
    at.wrong(
        line.place_of_service and not known_place,
        f"24B.{n}",
        f"has the place of service {line.place_of_service!r}, which is not two digits",
        "Correct it",
        place,
    )
    findings.under("procedure-code").lack(says(line.code), f"24D.{n}", "procedure code", place)
    code = says(line.code) and not re.fullmatch(r"[A-Za-z0-9]{5}", line.code)
    findings.under("procedure-code").wrong(
        code, f"24D.{n}", f"has {line.code!r}, and procedure codes have five characters", "Correct it", place
    )


def _modifiers(findings: Findings, line: ServiceLine, n: int) -> None:
    place = Where.CHARGES
    for modifier in line.modifiers:
        odd = not re.fullmatch(r"[A-Za-z0-9]{2}", modifier)
        findings.under("modifier-shape").wrong(
            odd, f"24D.{n}", f"has the modifier {modifier!r}, which is not two characters", "Correct it", place
        )
    repeated = next((said for said in line.modifiers if line.modifiers.count(said) > 1), "")
    findings.under("modifier-once").wrong(
        repeated, f"24D.{n}", f"has the modifier {repeated} more than once", "Remove one", place
    )


def _drug(findings: Findings, line: ServiceLine, n: int) -> None:
    place = Where.CHARGES
    drug = line.supplemental.startswith("N4") and not _NDC.fullmatch(line.supplemental)
    findings.under("drug-code").wrong(
        drug, f"24.{n}", "has a drug code that is not N4, 11 digits, unit and quantity", "Correct it", place
    )


def _pointers(findings: Findings, line: ServiceLine, n: int, letters: str) -> None:
    box, place, at = f"24E.{n}", Where.CHARGES, findings.under("pointers")
    at.lack(line.pointers, box, "diagnosis that justifies the service", place)
    for letter in line.pointers:
        at.wrong(
            letter not in letters,
            box,
            f"points at diagnosis {letter}, which box 21 doesn't have",
            "Choose another",
            place,
        )
    if len(set(line.pointers)) < len(line.pointers):
        findings.under("pointers-once").note(
            box,
            f"points at one diagnosis twice. Remove one {place.words}.",
            place,
            remedy=Remedy("pointers", str(n), "Remove the second"),
        )


def _amounts(findings: Findings, line: ServiceLine, n: int) -> None:
    free = line.charge.is_finite() and line.charge == 0
    findings.under("charge").lack(not free, f"24F.{n}", "charge", Where.CHARGES)
    few = line.units.is_finite() and Decimal(0) <= line.units < 1
    findings.under("units").wrong(few, f"24G.{n}", "has less than 1 unit", "Correct it", Where.CHARGES)
