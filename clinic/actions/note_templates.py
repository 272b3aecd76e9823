"""What notes begin with: templates, and the words that stand for longer texts. One's own, or everybody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, transaction

from clinic.actions.errors import is_duplicate, refuse_changed
from clinic.models import NoteTemplate, NoteTemplateSection, TextMacro
from clinic.note_keys import FINDING, parse
from clinic.tokens import RESERVED
from clinic.usual_notes import usual_templates, usual_words
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError

Row = TypeVar("Row", NoteTemplate, TextMacro)
_TYPE_LENGTH = 40


@dataclass(frozen=True)
class TemplatePart:
    """A part of a template: what stands there at first, and the words to pick from."""

    text: str = ""
    choices: Sequence[str] = ()


def _types_of_visits(names: Sequence[str]) -> list[str]:
    """Names of appointment types. The database would cut one that is too long, and say nothing."""
    found = [one.strip() for one in names if one.strip()]
    if any(len(one) > _TYPE_LENGTH for one in found):
        raise DomainError(f"The name of a kind of visit has up to {_TYPE_LENGTH} letters.", field="visit_types")
    return found


@action
def save_template(
    *,
    by: User,
    name: str,
    type: str,  # noqa: A002
    parts: Mapping[str, TemplatePart],
    shared: bool = False,
    visit_types: Sequence[str] = (),
    template: NoteTemplate | None = None,
    version_seen: datetime | None = None,
) -> NoteTemplate:
    """Make a template, or change one; ``parts`` are all of its parts by key. Notes that were begun keep their text.

    Raises DomainError for somebody else's, for everybody's by who doesn't sign notes, for a name that is taken, and
    for one without parts; Conflict when somebody has saved in between.
    """
    row = _own(by, template, NoteTemplate) or NoteTemplate(created_by=by)
    if template is not None and version_seen is not None:
        refuse_changed(row, version_seen)
    if not parts:
        raise DomainError("Choose at least one section.")
    row.name, row.type, row.visit_types = name.strip(), type, _types_of_visits(visit_types)
    row.owner = _owner(by, shared=shared)
    _saved(row, "You have a template of this name for this kind of note already.")
    _write_parts(by, row, parts)
    return row


@action
def retire_template(*, by: User, template: NoteTemplate) -> NoteTemplate:
    """Offer a template no longer. Retired twice is retired once."""
    return _retired(_own(by, template, NoteTemplate))


@action
def save_macro(*, by: User, name: str, text: str, shared: bool = False, macro: TextMacro | None = None) -> TextMacro:
    """Let a short word stand for a text. Raises as :func:`save_template` does, and for a word of the chart."""
    row = _own(by, macro, TextMacro) or TextMacro(created_by=by)
    row.name, row.text = name.strip().lstrip(".").lower(), text.strip().replace("\r\n", "\n")
    if row.name in RESERVED:
        raise DomainError(f"“.{row.name}” stands for what is in the chart. Choose another word.", field="name")
    row.owner = _owner(by, shared=shared)
    _saved(row, "This word stands for a text already.")
    return row


@action
def retire_macro(*, by: User, macro: TextMacro) -> TextMacro:
    """Let a word stand for nothing any more. Retired twice is retired once."""
    return _retired(_own(by, macro, TextMacro))


@action
def add_usual_notes(*, by: User) -> tuple[int, int]:
    """Add the templates and the words that come with the program, for everybody, but those whose name is taken.

    Gives how many of each were added. Raises DomainError for who doesn't sign notes.
    """
    taken = set(NoteTemplate.objects.filter(active=True, owner=None).values_list("type", "name"))
    templates = [one for one in usual_templates() if (one.type, one.name) not in taken]
    for one in templates:
        parts = {key: TemplatePart(text, picks) for key, (text, picks) in one.parts.items()}
        save_template(by=by, name=one.name, type=one.type, parts=parts, shared=True, visit_types=one.visit_types)
    known = set(TextMacro.objects.filter(active=True, owner=None).values_list("name", flat=True))
    words = [name for name in usual_words() if name not in known]
    for name in words:
        save_macro(by=by, name=name, text=usual_words()[name], shared=True)
    return len(templates), len(words)


def may_change(user: User, row: NoteTemplate | TextMacro) -> bool:
    """Whether a template or a word is the user's to change: their own, or everybody's for who signs notes."""
    return row.owner_id == user.pk or (row.owner_id is None and user.has_perm(Permission.SIGN_NOTES))


def _own(by: User, row: Row | None, model: type[Row]) -> Row | None:
    """The row, locked. Raises DomainError for one that isn't the user's to change."""
    if row is None:
        return None
    found: Row = model._default_manager.select_for_update().get(pk=row.pk)
    if not may_change(by, found):
        raise DomainError("This is somebody else's. Make one of your own.")
    return found


def _owner(by: User, *, shared: bool) -> User | None:
    if not shared:
        return by
    if not by.has_perm(Permission.SIGN_NOTES):
        raise DomainError("Only who signs notes changes what everybody uses.", field="shared")
    return None


def _saved(row: NoteTemplate | TextMacro, taken: str) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if is_duplicate(error):
            raise DomainError(taken, field="name") from error
        raise


def _retired(row: Row | None) -> Row:
    assert row is not None  # noqa: S101  given by the caller
    if row.active:
        row.active = False
        row.save(update_fields=["active", "updated_at"])
    return row


def _write_parts(by: User, template: NoteTemplate, parts: Mapping[str, TemplatePart]) -> None:
    """Rows that stay keep their identity; those that go are retired, since a log speaks of them."""
    keys = {str(of): of for name in parts if not name.endswith(FINDING) and (of := parse(name))}
    rows = {f"{row.kind}/{row.item}" if row.item else row.kind: row for row in template.sections.order_by("-retired")}
    for key, row in rows.items():
        if key not in keys and not row.retired:
            row.retired = True
            row.save(update_fields=["retired", "updated_at"])
    for key, of in keys.items():
        row = rows.get(key) or NoteTemplateSection(created_by=by, template=template, kind=of.kind, item=of.item)
        row.text = parts[key].text.replace("\r\n", "\n").rstrip()
        row.choices = [one.strip()[:200] for one in parts[key].choices if one.strip()]
        row.rank, row.retired = max(of.place[1], 1), False
        row.save()
