"""A clinic's own file of fees: all of it is taken, or nothing, with a complaint for each line."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from billing.models import FeeSchedule, FeeScheduleItem
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_create_recorded
from emr.codes.coding import Coding
from emr.codes.systems import CPT, HCPCS
from emr.shared.errors import DomainError

#: Complaints that are told at once; more would not be read.
MAX_COMPLAINTS = 20
MAX_LINES = 20_000
_NAMES = {"hcpcs": HCPCS, "cpt": CPT, HCPCS.lower(): HCPCS, CPT.lower(): CPT}
_CODE = re.compile(r"[A-Z0-9]{5}")


class FileError(DomainError):
    """The file can't be taken; ``complaints`` names the lines."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("Nothing was taken from the file. Correct these lines and send it again.", field="file")
        self.complaints = complaints


@dataclass(frozen=True)
class FeeLine:
    """One line of the file, read."""

    coding: Coding
    amount: Decimal


@action
def import_fees(*, by: User, schedule: FeeSchedule, content: bytes) -> int:
    """Set the fees of a file (columns code, display, amount, optionally system); gives their number.

    UTF-8 or Windows' Western letters; comma, semicolon or tab between columns. Raises FileError naming each bad line.
    """
    lines = read_fees(content)
    known = {(row.system, row.code): row for row in schedule.items.all()}
    new = [line for line in lines if (line.coding.system, line.coding.code) not in known]
    bulk_create_recorded([_row(by, schedule, line) for line in new])
    for line in lines:
        row = known.get((line.coding.system, line.coding.code))
        if row is not None and (row.display, row.amount) != (line.coding.display, line.amount):
            row.display, row.amount = line.coding.display, line.amount
            row.save(update_fields=["display", "amount", "updated_at"])
    return len(lines)


def _row(by: User, schedule: FeeSchedule, line: FeeLine) -> FeeScheduleItem:
    return FeeScheduleItem(
        created_by=by,
        fee_schedule=schedule,
        system=line.coding.system,
        code=line.coding.code,
        display=line.coding.display,
        amount=line.amount,
    )


def read_fees(content: bytes) -> list[FeeLine]:
    """The lines of a file. Raises FileError for one that can't be read, and for a file without fees."""
    records = csv.reader(io.StringIO(_text(content), newline=""), delimiter=_delimiter(content), strict=True)
    found: dict[tuple[str, str], FeeLine] = {}
    complaints: list[str] = []
    header: list[str] = []
    try:
        for record in records:
            if not any(cell.strip() for cell in record):
                continue
            if not header:
                header = _header(record)
                continue
            try:
                line = _line(dict(zip(header, record, strict=False)))
                if (line.coding.system, line.coding.code) in found:
                    raise ValueError(f"{line.coding.code} is listed twice.")
                found[line.coding.system, line.coding.code] = line
            except ValueError as error:
                complaints.append(f"Line {records.line_num}: {error}")
            if len(complaints) >= MAX_COMPLAINTS or len(found) > MAX_LINES:
                break
    except csv.Error as error:
        complaints.append(f"Line {records.line_num}: {error}.")
    if len(found) > MAX_LINES:
        complaints.append(f"The file has more than {MAX_LINES} fees.")
    if not found and not complaints:
        complaints.append("The file has no fees.")
    if complaints:
        raise FileError(complaints)
    return list(found.values())


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise FileError(["The file is not text. Save the sheet as CSV."])


def _delimiter(content: bytes) -> str:
    first = content.split(b"\n", 1)[0]
    return max(",;\t", key=lambda mark: first.count(mark.encode()))


def _header(record: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in record]
    absent = [name for name in ("code", "display", "amount") if name not in names]
    if absent:
        raise FileError([f"The first line lacks the column {' and '.join(absent)}."])
    return names


def _line(cells: dict[str, str]) -> FeeLine:
    code, display = cells.get("code", "").strip().upper(), " ".join(cells.get("display", "").split())
    if not _CODE.fullmatch(code):
        raise ValueError(f"the code {code!r} has not five letters and digits.")
    if not display or len(display) > 500:
        raise ValueError("the words are missing or longer than 500 characters.")
    named = cells.get("system", "").strip().lower()
    system = _NAMES.get(named) if named else (HCPCS if code[0].isalpha() else CPT)
    if system is None:
        raise ValueError(f"the system {named!r} is neither hcpcs nor cpt.")
    return FeeLine(Coding(system, code, display), _amount(cells.get("amount", "")))


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(re.sub(r"[$,\s]", "", text))
    except InvalidOperation:
        raise ValueError(f"the amount {text!r} is no number.") from None
    if not amount.is_finite() or not 0 <= amount < 1_000_000 or amount != round(amount, 2):
        raise ValueError(f"the amount {text!r} is not dollars and cents below a million.")
    return amount
