from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from emr.codes.importers.csv_rows import Record, read_csv
from emr.codes.importers.rows import MAX_ERRORS, ConceptRow, LoadError
from tests.emr.codes.samples import written


def build(record: Record) -> ConceptRow:
    start, end = record.period()
    return ConceptRow(
        record.text("code", pattern=r"[A-Z]\d+"), record.text("display"), valid_from=start, valid_to=end,
        selectable=record.flag("selectable", default=True),
    )  # fmt: skip


def read(folder: Path, text: str) -> list[ConceptRow]:
    return list(read_csv(written(folder, "own.csv", text), columns=("code", "display"), build=build))


def complaints(folder: Path, text: str) -> list[str]:
    with pytest.raises(LoadError) as caught:
        read(folder, text)
    assert caught.value.message.startswith("own.csv was not loaded.")
    return [str(error) for error in caught.value.errors]


def test_reads_columns_in_any_order_and_skips_empty_lines(tmp_path: Path) -> None:
    rows = read(tmp_path, "Display,CODE,note\n First ,A1,x\n\n,,\nSecond,A2\n")
    assert rows == [ConceptRow("A1", "First"), ConceptRow("A2", "Second")]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_reads_other_separators_and_a_byte_order_mark(tmp_path: Path, mark: str) -> None:
    assert read(tmp_path, f"\ufeffcode{mark}display\nA1{mark}One, two\n") == [ConceptRow("A1", "One, two")]


def test_reads_dates_and_flags(tmp_path: Path) -> None:
    text = "code,display,valid_from,valid_to,selectable\nA1,One,2026-01-01,12/31/2026,no\n"
    assert read(tmp_path, text) == [
        ConceptRow("A1", "One", selectable=False, valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31))
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code,display\nA1,\n", "Line 2, column display: is empty."),
        ("code,display\nA1,One\n,Two\n", "Line 3, column code: is empty."),
        ("code,display\n11,One\n", "Line 2, column code: “11” is not a code of this system."),
        ("code,display\nA1,One\nA2,Two\nA1,Three\n", "Line 4, column code: “A1” is in line 2 already."),
        (
            "code,display,valid_from\nA1,One,soon\n",
            "Line 2, column valid_from: “soon” is not a date such as 2026-10-01.",
        ),
        (
            "code,display,valid_from,valid_to\nA1,One,2026-02-01,2026-01-01\n",
            "Line 2, column valid_to: is before valid_from.",
        ),
        ("code,display,selectable\nA1,One,maybe\n", "Line 2, column selectable: “maybe” is neither yes nor no."),
        ("code,display\nA1," + "x" * 501 + "\n", "Line 2, column display: is 501 characters long; 500 are the most."),
        ("code,display\nA1,nul\x00byte\n", "Line 2, column display: holds a NUL character."),
        (
            "code,display\nA1,One,more,yet\n",
            "Line 2: has 4 cells under 2 headings: is a quotation mark missing?",
        ),
        ("code,name\nA1,One\n", "Line 1: the heading lacks display; it must name code, display."),
        ("code,display\n", "Line 1: the file holds no codes."),
        ("", "Line 1: the heading lacks code, display; it must name code, display."),
    ],
)
def test_complaints_name_line_and_column(tmp_path: Path, text: str, expected: str) -> None:
    assert complaints(tmp_path, text) == [expected]


def test_a_broken_quotation_is_told_with_its_line(tmp_path: Path) -> None:
    (found,) = complaints(tmp_path, 'code,display\nA1,One\nA2,"Two\n')
    assert found.startswith("Line 3: can't be read as CSV")


def test_all_complaints_come_together_up_to_a_limit(tmp_path: Path) -> None:
    assert complaints(tmp_path, "code,display\n,One\nA2,\n") == [
        "Line 2, column code: is empty.",
        "Line 3, column display: is empty.",
    ]
    assert len(complaints(tmp_path, "code,display\n" + ",x\n" * 500)) == MAX_ERRORS


def test_another_encoding_is_refused_unless_the_system_allows_it(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes("code,display\nA1,One\nA2,Ménière\n".encode("cp1252"))
    with pytest.raises(LoadError, match="Line 3: is not UTF-8 text"):
        list(read_csv(path, columns=("code", "display"), build=build))
    rows = list(read_csv(path, columns=("code", "display"), build=build, encodings=("cp1252",)))
    assert rows[1].display == "Ménière"
