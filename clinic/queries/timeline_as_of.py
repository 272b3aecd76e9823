"""The timeline as it was known at an instant, rebuilt from the log of changes alone.

What was entered later is not there, what was corrected later stands as it stood, what was found to be an error later
still counts. Who may see which note is asked by today's rules. The same functions word both timelines, and a test
holds the two to each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any, cast

from django.db.models import Model

from clinic.models import Note, Observation, Patient
from clinic.queries.merges import linked_charts
from clinic.queries.timeline import (
    NOBODY,
    PAGE_SIZE,
    Asked,
    Page,
    Place,
    contains,
    entry_of,
    instant_of,
    may_see,
)
from clinic.queries.timeline_sources import COMPONENTS, Part, Source
from clinic.rules import notes_visible_to
from emr.accounts.models import Practitioner, User
from emr.audit.models import Log
from emr.audit.queries.rebuild import attach, point, rows_as_of
from emr.audit.retention.queries import purged_before

_Rows = dict[type[Model], list[Any]]


@dataclass(frozen=True)
class KnownPage(Page):
    """A page of what was known ``at`` an instant; older changes than ``purged`` are no longer in the log."""

    at: datetime
    purged: datetime | None


def timeline_as_of(patient: Patient, user: User, at: datetime, asked: Asked, size: int = PAGE_SIZE) -> KnownPage:
    """A page of the timeline as known at ``at``, in a number of queries that depends on the kinds of rows alone."""
    sources = may_see(user, asked)
    rows = _rows(sources, patient, at)
    found: dict[Place, list[Any]] = defaultdict(list)
    for number, source in sources:
        for row in _matching(source, rows[source.model], user, at, asked):
            found[_place(number, source, row)].append(row)
    order = (place for place in sorted(found, reverse=True) if _within(place, asked))
    places = list(islice(order, size + 1))
    shown = places[:size]
    entries = [entry_of(place, found[place], patient) for place in shown]
    return KnownPage(entries, shown[-1] if len(places) > size else None, at, purged_before(Log.CHANGES))


def _rows(sources: Sequence[tuple[int, Source]], patient: Patient, at: datetime) -> _Rows:
    """All rows of these sources as they stood, with their parts and the people whom they name."""
    parts = [(source.model, part) for _, source in sources for part in source.parts if part.told]
    if any(part.model is Observation for _, part in parts):
        parts.insert(0, (Observation, COMPONENTS))
    kinds = {source.model for _, source in sources} | {part.model for _, part in parts}
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    rows = cast(_Rows, rows_as_of(ordered, patient.pk, at, linked_charts(patient.pk)))
    # The parts of parts first.
    for model, part in sorted(parts, key=lambda pair: pair[1] is not COMPONENTS):
        attach(rows[model], part.name, _in_order(part, rows[part.model]), by=part.key)
    for model, names in {source.model: source.who for _, source in sources}.items():
        point(rows[model], names)
    return rows


def _in_order(part: Part, rows: list[Any]) -> list[Any]:
    return sorted(rows, key=attrgetter(part.order)) if part.order else rows


def _matching(source: Source, rows: Iterable[Any], user: User, at: datetime, asked: Asked) -> Iterator[Any]:
    """Those rows of a source that counted then and are asked for."""
    found = [row for row in rows if _counts(source, row)]
    if source.model is Note:
        seen = set(notes_visible_to(user, _todays(found)).values_list("pk", flat=True))
        found = [row for row in found if row.pk in seen]
    if asked.author:
        found = [row for row in found if asked.author in _authors(source, row)]
    if not asked.text:
        return iter(found)
    also = _searched(source, found, at, asked.text)
    return (row for row in found if row.pk in also or _says(source, row, asked.text.casefold()))


def _todays(rows: Sequence[Any]) -> Any:
    return Note.objects.filter(pk__in=[row.pk for row in rows])


def _counts(source: Source, row: Any) -> bool:
    return (
        all(getattr(row, name) == value for name, value in source.where.items())
        and all(getattr(row, name) in values for name, values in source.among.items())
        and all(getattr(row, name) is not None for name in source.filled)
        and not (source.errable and row.entered_in_error_at)
    )


def _authors(source: Source, row: Any) -> Iterator[Any]:
    for name in source.who:
        person = getattr(row, name)
        if person is not None:
            yield person.user_id if isinstance(person, Practitioner) else person.pk


def _says(source: Source, row: Any, text: str) -> bool:
    told = [(row, source.words)]
    told += [(one, part.words) for part in source.parts if part.told for one in getattr(row, part.name).all()]
    return any(text in str(getattr(one, name)).casefold() for one, names in told for name in names)


def _searched(source: Source, rows: Sequence[Any], at: datetime, text: str) -> set[Any]:
    """The rows whose parts say it that no entry is worded from: those parts are read as they are today."""
    found: set[Any] = set()
    for part in source.parts:
        if not part.told:
            theirs = {f"{part.key}__in": [row.pk for row in rows], "created_at__lte": at}
            told = part.model._default_manager.filter(contains(part.words, text), **theirs)
            found |= set(told.values_list(part.key, flat=True))
    return found


def _place(number: int, source: Source, row: Any) -> Place:
    moment = next(value for name in source.at if (value := getattr(row, name)) is not None)
    return Place(instant_of(moment), number, NOBODY if source.grouped else row.pk)


def _within(place: Place, asked: Asked) -> bool:
    return (
        (asked.since is None or place.at >= asked.since)
        and (asked.until is None or place.at < asked.until)
        and (asked.before is None or place < asked.before)
    )
