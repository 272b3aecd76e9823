"""Forms of templates and of words that stand for texts."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.actions.note_templates import TemplatePart
from clinic.choices import NoteType, SectionKind
from clinic.exam import systems
from clinic.forms.notes import field_name
from clinic.forms.patients import version_text
from clinic.models import NoteTemplate, TextMacro
from clinic.note_keys import STRUCTURED, SectionKey
from emr.ui.forms import Form

_MOST = 20_000


class NoteTemplateForm(Form):
    """A template: what it is called and for, and for each part of a note whether and how it begins."""

    name = forms.CharField(label="Name", max_length=80)
    type = forms.ChoiceField(label="Kind of note", choices=NoteType)
    visit_types = forms.CharField(
        label="For visits of this kind",
        required=False,
        max_length=400,
        help_text="The names of appointment types, with commas between. Notes of such visits begin with this template.",
    )
    shared = forms.BooleanField(label="Everybody uses it", required=False)
    version = forms.DateTimeField(widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = [SectionKey(kind) for kind in SectionKind]
        self.items = {
            kind: [SectionKey(kind, item=item) for item in systems(kind)] for kind in SectionKind if kind in STRUCTURED
        }
        for key in [*self.keys, *(key for keys in self.items.values() for key in keys)]:
            self._add(key)

    def _add(self, key: SectionKey) -> None:
        name, label = (
            field_name(str(key)),
            systems(key.kind)[key.item].label if key.item else SectionKind(key.kind).label,
        )
        text = forms.Textarea(attrs={"rows": 1 if key.item else 2})
        self.fields[f"use.{name}"] = forms.BooleanField(label=label, required=False)
        self.fields[f"text.{name}"] = forms.CharField(
            label=f"{label}: text at first", required=False, max_length=_MOST, widget=text
        )
        if not key.item:
            self.fields[f"picks.{name}"] = forms.CharField(
                label=f"{label}: words to pick from", required=False, max_length=2000
            )

    def rows(self) -> list[dict[str, Any]]:
        """The parts for the page: the bound fields of each section, with those of its systems."""
        return [
            {**self._row(key), "systems": [self._row(one) for one in self.items.get(SectionKind(key.kind), [])]}
            for key in self.keys
        ]

    def _row(self, key: SectionKey) -> dict[str, Any]:
        name = field_name(str(key))
        picks = self[f"picks.{name}"] if not key.item else None
        return {"use": self[f"use.{name}"], "text": self[f"text.{name}"], "picks": picks}

    def parts(self) -> dict[str, TemplatePart]:
        """The chosen parts by key. A system that is chosen brings its section; what has text is chosen."""
        data, found = self.cleaned_data, {}
        for key in [*self.keys, *(key for keys in self.items.values() for key in keys)]:
            name = field_name(str(key))
            if data[f"use.{name}"] or data[f"text.{name}"].strip():
                picks = data.get(f"picks.{name}", "")
                found[str(key)] = TemplatePart(data[f"text.{name}"], picks.split(","))
        return found


def template_initial(row: NoteTemplate) -> dict[str, Any]:
    """What the form shows of a template."""
    found: dict[str, Any] = {
        "name": row.name,
        "type": row.type,
        "visit_types": ", ".join(row.visit_types),
        "shared": row.owner_id is None,
        "version": version_text(row),
    }
    for part in row.sections.filter(retired=False):
        name = field_name(str(SectionKey(part.kind, part.item)))
        found |= {f"use.{name}": True, f"text.{name}": part.text, f"picks.{name}": ", ".join(part.choices)}
    return found


class MacroForm(Form):
    """A short word, and what it stands for."""

    name = forms.RegexField(
        r"^\.?[A-Za-z][A-Za-z0-9-]{1,29}$",
        label="Word",
        help_text="Typed with a dot before it and a space after it: .cough",
        error_messages={"invalid": "Use two to thirty letters, digits and hyphens, with a letter first."},
    )
    text = forms.CharField(
        label="Stands for",
        max_length=_MOST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Words such as .bp in it become their values when it is used.",
    )
    shared = forms.BooleanField(label="Everybody uses it", required=False)


def macro_initial(row: TextMacro) -> dict[str, Any]:
    """What the form shows of a word."""
    return {"name": row.name, "text": row.text, "shared": row.owner_id is None}
