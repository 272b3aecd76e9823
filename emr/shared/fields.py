"""Fields that the record needs and Django lacks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models


class ExactDecimalField(models.DecimalField):  # type: ignore[type-arg]
    """A decimal kept exactly as it was entered: 177 stays 177 and 38.0 stays 38.0.

    The column is ``numeric`` without scale, so PostgreSQL keeps the digits that were typed, trailing zeros
    included. ``max_digits`` and ``decimal_places`` only bound what a form accepts.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 30)
        kwargs.setdefault("decimal_places", 10)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "numeric"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if value is None or hasattr(value, "resolve_expression") else self.to_python(value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return self.get_db_prep_value(value, connection)

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, Decimal) or value is None:
            return value
        converted: Decimal | None = super().to_python(str(value))
        return converted
