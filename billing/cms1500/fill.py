"""What is written in which box: one page of a claim as text by box id.

:class:`Fill` places one text and gathers what couldn't be placed, so that a scrubber can name every fault at once and
a printer can refuse at the first.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import NamedTuple, ParamSpec

from billing.cms1500 import content
from billing.cms1500.form import Address, Form1500, Gender, Identifier, Period, Person, PersonName, Provider
from billing.cms1500.grid import CELLS, DIAGNOSIS_LETTERS, Align, CellError, Overflow, Unprintable

P = ParamSpec("P")


class Placed(NamedTuple):
    """A text at its first character's row and column (1-based)."""

    row: int
    column: int
    text: str


class Fill:
    """A page under way: ``cells`` by box id, ``faults`` in the order met."""

    def __init__(self) -> None:
        self.cells: dict[str, Placed] = {}
        self.faults: list[CellError] = []

    def put(self, box: str, rule: Callable[P, str], *args: P.args, **kwargs: P.kwargs) -> None:
        """Write what ``rule`` makes of the value into ``box``; nothing for ""."""
        try:
            text = rule(*args, **kwargs)
        except content.ContentError as error:
            self.faults.append(Unprintable(box, " ".join(map(str, args)), str(error)))
            return
        self.write(box, text)

    def write(self, box: str, text: str) -> None:
        """Write a text that is spelled already."""
        if not text:
            return
        cell = CELLS[box]
        if len(text) > cell.width:
            self.faults.append(Overflow(box, text, cell.width))
            return
        shift = cell.width - len(text) if cell.align is Align.RIGHT else 0
        self.cells[box] = Placed(cell.row, cell.column + shift, text)

    def mark(self, box: str, choice: str | None) -> None:
        """Put the X of one choice; none for None."""
        if choice is not None:
            self.write(f"{box}.{choice}", "X")

    def yes_no(self, box: str, answer: bool | None) -> None:
        """X in YES or NO; none for None."""
        self.mark(box, None if answer is None else ("yes" if answer else "no"))

    def date(self, box: str, on: date | None, year_digits: int = 4) -> None:
        """Month, day and year in their three cells."""
        if on is not None:
            for part, text in zip(("month", "day", "year"), content.date_parts(on, year_digits), strict=True):
                self.write(f"{box}.{part}", text)

    def identifier(self, qualifier_box: str, box: str, number: Identifier | None) -> None:
        """A qualifier and its number in their two cells."""
        if number is not None:
            self.put(qualifier_box, content.identifier, number.qualifier)
            self.put(box, content.identifier, number.value)


def fill_header(fill: Fill, form: Form1500) -> None:
    """Everything above the service lines, the same on each page."""
    _carrier(fill, form)
    _people(fill, form)
    _coverage(fill, form)
    _condition(fill, form)
    _diagnoses(fill, form)


def _carrier(fill: Fill, form: Form1500) -> None:
    payer = form.payer
    fill.put("carrier.name", content.words, payer.name)
    fill.put("carrier.attention", content.words, payer.attention)
    fill.put("carrier.street", content.address_line, payer.address.line)
    _city_line(fill, "carrier.city", payer.address)


def _people(fill: Fill, form: Form1500) -> None:
    fill.mark("1", form.coverage_kind)
    fill.put("1a", content.identifier, form.insured_id)
    _name(fill, "2", form.patient.name)
    _birth(fill, "3", form.patient)
    _address(fill, "5", form.patient)
    fill.mark("6", form.relationship)
    if form.insured is not None:
        _name(fill, "4", form.insured.name)
        _address(fill, "7", form.insured)
        _birth(fill, "11a", form.insured)


def _coverage(fill: Fill, form: Form1500) -> None:
    if form.other_insured is not None:
        _name(fill, "9", form.other_insured.name)
        fill.put("9a", content.identifier, form.other_insured.policy)
        fill.put("9d", content.words, form.other_insured.plan_name)
    fill.yes_no("10a", form.employment)
    fill.yes_no("10b", form.auto_accident)
    fill.put("10b.state", content.state, form.auto_accident_state)
    fill.yes_no("10c", form.other_accident)
    fill.write("10d", _claim_codes(fill, form.claim_codes))
    fill.put("11", content.identifier, form.policy_group)
    fill.identifier("11b.qualifier", "11b", form.other_claim_id)
    fill.put("11c", content.words, form.plan_name)
    fill.yes_no("11d", form.another_plan)
    if form.patient_signature is not None:
        fill.put("12", content.words, form.patient_signature.text)
        fill.date("12.date", form.patient_signature.signed_on)
    if form.insured_signature is not None:
        fill.put("13", content.words, form.insured_signature.text)


def _claim_codes(fill: Fill, codes: tuple[str, ...]) -> str:
    """Box 10d: several codes stand three spaces apart."""
    try:
        return "   ".join(content.identifier(code) for code in codes)
    except content.ContentError as error:
        fill.faults.append(Unprintable("10d", " ".join(codes), str(error)))
        return ""


