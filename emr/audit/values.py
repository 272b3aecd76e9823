"""What an entry of the log of changes says, in words: labels of the fields, names for keys, labels for codes.

Two readers ask. People who may see a row read all of it (history of a row). The audit pages and their files are for
the privacy officer, whose work needs to know that a text was changed but not what a clinician wrote: there, ``words``
is False, and texts in somebody's own words are told by their length and a keyed digest (equal texts, equal digests).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.crypto import salted_hmac

from emr.audit.models import LogEntry
from emr.audit.registry import words_of
from emr.ui import formats

#: Texts longer than this are taken for sentences; names, codes, numbers and parts of addresses are shorter.
_NAME_LENGTH = 100
#: Longer fields that hold a name, a code or an address by their meaning.
_NAMES = {"display", "system", "value", "email", "recipient"}
#: What says nothing that the entry itself doesn't say better.
_SILENT = {"id", "patient", "created_at", "created_by", "updated_at", "request_token"}
_NOTHING: tuple[Any, ...] = (None, "", "None", [], {})
T = TypeVar("T")
Names = Mapping[type[models.Model], Mapping[UUID, str]]


@dataclass(frozen=True)
class Change:
    """One field from what to what, in words; empty is nothing. ``hidden`` where both stand for somebody's own words."""

    field: str
    label: str
    before: str
    after: str
    hidden: bool = False

    def __str__(self) -> str:
        if not self.before:
            return f"{self.label}: {self.after or 'nothing'}"
        return f"{self.label}: {self.before} → {self.after or 'nothing'}"


def is_words(model: type[models.Model], field: models.Field[Any, Any]) -> bool:
    """Whether a field holds somebody's own words, or a document: what audit pages hide."""
    if isinstance(field, models.TextField | models.JSONField) or field.name in words_of(model):
        return True
    if not isinstance(field, models.CharField) or field.choices or isinstance(field, models.EmailField):
        return False
    named = field.name in _NAMES or field.name.endswith(("_display", "_system"))
    return not named and (field.max_length or 0) > _NAME_LENGTH


def changes_of(entries: Sequence[LogEntry], *, words: bool, nameless: Collection[UUID] = ()) -> list[list[Change]]:
    """The changes of each entry in the order of the model's fields. One query for each model that is pointed to.

    ``nameless`` are patients of whom the reader may not know: nothing is shown of theirs that could tell who they are.
    """
    names = _names_of(entries)
    return [_in_words(entry, names, words=words, nameless=entry.patient_id in nameless) for entry in entries]


def row_of(entry: LogEntry) -> str:
    """The row of an entry as audit pages may name it: not by a title in somebody's own words."""
    model = entry.content_type.model_class()
    return "" if model is None or words_of(model) else str(entry.object_repr)


def noun_of(entry: LogEntry) -> str:
    """What kind of row it is: ``allergy intolerance``."""
    model = entry.content_type.model_class()
    return str(model._meta.verbose_name) if model else str(entry.content_type.model)


def as_python(field: models.Field[Any, Any], raw: Any) -> Any:
    """The value of a field as the model has it, from what the log wrote: instants stand there in UTC, without zone."""
    if raw is None:
        return None
    if isinstance(field, models.DateTimeField):
        return datetime.fromisoformat(raw).replace(tzinfo=UTC)
    if isinstance(field, models.ForeignKey):
        return field.target_field.to_python(raw)
    return raw if isinstance(field, models.JSONField) else field.to_python(raw)


def label_of(field: models.Field[Any, Any]) -> str:
    """A field's label in words."""
    return str(field.verbose_name)


def _in_words(entry: LogEntry, names: Names, *, words: bool, nameless: bool) -> list[Change]:
    model = entry.content_type.model_class()
    if model is None:
        return [Change(name, name.replace("_", " "), "", "changed", hidden=True) for name in entry.changes or {}]
    found = {name: change for name, change in (entry.changes or {}).items() if name not in _SILENT}
    order = {field.name: at for at, field in enumerate([*model._meta.fields, *model._meta.many_to_many])}
    return [
        change
        for name in sorted(found.keys() & order.keys(), key=lambda name: order[name])
        if (change := _change(model, name, found[name], names, words=words, nameless=nameless)) is not None
    ]


