"""What is answered to a payer's reason for refusing (appeal_letters.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path


@cache
def _letters() -> tuple[dict[str, str], str, str, str]:
    """The argument for each CARC, the one for all others, and how a letter begins and ends."""
    data = tomllib.loads((Path(__file__).parent / "appeal_letters.toml").read_text("utf-8"))
    by_code = {code: row["text"].strip() for row in data["reason"] for code in row["codes"]}
    return by_code, data["other"].strip(), data["begin"].strip(), data["end"].strip()


def letter_for(reasons: Iterable[str], values: Mapping[str, str]) -> str:
    """The text of a letter for reasons such as CO-50: an argument for each, once. ``values`` fill its gaps: claim,
    payers_number, day, amount, reasons, member, level.
    """
    by_code, other, begin, end = _letters()
    arguments = dict.fromkeys(by_code.get(reason.rpartition("-")[2], other) for reason in reasons) or {other: None}
    return "\n\n".join(part.format_map(values) for part in (begin, *arguments, end))
