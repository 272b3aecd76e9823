"""One timeline of everything in a chart, newest first, paged by where an entry stands: live from the tables.

One statement finds the entries of a page among all kinds of rows: each kind gives its newest few behind the last one
shown, by its own index, and of those the newest are kept. So a page costs the same wherever in the chart it lies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import (
    DateField,
    DateTimeField,
    Exists,
    F,
    Func,
    IntegerField,
    Model,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    UUIDField,
    Value,
)
from django.db.models.functions import Coalesce
from django.urls import NoReverseMatch, reverse

from clinic.models import Note, Observation, ObservationComponent, Patient
from clinic.queries.timeline_sources import SOURCES, EntryKind, Part, Source
from clinic.queries.timeline_words import Told
from clinic.rules import notes_visible_to
from emr.accounts.models import Practitioner, User
from emr.shared.dates import clinic_zone
from emr.ui import formats

PAGE_SIZE = 50
#: The key of an entry that consists of all rows of one moment.
NOBODY = UUID(int=0)


@dataclass(frozen=True, order=True)
class Place:
    """Where an entry stands: its moment, and among those of one moment its source and its key."""

    at: datetime
    source: int
    key: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}/{self.source}/{self.key}"

    @classmethod
    def read(cls, text: str) -> Place:
        """The place that was written so; ValueError for anything else."""
        at, source, key = text.split("/")
        found = cls(datetime.fromisoformat(at), int(source), UUID(key))
        if found.at.tzinfo is None or not 0 <= found.source < len(SOURCES):
            raise ValueError(text)
        return found


@dataclass(frozen=True)
class Asked:
    """What a timeline is asked for; with nothing said, everything.

    ``since`` and ``until`` are instants, the second one outside. ``before`` is the last entry of the page before.
    """

    kind: str = ""
    author: UUID | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: Place | None = None


@dataclass(frozen=True)
class Entry:
    """One entry, ready to print. ``clock`` is empty where only the day is known."""

    place: Place
    kind: EntryKind
    day: str
    clock: str
    who: str
    told: Told
    url: str = ""


@dataclass(frozen=True)
class Page:
    """Some entries; ``older`` is the place behind which the next page begins, None at the end."""

    entries: list[Entry]
    older: Place | None


def may_see(user: User, asked: Asked) -> list[tuple[int, Source]]:
    """The sources that are asked for and that the user's role may read, each with its number."""
    return [
        (number, source)
        for number, source in enumerate(SOURCES)
        if asked.kind in ("", source.kind) and user.has_perm(source.permission)
    ]


def timeline(patient: Patient, user: User, asked: Asked, size: int = PAGE_SIZE) -> Page:
    """A page of the live timeline: one query, and for each kind of row on the page one, or two with its parts."""
    branches = [_branch(number, source, patient, user, asked, size) for number, source in may_see(user, asked)]
    if not branches:
        return Page([], None)
    rows = branches[0]
    if len(branches) > 1:
        rows = rows.union(*branches[1:], all=True).order_by("-entry_at", "-entry_source", "-entry_key")
    places = [Place(*row) for row in rows[: size + 1]]
    shown = places[:size]
    return Page(list(_entries(patient, shown)), shown[-1] if len(places) > size else None)


def _branch(number: int, source: Source, patient: Patient, user: User, asked: Asked, size: int) -> QuerySet[Any, Any]:
    """The places of one source's newest rows that are asked for."""
    rows = standing(source, patient)
    if source.model is Note:
        rows = notes_visible_to(user, rows)
    at = _moment(source)
    rows = rows.annotate(
        entry_at=at,
        entry_source=Value(number, IntegerField()),
        entry_key=Value(NOBODY, UUIDField()) if source.grouped else F("pk"),
    ).filter(_within(number, asked))
    if asked.author:
        rows = rows.filter(_by(source, asked.author))
    if asked.text:
        rows = rows.filter(_says(source, asked.text))
    told = rows.order_by("-entry_at", "-entry_key").values_list("entry_at", "entry_source", "entry_key")
    newest: QuerySet[Any, Any] = (told.distinct() if source.grouped else told)[: size + 1]
    return newest


def standing(source: Source, patient: Patient) -> QuerySet[Any]:
    """The rows of a source that count."""
    asked: dict[str, object] = {"patient": patient, **source.where}
    asked |= {f"{name}__in": values for name, values in source.among.items() if len(values) > 1}
    asked |= {name: values[0] for name, values in source.among.items() if len(values) == 1}
    asked |= {f"{name}__isnull": False for name in source.filled}
    if source.errable:
        asked["entered_in_error_at"] = None
    return source.model._default_manager.filter(**asked)


