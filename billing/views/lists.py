"""What the worklists' views have in common: addresses with filters, and options of a choice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from clinic.models import Payer


def key_of(text: str | None) -> UUID | None:
    """The key that an address carries, or None for nonsense."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def link(base: str, **parameters: Any) -> str:
    """An address with those parameters that aren't empty; a list gives one for each of its values."""
    given = {name: value for name, value in parameters.items() if value}
    return f"{base}?{urlencode(given, doseq=True)}" if given else base


def payer_options(payers: Iterable[Payer]) -> list[tuple[str, str]]:
    """Key and name of payers."""
    return [(str(payer.pk), payer.name) for payer in payers]


def page_number(text: str | None) -> int:
    """The page that an address asks for, from 1; nonsense is the first."""
    return max(1, int(text)) if text and text.isdecimal() and len(text) < 5 else 1
