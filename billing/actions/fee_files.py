"""A clinic's own file of fees."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from billing.actions.csv_files import read_lines
from billing.actions.fees import MAX_FEE
from billing.models import FeeSchedule, FeeScheduleItem
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_create_recorded, bulk_save_recorded
from emr.codes.coding import Coding
from emr.codes.systems import CPT, HCPCS

_NAMES = {"hcpcs": HCPCS, "cpt": CPT, HCPCS.lower(): HCPCS, CPT.lower(): CPT}
_CODE = re.compile(r"[A-Z0-9]{5}")


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
    FeeSchedule.objects.select_for_update().get(pk=schedule.pk)
    known = {(row.system, row.code): row for row in schedule.items.select_for_update()}
    new, there = [], []
    for line in lines:
        row = known.get((line.coding.system, line.coding.code))
        if row is None:
            new.append(_row(by, schedule, line))
        else:
            row.display, row.amount = line.coding.display, line.amount
            there.append(row)
    bulk_create_recorded(new)
    bulk_save_recorded(there, ["display", "amount"])
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

    def build(cells: dict[str, str]) -> tuple[Hashable, str, FeeLine]:
        line = _line(cells)
        return (line.coding.system, line.coding.code), line.coding.code, line

    return read_lines(content, columns=("code", "display", "amount"), build=build, what="fees")


def _line(cells: dict[str, str]) -> FeeLine:
    code, display = cells.get("code", "").strip().upper(), " ".join(cells.get("display", "").split())
    if not code:
        raise ValueError("the code is missing.")
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
    if not amount.is_finite() or not 0 <= amount < MAX_FEE or amount != round(amount, 2):
        raise ValueError(f"the amount {text!r} is not dollars and cents below a million.")
    return amount
