"""The history of rows in plain words: who changed what from what to what, when, from where, why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q

from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.audit.models import LogEntry
from emr.audit.values import Change, changes_of, noun_of
from emr.shared.records import CodedMixin
from emr.ui import formats

#: The longest history that a page shows, in entries: the newest are shown.
LIMIT = 500


@dataclass(frozen=True)
class Deed:
    """What one person did in one go: when, who, as what, from where, the sentences, why.

    ``details`` are the values of rows that were made, for those who want all of them.
    """

    at: datetime
    when: str
    who: str
    role: str
    place: str
    sentences: tuple[str, ...]
    details: tuple[str, ...]
    why: str

    @property
    def head(self) -> str:
        """``Dana Frost (front desk, from 10.0.0.4)``."""
        circumstances = ", ".join(part for part in (self.role, self.place) if part)
        return f"{self.who} ({circumstances})" if circumstances else self.who


def history_of(rows: Sequence[models.Model]) -> list[Deed]:
    """The deeds that made these rows what they are, newest first.

    The first row is the one that people look at, the others are parts of it. Queries: the entries with their people,
    the roles, and one for each model that is pointed to, however long the history is.
    """
    entries = _entries(rows)
    changes = changes_of(entries, words=True)
    known: dict[tuple[type[models.Model] | None, UUID], models.Model] = {(type(row), row.pk): row for row in rows}
    told = [
        _Told(
            entry, _for_people(entry, said), known.get((entry.content_type.model_class(), entry.object_pk)), rows[0].pk
        )
        for entry, said in zip(entries, changes, strict=True)
    ]
    together = groupby(told, key=lambda one: (one.entry.txid, one.entry.cid, one.entry.actor_id))
    deeds = (_deed(list(reversed(list(group)))) for _, group in together)
    return [deed for deed in deeds if deed.sentences]


def _entries(rows: Iterable[models.Model]) -> list[LogEntry]:
    """The newest entries of the rows, newest first, with their people and those people's roles."""
    keys: dict[type[models.Model], list[UUID]] = {}
    for row in rows:
        keys.setdefault(type(row), []).append(row.pk)
    types = ContentType.objects.get_for_models(*keys)
    wanted = Q(pk__in=[])
    for model, found in keys.items():
        wanted |= Q(content_type=types[model], object_pk__in=found)
    entries = LogEntry.objects.filter(wanted).select_related("actor", "content_type").order_by("-id")
    return list(entries.prefetch_related("actor__groups")[:LIMIT])


def role_of(user: User) -> str:
    """The roles of a person today, in words: ``front desk, nurse``. A service says so."""
    if user.is_service:
        return "service"
    names = sorted(group.name for group in user.groups.all())
    return ", ".join(ROLES[name].label.lower() for name in names if name in ROLES)


@dataclass(frozen=True)
class _Told:
    """One entry with its changes in words, the row it is about, and the key of the row that the history is of."""

    entry: LogEntry
    changes: Sequence[Change]
    row: models.Model | None
    main: UUID

    @property
    def noun(self) -> str:
        """What kind of row it is: ``home phone``, ``allergy intolerance``."""
        kinds = [str(getattr(self.row, f"get_{name}_display")()) for name in ("use", "system") if self._has(name)]
        words = noun_of(self.entry).removeprefix("patient ")
        return " ".join(kinds if self._has("system") else [*kinds, words]).lower()

    @property
    def name(self) -> str:
        """What the row is called, in quotes; empty where that is only what kind of row it is."""
        text = str(self.entry.object_repr)
        return "" if text.casefold() in {self.noun, noun_of(self.entry)} else f"“{text}”"

    @property
    def title(self) -> str:
        """Noun and name."""
        return f"{self.noun} {self.name}".strip()

    @property
    def ended(self) -> bool:
        """Whether the entry only says that the row is no longer the present one."""
        return [change.field for change in self.changes] == ["period_end"] and self.created is False

    @property
    def created(self) -> bool:
        """Whether the entry is the row's first."""
        return bool(self.entry.action == LogEntry.Action.CREATE)

    @property
    def of(self) -> str:
        """Which row is meant, where it isn't the one that the history is of."""
        return "" if self.entry.object_pk == self.main else f" of {self.title}"

    def _has(self, name: str) -> bool:
        return hasattr(self.row, f"get_{name}_display") and not isinstance(self.row, CodedMixin)


def _for_people(entry: LogEntry, said: Sequence[Change]) -> list[Change]:
    """The changes but for what only machines read: frozen copies of other rows, and their checksums."""
    model = entry.content_type.model_class()
    frozen = {
        field.name
        for field in (model._meta.fields if model else ())
        if not field.editable and (isinstance(field, models.JSONField) or field.name.endswith("_hash"))
    }
    return [change for change in said if change.field not in frozen]


def _deed(told: Sequence[_Told]) -> Deed:
    """What one person did in one transaction, from its entries, oldest first."""
    first = told[0].entry
    sentences, details, reasons = list[str](), list[str](), [str(first.reason)]
    replaced = {one.noun: one for one in told if one.ended}
    for one in told:
        if one.created and one.noun in replaced:
            sentences.append(f"changed {one.noun} from {replaced[one.noun].name} to {one.name}")
        elif not (one.ended and any(other.created and other.noun == one.noun for other in told)):
            sentences.extend(_sentences(one))
            details.extend(str(change) for change in one.changes if one.created)
            reasons.append(_reason(one))
    return Deed(
        at=first.timestamp,
        when=formats.instant(first.timestamp),
        who=str(first.actor),
        role=role_of(first.actor),
        place=f"from {first.remote_addr}" if first.remote_addr else "",
        sentences=tuple(sentences),
        details=tuple(details),
        why="; ".join(dict.fromkeys(why.strip().rstrip(".") for why in reasons if why.strip())),
    )


def _sentences(one: _Told) -> list[str]:
    if one.created:
        return [f"recorded {one.title}"]
    if one.entry.action == LogEntry.Action.DELETE:
        return [f"removed {one.title}"]
    events = [_stem(change.field) for change in one.changes if _is_event(change, one.changes)]
    marked = [f"marked {one.title} as {stem.replace('_', ' ')}" for stem in events]
    return marked + [_changed(change, one.of) for change in one.changes if not _belongs(change, events)]


def _reason(one: _Told) -> str:
    """The reason that the row itself keeps for what was done to it."""
    if one.created:
        return ""
    return "; ".join(change.after for change in one.changes if change.field.endswith("_reason"))


def _is_event(change: Change, changes: Sequence[Change]) -> bool:
    """Whether a change says that something was done: an instant and its person came together."""
    person = f"{_stem(change.field)}_by"
    return change.field.endswith("_at") and bool(change.after) and any(other.field == person for other in changes)


def _belongs(change: Change, events: Sequence[str]) -> bool:
    """Whether a change only says more of an event: its instant, person and reason, and the status that follows."""
    follows = change.field in {"status", "verification_status"} and "entered_in_error" in events
    return follows or change.field.endswith("_reason") or (_stem(change.field) in events)


def _stem(field: str) -> str:
    return field.removesuffix("_at").removesuffix("_by").removesuffix("_reason")


def _changed(change: Change, of: str) -> str:
    if not change.before:
        return f"set {change.label}{of} to “{change.after}”"
    if not change.after:
        return f"took away {change.label}{of}, which was “{change.before}”"
    return f"changed {change.label}{of} from “{change.before}” to “{change.after}”"
