"""What the buttons of the writing page do beside saving, each by its value: nothing here needs a script."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from clinic.actions.note_copies import copy_forward
from clinic.chart_words import HISTORIES
from clinic.choices import SectionKind
from clinic.forms.notes import field_name
from clinic.models import Note
from clinic.models.notes import Finding
from clinic.note_keys import STRUCTURED, texts_of
from clinic.queries.note_layouts import layout_of
from clinic.queries.note_sources import answered_before
from clinic.rules import notes_visible_to
from emr.accounts.models import User
from emr.shared.errors import DomainError

_STORY = (SectionKind.PRESENT_ILLNESS, SectionKind.SUBJECTIVE, SectionKind.CHIEF_COMPLAINT)


def applied(command: str, note: Note, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts after a button: ``normal:<kind>`` the systems not looked at become normal, ``history:<kind>`` the
    chart's list and ``intake:<id>`` the patient's answers are added.
    """
    verb, _, rest = command.partition(":")
    if verb == "normal" and rest in STRUCTURED:
        return {**texts, **_normals(note, rest, texts)}
    if verb == "history" and rest in HISTORIES:
        return _added(texts, rest, f".{HISTORIES[rest]}")
    if verb == "intake":
        found = next((one for one in answered_before(note.patient) if one.id == rest), None)
        return _added(texts, _story(note, texts), found.text) if found else dict(texts)
    return dict(texts)


def copy(command: str, *, by: User, note: Note) -> None:
    """``copy:<note>`` or ``copy:<note>:<key>``: text of an earlier note is added. Raises DomainError."""
    verb, _, rest = command.partition(":")
    if verb != "copy":
        return
    which, _, key = rest.partition(":")
    found = Note.objects.filter(patient=note.patient_id, pk=_uuid(which))
    source = notes_visible_to(by, found).first()
    if source is None:
        raise DomainError("That note can't be copied from.")
    copy_forward(by=by, note=note, source=source, base_version=note.version, keys={key} if key else None)


def place_after(command: str) -> str:
    """Where the page is shown again after a button: at what takes the focus, so that writing goes on there."""
    verb, _, rest = command.partition(":")
    if verb == "normal" and rest in STRUCTURED:
        return f"#systems-{field_name(rest)}"
    if verb == "history" and rest in HISTORIES:
        return f"#id_{field_name(rest)}"
    return "" if verb in {"save", "copy", "intake"} else "#id_diagnosis"


def _normals(note: Note, kind: str, texts: Mapping[str, str]) -> dict[str, str]:
    layout = layout_of(note, {**texts_of(note.sections.all()), **texts}, (), ())
    keys = [part.key for section in layout if section.kind == kind for part in section.systems]
    open_ones = [key for key in keys if not texts.get(str(key), "").strip() and not texts.get(key.finding, "")]
    return {name: text for key in open_ones for name, text in ((str(key), ""), (key.finding, Finding.NORMAL.value))}


def _story(note: Note, texts: Mapping[str, str]) -> str:
    shown = {section.kind for section in layout_of(note, texts, (), ())}
    return next((kind for kind in _STORY if kind in shown), SectionKind.SUBJECTIVE)


def _added(texts: Mapping[str, str], key: str, more: str) -> dict[str, str]:
    return {**texts, key: f"{texts.get(key, '').rstrip()}\n\n{more}".lstrip("\n")}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise DomainError("That note can't be copied from.") from error
