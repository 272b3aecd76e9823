from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pdfplumber
import pypdfium2  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from billing.cms1500.draw import Margins, Style, render
from billing.cms1500.edits import missing
from billing.cms1500.form import Form1500, Gender, IcdVersion, ServiceLine
from billing.cms1500.paginate import cells, compose
from billing.cms1500.readback import OffGridError, ReadPage, read

Print = Callable[..., list[ReadPage]]
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

LETTERS = "abcxyzQRS019 éñöŁßÆ'’-–.,#&/\\()"
WORDS = st.text(LETTERS, max_size=14)
NAMES = st.builds(str.__add__, st.sampled_from("ABÇdeøß"), st.text(LETTERS, max_size=4))
PATIENT = st.fixed_dictionaries(
    {"family": NAMES, "given": NAMES, "middle": WORDS, "suffix": st.sampled_from(["", "Jr", "III"])}
)
ANYTHING = st.text(st.characters(min_codepoint=32, max_codepoint=0x3000), max_size=20)
MONEY = st.decimals(Decimal("0.01"), Decimal("9999.99"), places=2)
LINE = st.fixed_dictionaries(
    {
        "charge": MONEY,
        "units": st.sampled_from([Decimal(1), Decimal(12), Decimal("2.5"), Decimal(999)]),
        "pointers": st.sampled_from(["A", "BA", "CDAB", "L"]),
        "modifiers": st.lists(st.from_regex(r"[A-Z0-9]{2}", fullmatch=True), max_size=4).map(tuple),
        "emergency": st.booleans(),
        "supplemental": st.sampled_from(["", "ZZ two  spaces", "N400011122233   ML0.5"]) | WORDS,
    }
)
REST = st.fixed_dictionaries(
    {
        "plan_name": WORDS,
        "additional_information": WORDS,
        "policy_group": WORDS,
        "prior_authorization": WORDS,
        "claim_codes": st.lists(st.sampled_from(["AV", "W2", "A1"]), max_size=3).map(tuple),
        "amount_paid": st.none() | MONEY,
        "employment": st.booleans(),
    }
)


@given(name=PATIENT, gender=st.sampled_from(Gender), lines=st.lists(LINE, min_size=1, max_size=13), rest=REST)
@SETTINGS
@pytest.mark.feature("H04")
def test_a_form_without_edits_prints_and_reads_back_equal(
    form: Form1500,
    printed: Print,
    name: dict[str, str],
    gender: Gender,
    lines: list[dict[str, Any]],
    rest: dict[str, Any],
) -> None:
    patient = replace(form.patient, name=replace(form.patient.name, **name), gender=gender)
    charged = tuple(replace(form.service_lines[0], **line) for line in lines)
    total = sum((line.charge for line in charged), Decimal(0))
    claim = replace(form, patient=patient, service_lines=charged, total_charge=total, **rest)
    assume(not missing(claim))
    expected = cells(claim)
    pages = printed(claim)
    assert [page.boxes for page in pages] == [{box: placed.text for box, placed in page.items()} for page in expected]
    assert [page.cells for page in pages] == [
        {placed[:2]: placed.text for placed in page.values()} for page in expected
    ]
    assert Form1500.from_json(claim.to_json()) == claim


@given(
    family=ANYTHING,
    plan_name=ANYTHING,
    city=ANYTHING,
    number=ANYTHING,
    phone=ANYTHING,
    amount=st.none() | st.decimals(),
)
@SETTINGS
def test_whatever_is_entered_is_printed_whole_or_named(
    form: Form1500, family: str, plan_name: str, city: str, number: str, phone: str, amount: Decimal | None
) -> None:
    """No third way: what the edits let through prints, and what doesn't print is an edit before."""
    name, address = replace(form.patient.name, family=family), replace(form.patient.address, city=city)
    patient = replace(form.patient, name=name, address=address, phone=phone)
    claim = replace(form, patient=patient, plan_name=plan_name, insured_id=number, amount_paid=amount)
    edits = missing(claim)
    (page,), faults = compose(claim)
    assert {fault.box.split(".")[0] for fault in faults} <= {edit.box for edit in edits}
    assert edits or {"2", "1a", "5.city"} <= page.keys()


def test_a_second_reader_sees_the_same(form: Form1500, tmp_path: Path) -> None:
    """pdfplumber shares no code with PDFium."""
    path = tmp_path / "claim.pdf"
    with path.open("wb") as out:
        render([form], out=out, style=Style.REVIEW)
    (page,) = read(path)
    grid: dict[tuple[int, int], str] = {}
    with pdfplumber.open(path) as pdf:
        for char in pdf.pages[0].chars:
            if char["fontname"] == "Courier" and char["text"] != " ":
                x, y = char["matrix"][4], 792 - char["matrix"][5]
                grid[round((y + 2.5 - 24) / 12), round((x - 20) / 7.2) + 1] = char["text"]
    ours = {
        (row, column + n): char
        for (row, column), text in page.cells.items()
        for n, char in enumerate(text)
        if char != " "
    }
    assert grid == ours


def test_a_hyphen_at_the_end_of_a_row_is_a_hyphen(form: Form1500, printed: Print) -> None:
    (page,) = printed(replace(form, plan_name="Q-"))
    assert page.boxes["11c"] == "Q-"


def test_margins_are_taken_off_again(form: Form1500, printed: Print) -> None:
    assert printed(form, margins=Margins(left=6.5, top=-4))[0].boxes == printed(form)[0].boxes


def test_a_print_that_is_off_the_grid_is_refused(form: Form1500, tmp_path: Path) -> None:
    path = tmp_path / "askew.pdf"
    with path.open("wb") as out:
        render([form], out=out, margins=Margins(left=3))
    with pytest.raises(OffGridError, match="no cell"):
        list(read(path))


def test_a_text_a_whole_column_off_is_not_taken_for_right(form: Form1500, tmp_path: Path) -> None:
    path = tmp_path / "shifted.pdf"
    with path.open("wb") as out:
        render([form], out=out, margins=Margins(left=7.2))
    (page,) = read(path)
    assert page.stray
    assert (10, 1) not in page.cells


def test_what_is_no_pdf_is_refused() -> None:
    with pytest.raises(pypdfium2.PdfiumError):
        list(read(b"no pdf"))


def test_icd_9_codes_are_marked_so(form: Form1500, printed: Print) -> None:
    line: ServiceLine = replace(form.service_lines[0], pointers="A")
    claim = replace(
        form, icd_version=IcdVersion.ICD9, diagnoses=("462",), service_lines=(line,), total_charge=line.charge
    )
    assert missing(claim) == []
    (page,) = printed(claim)
    assert (page.boxes["21.indicator"], page.boxes["21.A"]) == ("9", "462")
