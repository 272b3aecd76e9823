"""CSV as it leaves the house: the only writer, so that no export forgets what a spreadsheet would do with a cell.

A spreadsheet takes a text that begins with one of :data:`_FORMULA` for a formula (OWASP, CSV injection; ASVS 1.2.10).
Such a text gets an apostrophe before it. What is a number by its type stays one; a text that merely looks like one (a
phone number, ``-12.50`` as words) is a text. Every text stands in quotes, so that no locale's separator splits it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

#: The marks of a formula, in their full width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
#: What may stand before them and is skipped.
_BLANKS = " \u00a0\u200b\ufeff"
#: Without this mark Excel reads UTF-8 as the machine's own code page. Programs that read UTF-8 skip it.
_BYTE_ORDER_MARK = "\ufeff"
_BATCH = 500

Row = Sequence[Any]


def harmless(value: Any) -> Any:
    """The cell as it is written: a number by type as it is, nothing for None, every other thing as a text that no
    spreadsheet takes for a formula. Characters NUL are left out. Instants are ISO 8601 in the current zone.
    """
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    text = _words(value).replace("\x00", "")
    return f"'{text}" if text.lstrip(_BLANKS).startswith(_FORMULA) else text


def csv_response(filename: str, columns: Sequence[str], rows: Iterable[Row]) -> StreamingHttpResponse:
    """A download that is made while it is sent, so that its size costs no memory.

    The rows are read after the view's transaction: record who takes what in the view, before. An error on the way
    breaks the transfer off, which the browser tells as a failed download.
    """
    return StreamingHttpResponse(
        csv_chunks(columns, rows, byte_order_mark=True),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=filename)},
    )


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """The same as a file for another program: UTF-8 without a byte order mark."""
    with path.open("wb") as file:
        file.writelines(csv_chunks(columns, rows))


def csv_chunks(columns: Sequence[str], rows: Iterable[Row], *, byte_order_mark: bool = False) -> Iterator[bytes]:
    """The file in pieces of some hundred rows, in the time zone that is current now."""
    zone = timezone.get_current_timezone()
    return _chunks(chain([columns], rows), zone, _BYTE_ORDER_MARK if byte_order_mark else "")


def _chunks(rows: Iterator[Row], zone: Any, start: str) -> Iterator[bytes]:
    lines: list[str] = [start]
    writer = csv.writer(_Lines(lines), quoting=csv.QUOTE_NONNUMERIC)
    while True:
        with timezone.override(zone):  # A response is sent after the request's own zone is taken back.
            written = 0
            for row in islice(rows, _BATCH):
                writer.writerow([harmless(cell) for cell in row])
                written += 1
        if not written:
            return
        yield "".join(lines).encode()
        lines.clear()


class _Lines:
    """What a writer takes for a file: each line goes to a list."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def write(self, line: str) -> None:
        self._lines.append(line)


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).isoformat()
    return str(value)
