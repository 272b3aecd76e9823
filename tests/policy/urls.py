"""Every URL of the project, as the resolver knows them, with arguments to call each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from emr.access.decorators import Door
from emr.access.middleware import THIRD_PARTY_PREFIXES

#: An id of nobody, for every ``<uuid:…>`` that a test doesn't care about.
NOBODY = UUID("01900000-0000-7000-8000-000000000000")

_SAMPLES: dict[str, Any] = {
    "UUIDConverter": NOBODY,
    "IntConverter": 1,
    "StringConverter": "x",
    "SlugConverter": "x",
    "PathConverter": "x",
    "LogConverter": "reads",
    "DayConverter": date(2026, 3, 9),
}


@dataclass(frozen=True)
class Url:
    """One URL: its full name, its view, its arguments' converters."""

    name: str
    view: Callable[..., Any]
    converters: tuple[tuple[str, str], ...]

    @property
    def door(self) -> Door | None:
        """The door that its view stands behind."""
        return getattr(self.view, "door", None)

    @property
    def third_party(self) -> bool:
        """Whether the view came with a library that guards it itself."""
        return self.name.startswith(THIRD_PARTY_PREFIXES)

    def path(self, **arguments: Any) -> str:
        """The path with the given arguments, samples for the rest."""
        samples = {name: _SAMPLES[converter] for name, converter in self.converters}
        return reverse(self.name, kwargs={**samples, **{k: v for k, v in arguments.items() if k in samples}})


def every_url() -> list[Url]:
    """All of them. Fails on one without a name: what has no name can't stand in a rule."""
    return sorted(_walk(get_resolver().url_patterns, "", {}), key=lambda url: url.name)


def _walk(patterns: list[URLPattern | URLResolver], namespace: str, outer: dict[str, Any]) -> Iterator[Url]:
    for pattern in patterns:
        converters = {**outer, **pattern.pattern.converters}
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner, converters)
            continue
        assert pattern.name, f"{pattern.pattern} has no name"
        kinds = tuple((name, type(converter).__name__) for name, converter in converters.items())
        if not kinds and pattern.pattern.regex.groups:
            kinds = tuple((name, "StringConverter") for name in pattern.pattern.regex.groupindex)
        yield Url(f"{namespace}{pattern.name}", pattern.callback, kinds)
