"""HCPCS Level II: the clinic's CSV (code, display, kind) or the fixed-width file that CMS publishes each quarter.

CMS's record layout, counted from 1: code 1-5 (a modifier stands in 4-5), record kind 11 (3 and 7 start a procedure
and a modifier, 4 and 8 continue their text), long text 12-91, short text 92-119.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from emr.codes.importers.rows import Collected, ConceptRow, LineError, Source, checksum
from emr.codes.systems import HCPCS
from emr.codes.systems.base import System, csv_source
from emr.codes.systems.services import COLUMNS, service_row

_CODE = r"[A-Z]\d{4}|[0-9A-Z]{2}"
_REVISION = 1
_STARTS = {"3": "procedure", "7": "modifier"}
_CONTINUES = {"4": "procedure", "8": "modifier"}
_LONGEST_DISPLAY = 500


def _from_file(path: Path) -> Source:
    if not _is_fixed_width(path):
        return csv_source(path, columns=COLUMNS, build=service_row(_CODE))
    digest = checksum([path], _REVISION)
    return Source(path.name, f"sha256:{digest[:12]}", digest, lambda: _read_fixed(path))


def _is_fixed_width(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.readline().decode("latin-1")
    return len(first) >= 119 and first[10] in _STARTS and first[5:10].strip().isdigit()


def _read_fixed(path: Path) -> Iterator[ConceptRow]:
    found = Collected(path.name)
    pending: tuple[int, str, str, list[str], str] | None = None
    with path.open(encoding="latin-1") as file:
        for number, line in enumerate(file, start=1):
            kind = line[10:11]
            if not line.strip("\x1a\r\n "):
                continue
            if kind in _STARTS:
                yield from _finished(found, pending)
                pending = (number, line[:5].strip(), _STARTS[kind], [line[11:91]], line[91:119])
            elif pending and _CONTINUES.get(kind) == pending[2] and line[:5].strip() == pending[1]:
                pending[3].append(line[11:91])
            else:
                found.add(LineError(number, "", "is neither the start of a code nor a continuation of the one above."))
    yield from _finished(found, pending)
    found.finish()


def _finished(found: Collected, pending: tuple[int, str, str, list[str], str] | None) -> Iterator[ConceptRow]:
    if pending is None:
        return
    number, code, kind, parts, short = pending
    text = " ".join(" ".join(parts).split())
    if not code or not text:
        found.add(LineError(number, "", "lacks the code or its text."))
        return
    display = text if len(text) <= _LONGEST_DISPLAY else f"{text[: _LONGEST_DISPLAY - 1]}…"
    synonyms = " ".join(short.split()) if display == text else f"{' '.join(short.split())}; {text}"
    try:
        row = found.once(ConceptRow(code, display, synonyms, properties={"kind": kind}), number)
    except LineError as error:
        found.add(error)
        return
    yield row


SYSTEM = System(
    name="hcpcs",
    url=HCPCS,
    title="HCPCS Level II",
    licence="Public (US government: CMS), except dental D codes (© American Dental Association). Not shipped.",
    source="The clinic's own file, or CMS's quarterly alpha-numeric file",
    from_file=_from_file,
)
