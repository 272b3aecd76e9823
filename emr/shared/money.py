"""Money is Decimal in the clinic's currency, to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """The amount to the cent, half a cent away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
