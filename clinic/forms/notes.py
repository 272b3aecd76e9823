"""Forms about notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms

from clinic.choices import AddendumKind, NoteType, SectionKind
from clinic.models import Encounter, Note, Patient
from clinic.models.closing import VisitClosed
from clinic.queries.notes import notable_encounters
from emr.codes.fields import CodeField
from emr.codes.systems import ICD10CM
from emr.shared.dates import clinic_zone
from emr.shared.records import uuid7
from emr.ui import formats
from emr.ui.forms import Form, IdempotencyField

#: The longest section: some forty printed pages.
MAX_TEXT = 100_000
_NAMES = {kind: label.lower() for kind, label in SectionKind.choices}

#: What the column holds; a larger one was never shown to anybody.
MAX_VERSION = 2**31 - 1


class VisitField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A visit, named by its day and kind."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{formats.day(obj.period_start)}, {obj}"


class NoteStartForm(Form):
    """Of which visit, and what kind of note."""

    encounter = VisitField(label="Visit", queryset=Encounter.objects.none(), empty_label=None)
    type = forms.ChoiceField(label="Kind of note", choices=NoteType, initial=NoteType.PROGRESS, required=False)

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patient = patient
        self.offer("encounter", notable_encounters(patient))
        self.fields["encounter"].error_messages["invalid_choice"] = (
            "No note can be begun for this visit: it has not begun, was cancelled, or is closed by a signed note."
        )

    def clean(self) -> dict[str, Any]:
        """A visit that was closed since the page was shown is a conflict, and says so."""
        data = super().clean() or self.cleaned_data
        if "encounter" in self.errors and self._is_closed():
            del self.errors["encounter"]
            self.take(VisitClosed())
        return data

    def _is_closed(self) -> bool:
        try:
            visit = UUID(str(self.data.get("encounter", "")))
        except ValueError:
            return False
        return Note.objects.closing().filter(patient=self._patient, encounter=visit).exists()

    def clean_type(self) -> str:
        """A progress note where nothing was chosen."""
        return str(self.cleaned_data["type"] or NoteType.PROGRESS)


class NoteForm(Form):
    """The text of a note, section by section, and one diagnosis to add. ``version`` is what the writer saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MAX_VERSION)

    def __init__(self, *args: Any, encounter: Encounter | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, label in SectionKind.choices:
            self.fields[_NAMES[kind]] = forms.CharField(
                label=label,
                required=False,
                strip=False,
                max_length=MAX_TEXT,
                widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "true"}),
            )
        if encounter is not None:
            self.fields["diagnosis"] = CodeField(
                system=ICD10CM,
                on=encounter.period_start.astimezone(clinic_zone()).date(),
                label="Add a diagnosis",
                required=False,
            )

    @property
    def section_fields(self) -> list[Any]:
        """The bound fields of the sections, in order."""
        return [self[name] for name in _NAMES.values()]

    def texts(self) -> dict[str, str]:
        """What was typed, by kind of section."""
        data = self.cleaned_data
        return {kind: data[name].rstrip() for kind, name in _NAMES.items() if name in data}


def note_initial(texts: Mapping[str, str], version: int) -> dict[str, Any]:
    """What the form of a note shows first."""
    return {"version": version, **{name: texts.get(kind, "") for kind, name in _NAMES.items()}}


class SignForm(Form):
    """The version that the signer has read. Who they are, the view has asked: a screen left open can't sign."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MAX_VERSION)


class CosignForm(Form):
    """Which signed text the cosigner has read, and what they add to it."""

    content_hash = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    statement = forms.CharField(
        label="Your statement",
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For example that you saw the patient and agree. It is added to the note as an addendum.",
    )


class UnlockForm(Form):
    """Why a signed note is opened again."""

    reason = forms.CharField(
        label="Why it is unlocked",
        max_length=300,
        help_text="Stands with the version that was signed, which stays readable.",
    )


class AddendumForm(Form):
    """Text for a signed note."""

    token = IdempotencyField(initial=uuid7)
    kind = forms.ChoiceField(
        label="Kind", choices=AddendumKind, initial=AddendumKind.ADDENDUM, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label="What is to be added", max_length=MAX_TEXT, strip=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class NoteErrorForm(Form):
    """Why a note should not be there."""

    reason = forms.CharField(
        label="What was wrong",
        max_length=300,
        help_text="The note stays readable, struck out, with your name and this reason.",
    )


class CosignFilterForm(Form):
    """Whose notes the list of cosignatures shows."""

    whose = forms.ChoiceField(choices=[("mine", "Asked of me"), ("all", "Of everybody")], required=False)

    @property
    def everybody(self) -> bool:
        """Whether those asked of others are shown too."""
        return self.is_valid() and self.cleaned_data["whose"] == "all"