def _change(
    model: type[models.Model], name: str, change: Any, names: Names, *, words: bool, nameless: bool
) -> Change | None:
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)  # noqa: S101  relations from elsewhere were left out
    if isinstance(change, dict):
        verb = {"add": "added", "delete": "removed"}.get(change["operation"], change["operation"])
        return Change(name, label_of(field), "", f"{verb} {', '.join(change['objects'])}")
    if change[0] in _NOTHING and change[1] in _NOTHING:
        return None
    if (not words and is_words(model, field)) or (nameless and _tells_who(field)):
        return Change(name, label_of(field), _measure(change[0]), _measure(change[1]), hidden=True)
    before, after = (_value(field, raw, names) for raw in change)
    return Change(name, label_of(field), before, after)


def _tells_who(field: models.Field[Any, Any]) -> bool:
    """Whether a field might tell who a patient is: names, days, numbers and texts; not codes of ours, and not staff."""
    if isinstance(field, models.ForeignKey):
        return bool(field.related_model._meta.app_label != "accounts")
    return not (field.choices or isinstance(field, models.BooleanField | models.DateTimeField))


def _measure(raw: Any) -> str:
    """A text by its length and digest. The key of the digest keeps short texts from being guessed."""
    if raw in _NOTHING:
        return ""
    text = raw if isinstance(raw, str) else json.dumps(raw, sort_keys=True, ensure_ascii=False)
    digest = salted_hmac("emr.audit.values", text, algorithm="sha256").hexdigest()[:12]
    return f"a text of {len(text)} characters [{digest}]"


def _value(field: models.Field[Any, Any], raw: Any, names: Names) -> str:
    if raw in _NOTHING:
        return ""
    if isinstance(field, models.ForeignKey):
        return _named(field, raw, names)
    try:
        return _said(field, as_python(field, raw))
    except (ValueError, TypeError, InvalidOperation):
        return str(raw)


def _said(field: models.Field[Any, Any], value: Any) -> str:
    labels = dict(field.flatchoices)
    if value in labels:
        return str(labels[value])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return formats.instant(value)
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, time):
        return formats.clock(value)
    if isinstance(value, Decimal):
        return formats.number(value)
    return _document(value) if isinstance(value, dict | list) else str(value)


def _document(value: Any) -> str:
    """A list by its parts, codings by their words; any other document by its length."""
    if isinstance(value, list) and not any(isinstance(part, dict) and "display" not in part for part in value):
        return ", ".join(str(part["display"] if isinstance(part, dict) else part) for part in value)
    return f"a document of {len(json.dumps(value, ensure_ascii=False))} characters"


def _named(field: models.ForeignKey[Any, Any], raw: Any, names: Names) -> str:
    key = as_python(field, raw)
    return names.get(field.related_model, {}).get(key, str(raw))


def _names_of(entries: Iterable[LogEntry]) -> Names:
    """The words for every row that the entries point to."""
    wanted: dict[type[models.Model], set[UUID]] = defaultdict(set)
    for entry in entries:
        model = entry.content_type.model_class()
        for name, change in (entry.changes or {}).items():
            field = _foreign(model, name)
            if field is not None and name not in _SILENT and isinstance(change, list):
                wanted[field.related_model].update(as_python(field, raw) for raw in change if raw not in _NOTHING)
    return {model: _words_for(model, keys) for model, keys in wanted.items()}


def _words_for(model: type[models.Model], keys: set[UUID]) -> dict[UUID, str]:
    if words_of(model):
        return {key: str(model._meta.verbose_name) for key in keys}
    return {key: str(row) for key, row in model._base_manager.in_bulk(keys).items()}


def _foreign(model: type[models.Model] | None, name: str) -> models.ForeignKey[Any, Any] | None:
    try:
        field = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.ForeignKey) else None
