"""The rules about visits beside each other, in words."""

from __future__ import annotations

from scheduling.models import DoubleBookingPolicy


def policies() -> list[DoubleBookingPolicy]:
    """The rules that hold, the most specific first: in this order they are asked. One query."""
    rows = DoubleBookingPolicy.objects.filter(withdrawn=False).select_related("practitioner", "type")
    return sorted(
        rows,
        key=lambda row: (
            row.practitioner is None,
            row.type is None,
            row.practitioner.short_name if row.practitioner else "",
            row.type.name if row.type else "",
        ),
    )
