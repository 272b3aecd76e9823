"""The paper itself: every cell read back from the PDF by its place."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pdfplumber
import pytest

from billing.cms1500 import form as f
from billing.cms1500.draw import FormError, Margins, Style, render
from billing.cms1500.edits import missing
from billing.cms1500.grid import CELLS
from billing.cms1500.readback import ReadPage

Print = Callable[..., list[ReadPage]]

# Row, column and text of each cell of the whole form, written down from the reference and not from the grid.
EXPECTED = {
    "carrier.name": (2, 41, "NORTHERN MUTUAL, INC"),
    "carrier.attention": (3, 41, "CLAIMS DEPT"),
    "carrier.street": (4, 41, "9 OAK AVE"),
    "carrier.city": (5, 41, "TROY NY 12180"),
    "1.group": (8, 31, "X"),
    "1a": (8, 50, "AB123456"),
    "2": (10, 1, "NUNEZ JR, ZOE, M"),
    "3.month": (10, 31, "02"),
    "3.day": (10, 34, "29"),
    "3.year": (10, 37, "1980"),
    "3.female": (10, 47, "X"),
    "4": (10, 50, "SMITH-JONES, ADA"),
    "5.street": (12, 1, "12 ELM ST 4"),
    "6.child": (12, 42, "X"),
    "7.street": (12, 50, "9 OAK AVE"),
    "5.city": (14, 1, "ALBANY"),
    "5.state": (14, 26, "NY"),
    "7.city": (14, 50, "TROY"),
    "7.state": (14, 74, "NY"),
    "5.zip": (16, 1, "12205-1234"),
    "5.area": (16, 15, "518"),
    "5.phone": (16, 19, "5550143"),
    "7.zip": (16, 50, "12180"),
    "7.area": (16, 65, "518"),
    "7.phone": (16, 69, "5550199"),
    "9": (18, 1, "DOE, JOHN"),
    "11": (18, 50, "GRP77"),
    "9a": (20, 1, "P99"),
    "10a.no": (20, 41, "X"),
    "11a.month": (20, 53, "12"),
    "11a.day": (20, 56, "01"),
    "11a.year": (20, 59, "1955"),
    "11a.male": (20, 68, "X"),
    "10b.yes": (22, 35, "X"),
    "10b.state": (22, 45, "NY"),
    "11b.qualifier": (22, 50, "Y4"),
    "11b": (22, 53, "CASE12"),
    "10c.no": (24, 41, "X"),
    "11c": (24, 50, "GOLD PPO"),
    "9d": (26, 1, "SECOND PLAN"),
    "10d": (26, 34, "AV   W2"),
    "11d.yes": (26, 52, "X"),
    "12": (29, 7, "SIGNATURE ON FILE"),
    "12.date.month": (29, 37, "01"),
    "12.date.day": (29, 40, "05"),
    "12.date.year": (29, 43, "2026"),
    "13": (29, 55, "SIGNATURE ON FILE"),
    "14.month": (32, 2, "02"),
    "14.day": (32, 5, "20"),
    "14.year": (32, 8, "2026"),
    "14.qualifier": (32, 16, "431"),
    "15.qualifier": (32, 31, "454"),
    "15.month": (32, 37, "02"),
    "15.day": (32, 40, "21"),
    "15.year": (32, 43, "2026"),
    "16.from.month": (32, 54, "02"),
    "16.from.day": (32, 57, "22"),
    "16.from.year": (32, 60, "2026"),
    "16.to.month": (32, 68, "02"),
    "16.to.day": (32, 71, "23"),
    "16.to.year": (32, 74, "2026"),
    "17a.qualifier": (33, 30, "0B"),
    "17a": (33, 33, "NY4711"),
    "17.qualifier": (34, 1, "DK"),
    "17": (34, 4, "ANN B OKAFOR MD"),
    "17b": (34, 33, "1234567893"),
    "18.from.month": (34, 54, "02"),
    "18.from.day": (34, 57, "24"),
    "18.from.year": (34, 60, "2026"),
    "18.to.month": (34, 68, "02"),
    "18.to.day": (34, 71, "25"),
    "18.to.year": (34, 74, "2026"),
    "19": (36, 1, "SEE NOTE"),
    "20.yes": (36, 52, "X"),
    "20.charge": (36, 67, "1230"),
    "21.indicator": (37, 42, "0"),
    "21.A": (38, 3, "J020"),
    "21.B": (38, 16, "Z1159"),
    "21.C": (38, 29, "E119"),
    "21.D": (38, 42, "I10"),
    "21.E": (39, 3, "M545"),
    "21.F": (39, 16, "R519"),
    "21.G": (39, 29, "N390"),
    "21.H": (39, 42, "J45909"),
    "21.I": (40, 3, "K219"),
    "21.J": (40, 16, "F329"),
    "21.K": (40, 29, "L309"),
    "21.L": (40, 42, "H6690"),
    "22": (38, 50, "7"),
    "22.reference": (38, 62, "ICN00042"),
    "23": (40, 50, "PA12345"),
    "25": (56, 1, "587654321"),
    "25.ein": (56, 19, "X"),
    "26": (56, 23, "PT100"),
    "27.yes": (56, 38, "X"),
    "28": (56, 54, "624 00"),
    "29": (56, 65, "20 00"),
    "33.area": (57, 66, "518"),
    "33.exchange": (57, 70, "555"),
    "33.number": (57, 74, "0100"),
    "32.name": (58, 23, "ANNEX"),
    "33.name": (58, 50, "ELM CLINIC"),
    "32.street": (59, 23, "9 OAK AVE"),
    "33.street": (59, 50, "12 ELM ST 4"),
    "31": (60, 1, "LEE PARK, MD"),
    "32.city": (60, 23, "TROY NY 12180"),
    "33.city": (60, 50, "ALBANY NY 12205-1234"),
    "31.date.month": (61, 6, "03"),
    "31.date.day": (61, 9, "08"),
    "31.date.year": (61, 12, "26"),
    "32a": (61, 23, "1234567893"),
    "32b.qualifier": (61, 36, "ZZ"),
    "32b": (61, 38, "207Q00000X"),
    "33a": (61, 50, "1234567893"),
    "33b.qualifier": (61, 63, "ZZ"),
    "33b": (61, 65, "207Q00000X"),
}


def expected_line(n: int) -> Iterator[tuple[str, tuple[int, int, str]]]:
    shaded, row = 41 + 2 * n, 42 + 2 * n
    yield f"24.{n}.shaded", (shaded, 1, "N412345678901   UN1.5")
    yield f"24I.{n}", (shaded, 65, "ZZ")
    yield f"24J.{n}.id", (shaded, 68, "207Q00000X")
    for column, part, text in ((1, "month", "03"), (4, "day", f"{n:02}"), (7, "year", "26")):
        yield f"24A.{n}.from.{part}", (row, column, text)
    for column, part, text in ((10, "month", "03"), (13, "day", f"{n + 1:02}"), (16, "year", "26")):
        yield f"24A.{n}.to.{part}", (row, column, text)
    yield f"24B.{n}", (row, 19, "11")
    yield f"24C.{n}", (row, 23, "Y")
    yield f"24D.{n}", (row, 25, f"J010{n}")
    for slot, (column, text) in enumerate(((33, "25"), (36, "59"), (39, "GT"), (42, "95")), start=1):
        yield f"24D.{n}.modifier{slot}", (row, column, text)
    yield f"24E.{n}", (row, 45, "ABCD")
    yield f"24F.{n}", (row, 52, f"{100 + n} 50")
    yield f"24G.{n}", (row, 59, str(n))
    yield f"24H.{n}", (row, 63, "03")
    yield f"24J.{n}", (row, 68, "1234567893")


for line_number in range(1, 7):
    EXPECTED |= dict(expected_line(line_number))

# The boxes that the whole form leaves empty, because another choice is marked: (what to change, row, column).
CHOICES: dict[str, tuple[dict[str, Any], int, int]] = {
    "1.medicare": ({"coverage_kind": f.CoverageKind.MEDICARE}, 8, 1),
    "1.medicaid": ({"coverage_kind": f.CoverageKind.MEDICAID}, 8, 8),
    "1.tricare": ({"coverage_kind": f.CoverageKind.TRICARE}, 8, 15),
    "1.champva": ({"coverage_kind": f.CoverageKind.CHAMPVA}, 8, 24),
    "1.feca": ({"coverage_kind": f.CoverageKind.FECA}, 8, 39),
    "1.other": ({"coverage_kind": f.CoverageKind.OTHER}, 8, 45),
    "3.male": ({"patient": f.Person(gender=f.Gender.MALE)}, 10, 42),
    "6.self": ({"relationship": f.Relationship.SELF}, 12, 33),
    "6.spouse": ({"relationship": f.Relationship.SPOUSE}, 12, 38),
    "6.other": ({"relationship": f.Relationship.OTHER}, 12, 47),
    "10a.yes": ({"employment": True}, 20, 35),
    "10b.no": ({"auto_accident": False}, 22, 41),
    "10c.yes": ({"other_accident": True}, 24, 35),
    "11a.female": ({"insured": f.Person(gender=f.Gender.FEMALE)}, 20, 75),
    "11d.no": ({"another_plan": False}, 26, 57),
    "20.no": ({"outside_lab": False}, 36, 57),
    "25.ssn": ({"tax_id_kind": f.TaxIdKind.SSN}, 56, 17),
    "27.no": ({"accept_assignment": False}, 56, 43),
}


@pytest.fixture(scope="module", params=list(Style))
def page(request: pytest.FixtureRequest, printed: Print, form: f.Form1500) -> ReadPage:
    (read_page,) = printed(form, style=request.param)
    return read_page


@pytest.mark.feature("H04")
@pytest.mark.parametrize("box", EXPECTED)
def test_cell(page: ReadPage, box: str) -> None:
    row, column, text = EXPECTED[box]
    assert page.cells.get((row, column)) == text
    assert page.boxes[box] == text


def test_nothing_else_is_printed(page: ReadPage) -> None:
    assert page.boxes.keys() == EXPECTED.keys()
    assert page.stray == {}


@pytest.mark.feature("H04")
@pytest.mark.parametrize("box", CHOICES)
def test_choice(printed: Print, form: f.Form1500, box: str) -> None:
    changes, row, column = CHOICES[box]
    (page,) = printed(replace(form, **changes))
    assert page.cells.get((row, column)) == "X"
    group = box.split(".", maxsplit=1)[0] + "."
    assert [other for other, text in page.boxes.items() if other.startswith(group) and text == "X"] == [box]


def test_every_box_of_the_grid_is_covered_here() -> None:
    assert EXPECTED.keys() | CHOICES.keys() == CELLS.keys()


@pytest.mark.feature("H04")
def test_seven_lines_make_two_pages(printed: Print, form: f.Form1500, line_of: Callable[[int], f.ServiceLine]) -> None:
    first, second = printed(replace(form, service_lines=(*form.service_lines, line_of(7))))
    assert first.boxes["28"] == "624 00"
    assert second.boxes["28"] == "107 50"
    assert second.boxes["24D.1"] == "J0107"
    assert "29" not in second.boxes
    assert not any(box.startswith("24") and ".2" in box for box in second.boxes)


@pytest.mark.feature("H04")
def test_many_claims_in_one_file(printed: Print, form: f.Form1500) -> None:
    pages = printed(*(replace(form, account_number=f"PT{n}") for n in range(25)))
    assert [page.boxes["26"] for page in pages] == [f"PT{n}" for n in range(25)]


def test_a_file_without_claims_is_refused(printed: Print) -> None:
    with pytest.raises(ValueError, match="no claim to print"):
        printed()


@pytest.mark.feature("H04")
@pytest.mark.parametrize("style", list(Style))
def test_margins_move_everything(form: f.Form1500, style: Style) -> None:
    def first_character(margins: Margins) -> tuple[float, float]:
        out = io.BytesIO()
        render([form], out=out, style=style, margins=margins)
        with pdfplumber.open(out) as pdf:
            char = next(char for char in pdf.pages[0].chars if char["fontname"] == "Courier")
            return char["matrix"][4], char["matrix"][5]

    x, y = first_character(Margins())
    assert (round(x, 2), round(y, 2)) == (20 + 7.2 * 40, 792 - (24 + 12 * 2 - 2.5))
    moved = first_character(Margins(left=4.5, top=-3))
    assert (round(moved[0] - x, 2), round(moved[1] - y, 2)) == (4.5, 3.0)


@pytest.mark.parametrize("style", list(Style))
def test_same_claims_same_bytes(form: f.Form1500, style: Style) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    render([form, form], out=first, style=style)
    render(iter([f.Form1500.from_json(form.to_json()), form]), out=second, style=style)
    assert first.getvalue() == second.getvalue()


def test_progress_and_number_of_pages(form: f.Form1500, line_of: Callable[[int], f.ServiceLine]) -> None:
    done: list[int] = []
    long = replace(form, service_lines=tuple(line_of(n) for n in range(1, 8)))
    assert render([form, long, form], out=io.BytesIO(), on_progress=done.append) == 4
    assert done == [1, 2, 3]


def test_a_claim_that_cannot_be_printed_is_named(form: f.Form1500) -> None:
    wide = replace(form, plan_name="X" * 40, account_number="PT7")
    with pytest.raises(FormError, match=r"'PT7' can't be printed\. Box 11c has room for 29") as caught:
        render([form, wide], out=io.BytesIO())
    assert (caught.value.index, caught.value.account_number) == (1, "PT7")


def test_brackets_and_backslashes_survive(printed: Print, form: f.Form1500) -> None:
    (page,) = printed(replace(form, additional_information=r"(a\) b("))
    assert page.boxes["19"] == r"(A\) B("


def test_review_copy_says_so_and_data_for_the_red_form_is_alone(form: f.Form1500) -> None:
    texts = {}
    for style in Style:
        out = io.BytesIO()
        render([form], out=out, style=style)
        with pdfplumber.open(out) as pdf:
            chars = pdf.pages[0].chars
            texts[style] = "".join(char["text"] for char in chars)
            assert {"Courier"} < {char["fontname"] for char in chars} or style is Style.DATA_ONLY
    assert "REVIEW COPY – not for submission" in texts[Style.REVIEW]
    assert "Page 1 of 1" in texts[Style.REVIEW]
    assert "REVIEW" not in texts[Style.DATA_ONLY]


def widest(form: f.Form1500) -> f.Form1500:
    """Texts that fill their boxes to the last character."""
    person = replace(
        form.patient,
        name=f.PersonName(family="W" * 20, given="W" * 6),
        address=f.Address(line="W" * 28, city="W" * 23, state="NY", postal_code="122051234"),
    )
    wide_id = f.Identifier(qualifier="WW", value="W" * 11)
    provider = f.Provider(
        name="W" * 26,
        address=replace(person.address, line="W" * 26, city="W" * 12),
        phone="5185550100",
        npi="1234567893",
        other_id=wide_id,
    )
    line = replace(
        form.service_lines[0],
        supplemental="W" * 61,
        charge=Decimal("16000.25"),
        units=Decimal(999),
        rendering_id=wide_id,
    )
    return replace(
        form,
        payer=replace(form.payer, name="W" * 39),
        patient=person,
        insured=person,
        insured_id="W" * 29,
        policy_group="W" * 29,
        plan_name="W" * 29,
        prior_authorization="W" * 29,
        additional_information="W" * 48,
        claim_codes=("WW", "WW", "WW"),
        referring_provider=f.ReferringProvider(
            role=f.ReferringRole.ORDERING,
            name=f.PersonName(family="W" * 20, given="WWW"),
            other_id=f.Identifier(qualifier="WW", value="W" * 14),
            npi="1234567893",
        ),
        diagnoses=tuple(f"W00{letter}WWW" for letter in "ABCDEFGHIJKL"),
        resubmission=f.Resubmission(frequency=f.Frequency.VOID, original_reference="W" * 18),
        service_lines=(line,) * 6,
        total_charge=line.charge * 6,
        amount_paid=Decimal("99999.99"),
        account_number="W" * 14,
        provider_signature=f.Signature(text="W" * 21, signed_on=date(2026, 3, 8)),
        service_facility=provider,
        billing_provider=provider,
    )


def test_the_widest_texts_print_whole(form: f.Form1500, printed: Print) -> None:
    assert missing(widest(form)) == []
    (page,) = printed(widest(form))
    assert (page.boxes["21.L"], page.boxes["24.6.shaded"], page.boxes["28"]) == ("W00LWWW", "W" * 61, "96001 50")


@pytest.mark.parametrize("content", [lambda form: form, widest], ids=["whole", "widest"])
def test_labels_of_the_review_copy_never_touch_the_data(
    form: f.Form1500, content: Callable[[f.Form1500], f.Form1500]
) -> None:
    out = io.BytesIO()
    render([content(form)], out=out, style=Style.REVIEW)
    with pdfplumber.open(out) as pdf:
        chars = [char for char in pdf.pages[0].chars if char["text"] != " "]
    data = [char for char in chars if char["fontname"] == "Courier"]
    for label in (char for char in chars if char["fontname"] != "Courier"):
        for char in data:
            # The boxes of Courier's characters are taller than their ink: capitals reach 0.6 of 12 pt high.
            baseline = 792 - char["matrix"][5]
            apart = (
                label["x1"] <= char["x0"] + 0.3
                or label["x0"] >= char["x1"] - 0.3
                or label["bottom"] - 1.2 <= baseline - 7.2
                or label["top"] + 1.2 >= baseline + 0.5
            )
            assert apart, f"{label['text']} at row {(baseline - 21.5) / 12:.0f} touches {char['text']}"


def test_viewers_are_told_not_to_scale(form: f.Form1500) -> None:
    out = io.BytesIO()
    render([form], out=out)
    assert b"/PrintScaling /None" in out.getvalue()


def test_memory_is_that_of_one_page(form: f.Form1500) -> None:
    class Sink(io.RawIOBase):
        """A file that only counts: not seekable, as a socket."""

        size = 0

        def write(self, data: Any) -> int:
            self.size += len(data)
            return len(data)

    import tracemalloc

    peaks = []
    for count in (20, 400):
        tracemalloc.start()
        render((form for _ in range(count)), out=Sink())  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # 380 more pages may cost their places in the file's index, and nothing else.
    assert peaks[1] - peaks[0] < 380 * 700