def _moment(source: Source) -> Any:
    found = [_instant(source.model, name) for name in source.at]
    return Coalesce(*found) if len(found) > 1 else found[0]


def _instant(model: type[Model], name: str) -> Any:
    """A column as an instant: a date is the start of its day in the clinic."""
    if not isinstance(field := model._meta.get_field(name), DateField) or isinstance(field, DateTimeField):
        return F(name)
    midnight = Func(F(name), template="(%(expressions)s)::timestamp")
    return Func(Value(str(clinic_zone())), midnight, function="timezone", output_field=DateTimeField())


def _within(number: int, asked: Asked) -> Q:
    found = Q()
    if asked.since:
        found &= Q(entry_at__gte=asked.since)
    if asked.until:
        found &= Q(entry_at__lt=asked.until)
    if (before := asked.before) is None:
        return found
    if number < before.source:
        return found & Q(entry_at__lte=before.at)
    if number > before.source:
        return found & Q(entry_at__lt=before.at)
    return found & Q(entry_at__lte=before.at) & (Q(entry_at__lt=before.at) | Q(entry_key__lt=before.key))


def _by(source: Source, author: UUID) -> Q:
    found = Q()
    for name in source.who:
        model = source.model._meta.get_field(name).related_model
        found |= Q(**{f"{name}__user" if model is Practitioner else name: author})
    return found


def _says(source: Source, text: str) -> Q:
    found = contains(source.words, text)
    for part in source.parts:
        if part.words:
            rows = part.model._default_manager.filter(contains(part.words, text), **{part.key: OuterRef("pk")})
            found |= Q(Exists(rows))
    return found


def contains(names: Iterable[str], text: str) -> Q:
    """That one of these columns holds the text."""
    found = Q()
    for name in names:
        found |= Q(**{f"{name}__icontains": text})
    return found


def _entries(patient: Patient, places: Sequence[Place]) -> Iterable[Entry]:
    wanted: dict[int, list[Place]] = defaultdict(list)
    for place in places:
        wanted[place.source].append(place)
    found: dict[Place, list[Any]] = {}
    for number, some in wanted.items():
        source = SOURCES[number]
        if source.grouped:
            found |= _groups(source, patient, some)
        else:
            rows = _told(source).in_bulk([place.key for place in some])
            found |= {place: [rows[place.key]] for place in some}
    return (linked(entry_of(place, found[place], patient), found[place][0]) for place in places)


def _groups(source: Source, patient: Patient, places: Sequence[Place]) -> dict[Place, list[Any]]:
    rows = _told(source, standing(source, patient).filter(effective_at__in=[place.at for place in places]))
    by_moment: dict[datetime, list[Any]] = defaultdict(list)
    for row in rows:
        by_moment[row.effective_at].append(row)
    return {place: by_moment[place.at] for place in places}


def _told(source: Source, rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
    """The rows with all that their words are made of."""
    queryset = source.model._default_manager.all() if rows is None else rows
    parts = [_prefetch(part) for part in source.parts if part.told]
    return queryset.order_by().select_related(*source.who).prefetch_related(*parts)


def _prefetch(part: Part) -> Prefetch[str, Any, str] | str:
    if part.model is not Observation:
        return part.name
    components = ObservationComponent.objects.order_by("rank")
    return Prefetch(part.name, Observation.objects.order_by().prefetch_related(Prefetch("components", components)))


def entry_of(place: Place, rows: Sequence[Any], patient: Patient) -> Entry:
    """An entry in words, of one row or of all rows of a moment. Asks for the rows' people and parts."""
    source, first = SOURCES[place.source], rows[0]
    who = next((str(person) for name in source.who if (person := getattr(first, name))), "")
    dated = next(getattr(first, name) for name in source.at if getattr(first, name) is not None)
    return Entry(
        place=place,
        kind=source.kind,
        day=formats.day(place.at),
        clock=formats.clock(place.at) if isinstance(dated, datetime) else "",
        who=who,
        told=source.tell(rows, patient.birth_date) if source.grouped else source.tell(first),
    )


def linked(entry: Entry, row: Any) -> Entry:
    """The entry with the address of its page."""
    source = SOURCES[entry.place.source]
    keys = [row.patient_id, row.pk] if source.opens else [row.patient_id]
    try:
        return replace(entry, url=reverse(source.link, args=keys))
    except NoReverseMatch:
        return entry


def instant_of(value: date | datetime) -> datetime:
    """The instant of a date or of a moment, as the database tells it."""
    return value if isinstance(value, datetime) else datetime.combine(value, time.min, tzinfo=clinic_zone())
