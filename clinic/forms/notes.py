"""Forms about notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms

from clinic.actions.note_drafts import NOWHERE, Window
from clinic.choices import AddendumKind, NoteType, SectionKind
from clinic.exam import label_of, systems
from clinic.models import Encounter, EncounterDiagnosis, Note, NoteDraft, NoteTemplate, Patient
from clinic.models.closing import VisitClosed
from clinic.models.notes import Finding
from clinic.note_keys import FINDING, STRUCTURED, SectionKey, parse
from clinic.queries.note_templates import fitting, templates_for, usual_type
from clinic.queries.notes import notable_encounters
from emr.accounts.models import User
from emr.codes.fields import CodeField
from emr.codes.systems import ICD10CM
from emr.shared.dates import clinic_zone
from emr.shared.records import uuid7
from emr.ui import formats
from emr.ui.forms import Form, IdempotencyField

#: The longest section: some forty printed pages.
MAX_TEXT = 100_000
#: What a body system may be said to be; the empty one was not looked at.
FINDINGS = [("", "Not done"), *Finding.choices]

#: What the column holds; a larger one was never shown to anybody.
MAX_VERSION = 2**31 - 1
_MOMENT = "%Y-%m-%dT%H:%M:%S.%f%z"


class _TextField(forms.CharField):
    """Text as it was typed or pasted, but for the one sign that the database can't hold."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\x00", "")


class VisitField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A visit, named by its day and kind."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{formats.day(obj.period_start)}, {obj}"


class TemplateField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A template, named with the kind of note that it makes."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} ({obj.get_type_display().lower()})"


class NoteStartForm(Form):
    """Of which visit, what kind of note, and what it begins with."""

    encounter = VisitField(label="Visit", queryset=Encounter.objects.none(), empty_label=None)
    type = forms.ChoiceField(
        label="Kind of note", choices=[("", "As usual for the visit"), *NoteType.choices], required=False
    )
    template = TemplateField(
        label="Template", queryset=NoteTemplate.objects.none(), empty_label="As usual for the visit", required=False
    )

    def __init__(self, *args: Any, patient: Patient, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patient, self._user = patient, user
        self.offer("encounter", notable_encounters(patient))
        self.offer("template", templates_for(user))
        self.fields["encounter"].error_messages["invalid_choice"] = (
            "No note can be begun for this visit: it has not begun, was cancelled, or is closed by a signed note."
        )

    def clean(self) -> dict[str, Any]:
        """The chosen template; without one that of the kind of visit. Else the kind of note that such a visit has.

        A visit that was closed since the page was shown is a conflict, and says so.
        """
        data = super().clean() or self.cleaned_data
        if "encounter" in data:
            fit = data.get("template") or fitting(self._user, data["encounter"], data.get("type", ""))
            data |= {"template": fit, "type": data.get("type") or usual_type(data["encounter"])}
        elif "encounter" in self.errors and self._is_closed():
            del self.errors["encounter"]
            self.take(VisitClosed())
        return data

    def _is_closed(self) -> bool:
        try:
            visit = UUID(str(self.data.get("encounter", "")))
        except ValueError:
            return False
        return Note.objects.closing().filter(patient=self._patient, encounter=visit).exists()


class WindowForm(Form):
    """In which window of a browser somebody writes, and which draft it showed at first."""

    window = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid7)
    shown = forms.DateTimeField(widget=forms.HiddenInput, input_formats=[_MOMENT], required=False)

    @property
    def place(self) -> Window:
        """The window; be the rest of the form right or wrong."""
        self.is_valid()
        return Window(self.cleaned_data.get("window") or NOWHERE.key, self.cleaned_data.get("shown"))


def shown_initial(draft: NoteDraft | None) -> dict[str, Any]:
    """What the form tells of the draft that it shows."""
    return {"shown": draft.saved_at.strftime(_MOMENT)} if draft else {}


def shown_window(draft: NoteDraft | None) -> Window:
    """The window of a page that shows a draft at first, before anything is sent from it."""
    return Window(uuid7(), draft.saved_at if draft else None)


class NoteForm(WindowForm):
    """The text of a note by the keys of its parts, and one diagnosis to add. ``version`` is what the writer saw.

    Every part that a note can have is a field, whatever the page shows: what was typed into a part that has left the
    page meanwhile is not lost. ``problems`` are all diagnoses of the visit, those that were taken off too.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MAX_VERSION)

    def __init__(
        self,
        *args: Any,
        problems: Iterable[EncounterDiagnosis] = (),
        encounter: Encounter | None = None,
        saved: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.names = {key: field_name(key) for key in [*_parts(problems), *saved]}
        for key, name in self.names.items():
            self.fields[name] = _field(key)
        if encounter is not None:
            self.fields["diagnosis"] = CodeField(
                system=ICD10CM,
                on=encounter.period_start.astimezone(clinic_zone()).date(),
                label="Add a diagnosis",
                required=False,
            )

    def part(self, key: SectionKey | str) -> Any:
        """The bound field of a part, or of a finding."""
        return self[self.names[str(key)]]

    def texts(self) -> dict[str, str]:
        """What was sent and can be kept, by key. A part that the page did not have stays as it is."""
        data = self.cleaned_data
        return {key: data[name].rstrip() for key, name in self.names.items() if name in self.data and name in data}


def field_name(key: str) -> str:
    """The name of a part's field: ``physical-exam.heart``, ``physical-exam.heart.finding``."""
    kind, slash, rest = key.partition("/")
    rest = rest.replace(FINDING, ".finding")
    return SectionKind(kind).label.lower().replace(" ", "-") + ("." if slash else "") + rest


def note_initial(texts: Mapping[str, str], version: int) -> dict[str, Any]:
    """What the form of a note shows first."""
    return {"version": version, **{field_name(key): text for key, text in texts.items()}}


def _parts(problems: Iterable[EncounterDiagnosis]) -> list[str]:
    systems_of = [SectionKey(kind, item=item) for kind in sorted(STRUCTURED) for item in systems(kind)]
    of_problems = [str(SectionKey(SectionKind.ASSESSMENT_AND_PLAN, diagnosis=row.pk)) for row in problems]
    findings = [key.finding for key in systems_of]
    return [*SectionKind.values, *(str(key) for key in systems_of), *findings, *of_problems]


def _field(key: str) -> forms.Field:
    of = parse(key)
    if key.endswith(FINDING):
        return forms.ChoiceField(required=False, choices=FINDINGS, widget=forms.RadioSelect)
    return _TextField(
        label=label_of(of.kind, of.item) if of and of.item else SectionKind(of.kind).label if of else "",
        required=False,
        strip=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 1 if of and of.item else 3, "spellcheck": "true"}),
    )


class WordForm(Form):
    """A word that stands for a longer text, without its dot."""

    word = forms.RegexField(r"^[A-Za-z][A-Za-z0-9-]{0,29}$")


class SignForm(Form):
    """What the signer has read: the version of the text, and the fingerprint of all that is locked with it. Who they
    are, the view has asked: a screen left open can't sign."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MAX_VERSION)
    seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput, required=False)


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


class AddendumForm(WindowForm):
    """Text for a signed note."""

    token = IdempotencyField(initial=uuid7)
    kind = forms.ChoiceField(
        label="Kind", choices=AddendumKind, initial=AddendumKind.ADDENDUM, widget=forms.RadioSelect
    )
    text = _TextField(
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
