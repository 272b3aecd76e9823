"""A payer's decision on a claim, to and from the plain data in which it is kept."""

from __future__ import annotations

from typing import Any

from billing.cms1500 import canonical
from billing.models import ClaimResponse
from billing.x12.remittance_records import RemittanceClaim

SCHEMA = "835-claim/1"
_LONGEST_REMARK = 10


def decision_data(said: RemittanceClaim) -> dict[str, Any]:
    """The decision as objects of JSON, every value with the position of its segment."""
    return canonical.to_data(said, SCHEMA)


def decision_of(response: ClaimResponse) -> RemittanceClaim:
    """The decision as the payer told it."""
    return canonical.from_data(RemittanceClaim, response.content, SCHEMA)


def reason_codes(said: RemittanceClaim) -> list[str]:
    """Group and CARC of every adjustment, each once, in the order told (CO-45)."""
    told = [*said.adjustments, *(one for line in said.lines for one in line.adjustments)]
    return list(dict.fromkeys(f"{one.group}-{one.reason}" for one in told))


def remark_codes(said: RemittanceClaim) -> list[str]:
    """The remark codes of the claim and its lines, each once; of a longer text, which is none, its beginning."""
    told = [*said.remarks, *(one for line in said.lines for one in line.remarks)]
    return list(dict.fromkeys(one.code[:_LONGEST_REMARK] for one in told if one.code))
