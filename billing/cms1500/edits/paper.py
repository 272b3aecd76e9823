"""Edits that only the paper makes: texts too long for their box, and characters it can't carry."""

import re

from billing.cms1500.edits.finding import Findings, Where
from billing.cms1500.form import Form1500
from billing.cms1500.grid import CellError, Overflow
from billing.cms1500.paginate import compose

# By number with its letter if that is listed (24J), else by number alone (24).
_SOURCES = {
    "2": Where.PATIENT,
    "3": Where.PATIENT,
    "5": Where.PATIENT,
    "1": Where.COVERAGE,
    "4": Where.COVERAGE,
    "6": Where.COVERAGE,
    "7": Where.COVERAGE,
    "9": Where.COVERAGE,
    "10": Where.PARTICULARS,
    "11": Where.COVERAGE,
    "12": Where.COVERAGE,
    "13": Where.COVERAGE,
    "14": Where.PARTICULARS,
    "15": Where.PARTICULARS,
    "16": Where.PARTICULARS,
    "17": Where.PARTICULARS,
    "18": Where.PARTICULARS,
    "19": Where.PARTICULARS,
    "20": Where.PARTICULARS,
    "21": Where.VISIT,
    "22": Where.CHARGES,
    "23": Where.VISIT,
    "24": Where.CHARGES,
    "24I": Where.PRACTITIONER,
    "24J": Where.PRACTITIONER,
    "25": Where.CLINIC,
    "26": Where.VISIT,
    "27": Where.PAYER,
    "28": Where.CHARGES,
    "29": Where.CHARGES,
    "31": Where.PRACTITIONER,
    "32": Where.CLINIC,
    "33": Where.CLINIC,
}


def check_paper(findings: Findings, form: Form1500) -> None:
    """Lay the claim out as the printer would and note everything that doesn't fit."""
    findings = findings.under("fits-the-form")
    if not all(line.charge.is_finite() for line in form.service_lines):
        return  # can't be added up, which box 28's edit says
    for fault in compose(form)[1]:
        where = source(fault.box)
        mend = "Shorten it" if isinstance(fault, Overflow) else "Correct it"
        findings.note(_box_of_form(fault), f"{fault.reason}. {mend} {where.words}.", where)


def source(box: str) -> Where:
    """Where the text of a cell comes from."""
    if box.startswith("carrier"):
        return Where.PAYER
    whole, number = re.match(r"((\d+)[A-Za-z]?)", box).group(1, 2)  # type: ignore[union-attr]
    return _SOURCES.get(whole) or _SOURCES[number]


def _box_of_form(fault: CellError) -> str:
    """The form's own name of a cell: the payer's lines stand over box 1, and a cell's part doesn't matter."""
    head, _, rest = fault.box.partition(".")
    if head == "carrier":
        return "1"
    return f"{head}.{rest.partition('.')[0]}" if head.startswith("24") else head
