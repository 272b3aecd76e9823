"""A decision taken back: what an 835 tells of it (CLP02 = 22), for a payer that says so on paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from billing.adjudication.plan import REVERSAL
from billing.x12.remittance_records import Adjustment, RemittanceClaim, RemittanceLine


def mirror(said: RemittanceClaim) -> RemittanceClaim:
    """The same decision with the sign of every amount turned: as a whole, as payers take theirs back.

    What doesn't move money isn't said again. Positions are 0, because there is no file.
    """
    return replace(
        said,
        status=REVERSAL,
        charge=-said.charge,
        paid=-said.paid,
        patient_responsibility=-(said.patient_responsibility or Decimal(0)),
        adjustments=_turned(said.adjustments),
        names=(),
        remarks=(),
        dates=(),
        contacts=(),
        amounts=(),
        quantities=(),
        references=(),
        lines=tuple(map(_line, said.lines)),
        position=0,
    )


def _line(line: RemittanceLine) -> RemittanceLine:
    return replace(
        line,
        charge=-line.charge,
        paid=-line.paid,
        adjustments=_turned(line.adjustments),
        amounts=(),
        quantities=(),
        remarks=(),
        position=0,
    )


def _turned(told: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    return tuple(replace(one, amount=-one.amount, position=0) for one in told)
