"""CSV: no cell becomes a formula, numbers stay numbers, size costs no memory."""

from __future__ import annotations

import ast
import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from emr.shared.csv_files import csv_chunks, csv_response, harmless, write_csv

ROOT = Path(__file__).resolve().parents[3]
HOUSE = ("emr", "clinic", "scheduling", "billing", "interop", "portal", "demo")


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1+1",
        "\u00a0=1",
        "\uff1d1+1",
        "\uff20SUM(1)",
        '=HYPERLINK("http://x")',
    ],
)
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["LOPEZ Rosa", "5-HT", "a=b", "rosa@clinic.example", ""])
def test_a_harmless_text_stays(cell: str) -> None:
    assert harmless(cell) == cell


def test_a_nul_goes_before_the_first_character_is_judged() -> None:
    assert harmless("\x00=1+1\x00") == "'=1+1"


def test_values_by_their_type() -> None:
    with timezone.override(ZoneInfo("America/New_York")):
        row = [-1, Decimal("-12.50"), None, True, datetime(2026, 3, 1, 17, tzinfo=UTC), "-12.50", "1;2"]
        written = b"".join(csv_chunks(["a"], [row])).decode()
    assert written == '"a"\r\n-1,-12.50,"","yes","2026-03-01T12:00:00-05:00","\'-12.50","1;2"\r\n'


def test_a_download_is_utf_8_that_excel_reads() -> None:
    response = csv_response('a "b".csv', ["Náme"], [["Ünal, Çağla"], ['say "=1"\r\n=2']])
    content = response.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))) == [
        ["Náme"],
        ["Ünal, Çağla"],
        ['say "=1"\r\n=2'],
    ]
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="a \\"b\\".csv"'


def test_a_file_for_programs_has_no_mark(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ["a"], [[1], [2]])
    assert (tmp_path / "a.csv").read_bytes() == b'"a"\r\n1\r\n2\r\n'


def test_rows_are_read_while_the_file_is_sent() -> None:
    read = 0

    def rows() -> Iterator[list[object]]:
        nonlocal read
        for number in range(20_000):
            read = number
            yield [number, "x" * 100]

    chunks = csv_chunks(["n", "text"], rows())
    assert read == 0
    tracemalloc.start()
    sizes = [len(chunk) for chunk in chunks]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read == 19_999
    assert sum(sizes) > 2_000_000 > 500_000 > peak


def test_the_zone_of_the_request_holds_while_it_is_sent() -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        chunks = csv_chunks(["at"], [[datetime(2026, 3, 1, 12, tzinfo=UTC)]])
    assert b"".join(chunks) == b'"at"\r\n"2026-03-01T21:00:00+09:00"\r\n'


def test_there_is_one_writer_of_csv() -> None:
    """Another would forget the formulas."""
    found = []
    for folder in HOUSE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and ast.unparse(node) in ("csv.writer", "csv.DictWriter"):
                    found.append(path.relative_to(ROOT).as_posix())
    assert found == ["emr/shared/csv_files.py"]