def _condition(fill: Fill, form: Form1500) -> None:
    for box, dated in (("14", form.illness), ("15", form.other_date)):
        if dated is not None:
            fill.date(box, dated.on)
            fill.put(f"{box}.qualifier", content.identifier, dated.qualifier)
    _period(fill, "16", form.unable_to_work)
    _period(fill, "18", form.hospitalization)
    if (referring := form.referring_provider) is not None:
        name = referring.name
        fill.write("17.qualifier", referring.role.value)
        fill.put("17", content.practitioner_name, name.given, name.middle, name.family, name.credentials)
        fill.identifier("17a.qualifier", "17a", referring.other_id)
        fill.put("17b", content.identifier, referring.npi)
    fill.put("19", content.words, form.additional_information)
    fill.yes_no("20", form.outside_lab)
    if form.outside_lab_charge is not None:
        fill.put("20.charge", content.dollars_closed, form.outside_lab_charge)


def _diagnoses(fill: Fill, form: Form1500) -> None:
    if form.diagnoses:
        fill.write("21.indicator", form.icd_version.value)
    for letter, code in zip(DIAGNOSIS_LETTERS, form.diagnoses, strict=False):
        fill.put(f"21.{letter}", content.diagnosis, code)
    if len(form.diagnoses) > len(DIAGNOSIS_LETTERS):
        reason = f"has room for {len(DIAGNOSIS_LETTERS)} diagnoses, and the claim has {len(form.diagnoses)}"
        fill.faults.append(Unprintable("21", " ".join(form.diagnoses), reason))
    if form.resubmission is not None:
        fill.write("22", form.resubmission.frequency.value)
        fill.put("22.reference", content.identifier, form.resubmission.original_reference)
    fill.put("23", content.identifier, form.prior_authorization)


def fill_footer(fill: Fill, form: Form1500, *, page_total: Decimal, first_page: bool) -> None:
    """Everything under the service lines: box 28 is this page's total, box 29 stands on the first page alone."""
    fill.put("25", content.identifier, form.tax_id)
    fill.mark("25", form.tax_id_kind)
    fill.put("26", content.identifier, form.account_number)
    fill.yes_no("27", form.accept_assignment)
    fill.put("28", content.dollars, page_total)
    if first_page and form.amount_paid is not None:
        fill.put("29", content.dollars, form.amount_paid)
    if (signature := form.provider_signature) is not None:
        fill.put("31", content.words, signature.text)
        fill.date("31.date", signature.signed_on, year_digits=2)
    if form.service_facility is not None:
        _provider(fill, "32", form.service_facility)
    _provider(fill, "33", form.billing_provider)
    _billing_phone(fill, form.billing_provider.phone)


def _billing_phone(fill: Fill, phone: str) -> None:
    fill.put("33.area", _phone_piece, phone, start=0, stop=3)
    fill.put("33.exchange", _phone_piece, phone, start=3, stop=6)
    fill.put("33.number", _phone_piece, phone, start=6, stop=10)


def _phone_piece(phone: str, *, start: int, stop: int) -> str:
    return content.phone_digits(phone)[start:stop]


def _provider(fill: Fill, box: str, provider: Provider) -> None:
    fill.put(f"{box}.name", content.words, provider.name)
    fill.put(f"{box}.street", content.address_line, provider.address.line)
    _city_line(fill, f"{box}.city", provider.address)
    fill.put(f"{box}a", content.identifier, provider.npi)
    fill.identifier(f"{box}b.qualifier", f"{box}b", provider.other_id)


def _name(fill: Fill, box: str, name: PersonName) -> None:
    fill.put(box, content.person_name, name.family, name.given, name.middle, name.suffix)


def _birth(fill: Fill, box: str, person: Person) -> None:
    fill.date(box, person.birth_date)
    if person.gender in (Gender.MALE, Gender.FEMALE):
        fill.mark(box, person.gender)


def _address(fill: Fill, box: str, person: Person) -> None:
    fill.put(f"{box}.street", content.address_line, person.address.line)
    fill.put(f"{box}.city", content.address_line, person.address.city)
    fill.put(f"{box}.state", content.state, person.address.state)
    fill.put(f"{box}.zip", content.zip_code, person.address.postal_code)
    fill.put(f"{box}.area", _phone_piece, person.phone, start=0, stop=3)
    fill.put(f"{box}.phone", _phone_piece, person.phone, start=3, stop=10)


def _city_line(fill: Fill, box: str, address: Address) -> None:
    fill.put(box, content.city_line, address.city, address.state, address.postal_code)


def _period(fill: Fill, box: str, period: Period | None) -> None:
    if period is not None:
        fill.date(f"{box}.from", period.start)
        fill.date(f"{box}.to", period.end)
