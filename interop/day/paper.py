"""Claims on paper, and whether the paper says what the record says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from billing.cms1500 import content
from billing.cms1500.draw import FormError
from billing.cms1500.grid import LINES_PER_PAGE
from billing.cms1500.paginate import cells
from billing.cms1500.readback import OffGridError, ReadPage, read
from billing.models import Claim, ClaimItem
from billing.printouts.cms1500 import claim_pdf, form_of
from clinic.queries.addresses import home_of
from emr.accounts.clinic import current_clinic
from emr.shared.errors import DomainError

_LETTERS = "ABCDEFGHIJKL"


def write(claim: Claim, folder: Path) -> Path:
    """Print a submitted claim into a file that its number alone names. Raises DomainError when it can't be printed."""
    try:
        printed = claim_pdf(claim)
    except FormError as error:
        raise DomainError(f"Claim {claim.number} can't be printed: {error}") from error
    path = folder / f"claim-{claim.number}.pdf"
    path.write_bytes(printed)
    return path


def differences(claim: Claim, path: Path) -> list[str]:
    """Where a printed claim says other than the rows of the record, as sentences; none when they are equal.

    What is expected comes from the tables, not from what the printer was given.
    """
    try:
        pages = list(read(path))
    except OffGridError as error:
        return [str(error)]
    items = list(claim.items.order_by("sequence"))
    groups = [items[start : start + LINES_PER_PAGE] for start in range(0, max(len(items), 1), LINES_PER_PAGE)]
    if len(pages) != len(groups):
        return [f"{len(pages)} pages instead of {len(groups)}"]
    return [
        f"page {number}: {said}"
        for number, (page, group) in enumerate(zip(pages, groups, strict=True), 1)
        for said in _page_differences(page, {**_header(claim), **_lines(claim, group)})
    ]


def differences_from_snapshot(claim: Claim, path: Path) -> list[str]:
    """Where a claim that was submitted earlier is printed other than it was submitted.

    The rows of the record may have changed since, and rightly so.
    """
    printed, frozen = list(read(path)), cells(form_of(claim))
    if len(printed) != len(frozen):
        return [f"{len(printed)} pages instead of {len(frozen)}"]
    return [
        f"page {number}: box {box} says {page.boxes.get(box, '')!r} instead of {texts.get(box, '')!r}"
        for number, (page, placed) in enumerate(zip(printed, frozen, strict=True), 1)
        for texts in [{box: said.text.strip() for box, said in placed.items()}]
        for box in sorted(page.boxes.keys() | texts.keys())
        if page.boxes.get(box, "") != texts.get(box, "")
    ]


def _page_differences(page: ReadPage, expected: dict[str, str]) -> Iterator[str]:
    for box, text in expected.items():
        if page.boxes.get(box, "") != text:
            yield f"box {box} says {page.boxes.get(box, '')!r} instead of {text!r}"
    for place in page.stray:
        yield f"text stands outside of every box, at row {place[0]}, column {place[1]}"
    surplus = {box for box in page.boxes if box.startswith(("24A", "24D", "24F", "21."))} - expected.keys()
    yield from (f"box {box} isn't empty" for box in sorted(surplus))


def _header(claim: Claim) -> dict[str, str]:
    """Boxes 1, 1a, 2, 3, 5, 21, 25, 26 and 33, from the patient, the coverage, the visit and the clinic."""
    patient, coverage, clinic = claim.patient, claim.coverage, current_clinic()
    expected = {"26": claim.number, "21.indicator": "0"}
    if coverage is not None:
        expected |= {f"1.{coverage.payer.type}": "X", "1a": content.identifier(coverage.subscriber_id)}
    expected["2"] = content.person_name(patient.family_name, patient.given_name, patient.middle_name, patient.suffix)
    month, day, year = content.date_parts(patient.birth_date)
    expected |= {"3.month": month, "3.day": day, "3.year": year}
    home = home_of(patient)
    if home is not None:
        street = f"{home.line1} {home.line2}".strip()
        expected |= {"5.street": content.address_line(street), "5.city": content.address_line(home.city)}
        expected |= {"5.state": home.state, "5.zip": content.zip_code(home.postal_code)}
    codes = claim.encounter.diagnoses.filter(entered_in_error_at=None).order_by("rank").values_list("code", flat=True)
    expected |= {f"21.{letter}": content.diagnosis(code) for letter, code in zip(_LETTERS, codes, strict=False)}
    if clinic is not None:
        expected |= {
            "25": clinic.tax_id,
            "33.name": content.words(clinic.name),
            "33.street": content.address_line(f"{clinic.line1} {clinic.line2}".strip()),
            "33.city": content.city_line(clinic.city, clinic.state, clinic.postal_code),
            "33a": clinic.npi,
        }
    return expected


def _lines(claim: Claim, items: Sequence[ClaimItem]) -> dict[str, str]:
    """Boxes 24A to 24J of a page's lines, and their sum in box 28."""
    practitioner = claim.encounter.practitioner
    expected = {"28": content.dollars(sum((item.net for item in items), Decimal(0)))}
    for n, item in enumerate(items, 1):
        for side, on in (("from", item.serviced_start), ("to", item.serviced_end)):
            parts = zip(("month", "day", "year"), content.date_parts(on, 2), strict=True)
            expected |= {f"24A.{n}.{side}.{part}": text for part, text in parts}
        expected |= {
            f"24B.{n}": item.place_of_service,
            f"24D.{n}": item.product_or_service,
            f"24E.{n}": item.diagnosis_pointers,
            f"24F.{n}": content.dollars(item.net),
            f"24G.{n}": content.units(item.quantity),
            f"24J.{n}": practitioner.npi if practitioner else "",
        }
        expected |= {f"24D.{n}.modifier{slot}": text for slot, text in enumerate(item.modifiers, 1)}
    return expected
