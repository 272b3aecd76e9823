from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from billing.cms1500.form import Form1500, PersonName, ServiceLine
from billing.cms1500.grid import CellError, Overflow, Unprintable
from billing.cms1500.paginate import cells, compose

LineOf = Callable[[int], ServiceLine]


def with_lines(form: Form1500, count: int) -> Form1500:
    line = replace(form.service_lines[0], supplemental="")
    lines = tuple(replace(line, charge=Decimal(10 + n)) for n in range(count))
    return replace(form, service_lines=lines, total_charge=sum((line.charge for line in lines), Decimal(0)))


@pytest.mark.feature("H04")
@pytest.mark.parametrize(
    ("lines", "on_pages"), [(0, [0]), (1, [1]), (6, [6]), (7, [6, 1]), (12, [6, 6]), (13, [6, 6, 1])]
)
def test_six_lines_to_a_page(form: Form1500, lines: int, on_pages: list[int]) -> None:
    pages = cells(with_lines(form, lines))
    assert [sum(box.startswith("24F") for box in page) for page in pages] == on_pages


def test_each_page_stands_alone_with_its_own_total(form: Form1500) -> None:
    pages = cells(with_lines(form, 13))
    assert [page["28"].text for page in pages] == ["75 00", "111 00", "22 00"]
    for page in pages:
        assert page["2"].text == "NUNEZ JR, ZOE, M"
        assert page["21.L"].text == "H6690"
        assert page["33a"].text == "1234567893"


def test_amount_paid_stands_on_the_first_page_only(form: Form1500) -> None:
    pages = cells(with_lines(form, 13))
    assert [page["29"].text if "29" in page else None for page in pages] == ["20 00", None, None]
    assert "29" not in cells(replace(form, amount_paid=None))[0]


def test_money_ends_where_its_cell_ends(form: Form1500) -> None:
    page = cells(with_lines(form, 1))[0]
    assert page["24F.1"] == (44, 53, "10 00")
    assert page["28"] == (56, 55, "10 00")


def test_overflow_is_raised_and_never_cut(form: Form1500) -> None:
    name = PersonName(family="A" * 20, given="B" * 20)
    with pytest.raises(Overflow) as caught:
        cells(replace(form, patient=replace(form.patient, name=name)))
    assert (caught.value.box, caught.value.text, caught.value.width) == ("2", f"{'A' * 20}, {'B' * 20}", 28)
    assert str(caught.value).startswith("Box 2 has room for 28 characters")


def test_a_text_that_just_fits_is_whole(form: Form1500) -> None:
    name = PersonName(family="A" * 13, given="B" * 13)
    page = cells(replace(form, patient=replace(form.patient, name=name)))[0]
    assert page["2"].text == f"{'A' * 13}, {'B' * 13}"


def test_faults_name_the_line_of_the_claim_not_of_its_page(form: Form1500, line_of: LineOf) -> None:
    lines = (*form.service_lines, replace(line_of(7), charge=Decimal("1234567.00")))
    with pytest.raises(Overflow) as caught:
        cells(replace(form, service_lines=lines))
    assert caught.value.box == "24F.7"


def test_characters_that_paper_cannot_carry_name_their_box(form: Form1500) -> None:
    with pytest.raises(Unprintable, match=r"Box 11c has characters .*李") as caught:
        cells(replace(form, plan_name="李 Plan"))
    assert caught.value.box == "11c"


def test_thirteenth_diagnosis_and_fifth_modifier_are_faults(form: Form1500, line_of: LineOf) -> None:
    lines = (replace(line_of(1), modifiers=("25", "59", "GT", "95", "76")),)
    _, faults = compose(replace(form, diagnoses=(*form.diagnoses, "A000"), service_lines=lines))
    assert [fault.box for fault in faults] == ["21", "24D.1"]


def test_a_fault_repeated_on_each_page_is_told_once(form: Form1500) -> None:
    many = with_lines(replace(form, plan_name="X" * 40), 13)
    _, faults = compose(many)
    assert [fault.box for fault in faults] == ["11c"]
    assert isinstance(faults[0], CellError)


def test_sex_stays_empty_unless_male_or_female(form: Form1500) -> None:
    from billing.cms1500.form import Gender

    for gender in (Gender.OTHER, Gender.UNKNOWN):
        page = cells(replace(form, patient=replace(form.patient, gender=gender)))[0]
        assert "3.male" not in page
        assert "3.female" not in page
