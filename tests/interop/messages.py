"""Result messages for tests."""

from __future__ import annotations

from datetime import date
from itertools import count

_numbers = count(1)


def oru(
    *results: str,
    mrn: str = "",
    name: str = "SILVA^Maria",
    born: date | None = date(1962, 3, 14),
    placer: str = "",
    filler: str = "F-77",
    status: str = "F",
    issued: str = "20261101083000",
    control: str = "",
    ack: str = "",
) -> str:
    """A message with one report of a metabolic panel, and a row for each result."""
    born_text = born.strftime("%Y%m%d") if born else ""
    return "\r".join(
        (
            f"MSH|^~\\&|LAB|NORTH|EMR|CLINIC|{issued}||ORU^R01^ORU_R01|{control or f'C-{next(_numbers)}'}|P|2.5.1{ack}",
            f"PID|1||{mrn}^^^CLINIC^MR||{name}||{born_text}|F",
            f"OBR|1|{placer}|{filler}^NORTH|24323-8^Metabolic panel^LN|||20261101070000"
            + "|" * 15
            + f"{issued}|||{status}",
            *results,
        )
    )


def obx(
    value: str, *, code: str = "2823-3^Potassium^LN", flag: str = "", status: str = "F", unit: str = "mmol/L"
) -> str:
    """One result."""
    return f"OBX|1|NM|{code}||{value}|{unit}|3.5-5.1|{flag}|||{status}"
