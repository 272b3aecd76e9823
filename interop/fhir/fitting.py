"""Texts longer than their column: cut with a remark, or refused where a part of one would mean another thing."""

from __future__ import annotations

from collections.abc import Callable

from django.db import models

from interop.fhir.elements import Refused
from interop.fhir.mapped import Mapped

#: Codes and numbers: half of one is another one.
_NEVER_CUT = frozenset({"system", "code", "value_system", "value_code", "type_system", "type_code"}) | frozenset(
    {"subscriber_id", "group_number", "lot_number", "npi", "absent_reason", "value_unit", "category"}
)


def fit(mapped: Mapped, remark: Callable[[str], None]) -> None:
    """Make every text of a row and its parts fit its column.

    Says by ``remark`` what was cut. Raises Refused for a code that is too long.
    """
    for row in (mapped.row, *mapped.parts):
        for field in row._meta.concrete_fields:
            if isinstance(field, models.CharField) and field.max_length is not None:
                _fit(row, field.attname, field.max_length, remark)


def _fit(row: models.Model, name: str, longest: int, remark: Callable[[str], None]) -> None:
    value = getattr(row, name)
    if not isinstance(value, str) or len(value) <= longest:
        return
    if name in _NEVER_CUT:
        raise Refused(f"its {name.replace('_', ' ')} is longer than {longest} characters")
    setattr(row, name, value[: longest - 1] + "…")
    remark(f"{name.replace('_', ' ')} was cut to {longest} characters; the whole stands in the original")
