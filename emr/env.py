"""The environment, read once and with types.

A value comes from the variable ``NAME`` or from the file that ``NAME_FILE`` names (how container
platforms hand over secrets). A value that is needed and missing, or of the wrong kind, stops the start
with a sentence that names it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


class Env:
    """Typed reads of one mapping, normally ``os.environ``."""

    def __init__(self, source: Mapping[str, str] | None = None) -> None:
        self._source = os.environ if source is None else source

    def get(self, name: str) -> str | None:
        """The text of ``NAME``, else of the file in ``NAME_FILE``, else None. An empty value counts as missing."""
        value = self._source.get(name)
        if value:
            return value
        path = self._source.get(f"{name}_FILE")
        if not path:
            return None
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names a file that can't be read: {error.strerror}.") from error

    def text(self, name: str, default: str | None = None) -> str:
        """A text; without a default it must be there."""
        value = self.get(name)
        if value is not None:
            return value
        if default is None:
            raise ImproperlyConfigured(f"Set {name}, or {name}_FILE to a file that holds it.")
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """A yes or no: 1, true, yes, on / 0, false, no, off."""
        value = self.get(name)
        if value is None:
            return default
        if value.lower() in _TRUE:
            return True
        if value.lower() in _FALSE:
            return False
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")

    def number(self, name: str, *, default: int, within: range | None = None) -> int:
        """A whole number, one of ``within`` where that is given."""
        value = self.get(name)
        if value is None:
            return default
        try:
            found = int(value)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error
        if within is not None and found not in within:
            raise ImproperlyConfigured(f"{name} must be from {within[0]} to {within[-1]}.")
        return found

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """A list, separated by commas."""
        value = self.get(name)
        return list(default) if value is None else [word.strip() for word in value.split(",") if word.strip()]

    def database(self, name: str) -> dict[str, object]:
        """A ``postgresql://user:password@host:port/name?option=value`` address as Django's settings."""
        parts = urlsplit(self.text(name))
        if parts.scheme not in {"postgres", "postgresql"}:
            raise ImproperlyConfigured(f"{name} must begin with postgresql://.")
        try:
            port = parts.port
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} has a port that is no number.") from error
        options = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", unquote(parts.hostname or "")),
            "PORT": str(port or ""),
            "OPTIONS": options,
        }
