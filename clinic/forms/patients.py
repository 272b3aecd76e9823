"""Forms about the person: search, registration, change of demographics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from clinic.actions.telecom import normal_phone
from clinic.choices import (
    CDC_RACE_ETHNICITY,
    AdministrativeGender,
    EthnicityCategory,
    Language,
    RaceCategory,
    language_name,
)
from clinic.forms.fields import StateField, ZipField
from clinic.models import Patient, Payer
from clinic.models.patients import ADDRESS_PARTS
from clinic.queries.coverages import active_payers
from clinic.queries.duplicates import Duplicate, likely_duplicates
from emr.shared.dates import clinic_zone
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from emr.ui import formats
from emr.ui.forms import DateTextField, Form, IdempotencyField

_NOT_ASKED = ("", "Not recorded")
#: Fields of the form that are columns of the patient under the same name.
_COLUMNS = (
    *("family_name", "given_name", "middle_name", "suffix", "preferred_name", "pronouns", "birth_date", "gender"),
    *("birth_sex", "gender_identity", "sexual_orientation", "tribal_affiliation", "language", "interpreter_needed"),
)
_ADDRESS_WORDS = {
    "line1": "Enter the street.",
    "city": "Enter the city.",
    "state": "Enter the state.",
    "postal_code": "Enter the ZIP code.",
}
_CONTACTS = ("phone", "mobile", "email")


class SearchForm(Form):
    """The search box. ``pick`` asks for choices to put into another form, not for links."""

    q = forms.CharField(label="Find a patient", required=False, max_length=200)
    pick = forms.BooleanField(required=False)


class DuplicateQuery(Form):
    """As much of a registration as has been typed so far; what can't be read yet is not asked about."""

    family_name = forms.CharField(required=False)
    given_name = forms.CharField(required=False)
    birth_date = DateTextField(required=False)
    phone = forms.CharField(required=False)
    mobile = forms.CharField(required=False)
    duplicate_reason = forms.CharField(required=False)

    def duplicates(self, visible: QuerySet[Patient]) -> list[Duplicate]:
        """Who of ``visible`` may be the same person."""
        self.is_valid()
        return _duplicates(self.cleaned_data, visible)


class DemographicsForm(Form):
    """What registration and change have in common."""

    family_name = forms.CharField(label="Family name", max_length=80)
    given_name = forms.CharField(label="Given name", max_length=80)
    middle_name = forms.CharField(label="Middle name", max_length=80, required=False)
    suffix = forms.CharField(label="Suffix", max_length=20, required=False)
    preferred_name = forms.CharField(label="Goes by", max_length=80, required=False)
    pronouns = forms.CharField(label="Pronouns", max_length=40, required=False)
    birth_date = DateTextField(label="Date of birth", help_text="Month first or by name: 3/14/1962, 14-Mar-1962.")
    gender = forms.ChoiceField(label="Sex", choices=[("", "Choose"), *AdministrativeGender.choices])
    birth_sex = forms.ChoiceField(
        label="Sex at birth", choices=[_NOT_ASKED, *AdministrativeGender.choices], required=False
    )
    gender_identity = forms.CharField(label="Gender identity", max_length=80, required=False)
    sexual_orientation = forms.CharField(label="Sexual orientation", max_length=80, required=False)
    race = forms.MultipleChoiceField(
        label="Race", choices=RaceCategory, widget=forms.CheckboxSelectMultiple, required=False
    )
    ethnicity = forms.ChoiceField(label="Ethnicity", choices=[_NOT_ASKED, *EthnicityCategory.choices], required=False)
    tribal_affiliation = forms.CharField(label="Tribal affiliation", max_length=120, required=False)
    language = forms.ChoiceField(label="Preferred language", required=False)
    interpreter_needed = forms.BooleanField(label="Needs an interpreter", required=False)
    line1 = forms.CharField(label="Street", max_length=55, required=False)
    line2 = forms.CharField(label="Apartment", max_length=55, required=False)
    city = forms.CharField(label="City", max_length=30, required=False)
    state = StateField()
    postal_code = ZipField()
    phone = forms.CharField(label="Home phone", max_length=40, required=False)
    mobile = forms.CharField(label="Mobile phone", max_length=40, required=False)
    email = forms.EmailField(label="E-mail", max_length=254, required=False)

    def __init__(self, *args: Any, language: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(str(value), str(label)) for value, label in Language.choices]
        other = [(language, language_name(language))] if language and language not in dict(known) else []
        _choice(self, "language").choices = [_NOT_ASKED, *known, *other]
        for name in ("line1", "city", "state", "postal_code", "phone", "mobile", "email"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_phone(self) -> str:
        """The number as it is stored; raises ValidationError for what is no number."""
        return _phone(self.cleaned_data["phone"])

    def clean_mobile(self) -> str:
        """As the home number."""
        return _phone(self.cleaned_data["mobile"])

    def clean(self) -> dict[str, Any]:
        """An address is whole or not there."""
        data = super().clean() or self.cleaned_data
        if any(data.get(name) for name in (*_ADDRESS_WORDS, "line2")):
            for name, words in _ADDRESS_WORDS.items():
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return data

    def demographics(self) -> dict[str, Any]:
        """The arguments that both actions take."""
        data = self.cleaned_data
        return {
            **{name: data[name] for name in _COLUMNS},
            **{name: data[name] for name in _CONTACTS},
            "race": _codings(data["race"], RaceCategory),
            "ethnicity": _codings([data["ethnicity"]] if data["ethnicity"] else [], EthnicityCategory),
            "address": {name: data[name] for name in ADDRESS_PARTS},
        }


class RegistrationForm(DemographicsForm):
    """A new patient, with the emergency contact and the primary policy if they are at hand."""

    token = IdempotencyField(initial=uuid7)
    contact_given_name = forms.CharField(label="Given name", max_length=80, required=False)
    contact_family_name = forms.CharField(label="Family name", max_length=80, required=False)
    contact_relationship = forms.CharField(label="Relationship", max_length=60, required=False)
    contact_phone = forms.CharField(label="Telephone", max_length=40, required=False)
    payer = forms.ModelChoiceField(
        label="Payer", queryset=Payer.objects.none(), required=False, empty_label="None, the patient pays"
    )
    subscriber_id = forms.CharField(label="Member ID", max_length=30, required=False)
    group_number = forms.CharField(label="Group number", max_length=30, required=False)
    period_start = DateTextField(label="Covered from", required=False)
    duplicate_reason = forms.CharField(
        label="Why this is another person",
        max_length=200,
        required=False,
        help_text="For example: twin, parent of the same name, checked with photo ID.",
    )

    def __init__(self, *args: Any, visible: QuerySet[Patient], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visible = visible
        self.duplicates: list[Duplicate] = []
        payer = self.fields["payer"]
        assert isinstance(payer, forms.ModelChoiceField)  # noqa: S101  declared above
        payer.queryset = active_payers()

    def clean_contact_phone(self) -> str:
        """As the patient's own number."""
        return _phone(self.cleaned_data["contact_phone"])

    def clean(self) -> dict[str, Any]:
        """A policy needs its number, a contact a name and a relationship, a likely duplicate a reason."""
        data = super().clean()
        if data.get("payer") and not data.get("subscriber_id"):
            self.add_error("subscriber_id", "Enter the member ID as it stands on the card.")
        if any(data.get(f"contact_{name}") for name in ("given_name", "family_name", "relationship", "phone")):
            for name, words in {"family_name": "family name", "relationship": "relationship"}.items():
                if not data.get(f"contact_{name}"):
                    self.add_error(f"contact_{name}", f"Enter the emergency contact's {words}.")
        # The form may come twice: the patient whom it made the first time is no duplicate of itself.
        self.duplicates = _duplicates(
            data, self.visible.exclude(pk=data["token"]) if data.get("token") else self.visible
        )
        if self.duplicates and not data.get("duplicate_reason"):
            self.add_error("duplicate_reason", "Open the patient on file, or say why this is another person.")
        return data

    def registration(self) -> dict[str, Any]:
        """The arguments of ``register_patient``."""
        data = self.cleaned_data
        contact = ("given_name", "family_name", "relationship", "phone")
        coverage = {name: data[name] for name in ("payer", "subscriber_id", "group_number", "period_start")}
        return {
            **self.demographics(),
            "emergency_contact": {name: data[f"contact_{name}"] for name in contact},
            "coverage": coverage if data["payer"] else None,
            "duplicate_reason": data["duplicate_reason"],
            "request_token": data["token"],
        }


class PatientForm(DemographicsForm):
    """A change of a patient on file. ``version`` is the state of the row that the page showed."""

    version = forms.DateTimeField(widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"])
    keep_old_name = forms.BooleanField(
        label="Keep the name before as a previous name",
        required=False,
        initial=True,
        help_text="Leave it off only for a slip of the keyboard. Nothing happens where the name stays the same.",
    )
    died_on = DateTextField(label="Date of death", required=False)
    active = forms.BooleanField(label="Patient of this clinic", required=False)

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        super().__init__(*args, language=patient.language, **kwargs)
        self.patient = patient

    def changes(self) -> dict[str, Any]:
        """The arguments of ``update_patient``."""
        data = self.cleaned_data
        return {
            **self.demographics(),
            "active": data["active"],
            "keep_old_name": data["keep_old_name"],
            "version_seen": data["version"],
            "deceased_at": self._deceased_at(),
        }

    def differences(self) -> list[dict[str, str]]:
        """Label, value in this form, value on file, of each visible field in which the two differ."""
        hidden = {field.name for field in self.hidden_fields()}
        return [
            {
                "label": str(self.fields[name].label),
                "mine": _words(self.fields[name], self.cleaned_data.get(name)),
                "theirs": _words(self.fields[name], self.initial.get(name)),
            }
            for name in self.changed_data
            if name not in hidden
        ]

    def _deceased_at(self) -> datetime | None:
        """Noon of the day that was typed, unless the hour of that day is on record."""
        day, known = self.cleaned_data["died_on"], self.patient.deceased_at
        if day is None or (known is not None and timezone.localdate(known, clinic_zone()) == day):
            return known if day else None
        return datetime.combine(day, time(12), clinic_zone())


class RelatedPersonForm(Form):
    """Someone of the patient's."""

    given_name = forms.CharField(label="Given name", max_length=80, required=False)
    family_name = forms.CharField(label="Family name", max_length=80)
    relationship = forms.CharField(label="Relationship", max_length=60)
    phone = forms.CharField(label="Telephone", max_length=40, required=False)
    emergency_contact = forms.BooleanField(label="Emergency contact", required=False)
    guarantor = forms.BooleanField(label="Guarantor: pays what insurance doesn't", required=False)


def version_text(patient: Patient) -> str:
    """The state of a row, as the hidden field carries it."""
    return f"{patient.updated_at:%Y-%m-%dT%H:%M:%S.%f%z}"


def patient_initial(patient: Patient, address: Mapping[str, str], contacts: Mapping[str, str]) -> dict[str, Any]:
    """What the form of a patient on file shows first."""
    died = timezone.localdate(patient.deceased_at, clinic_zone()) if patient.deceased_at else None
    return {
        **{name: getattr(patient, name) for name in _COLUMNS},
        "race": [coding["code"] for coding in patient.race],
        "ethnicity": next((coding["code"] for coding in patient.ethnicity), ""),
        **address,
        **contacts,
        "version": version_text(patient),
        "keep_old_name": True,
        "died_on": died,
        "active": patient.active,
    }


def _duplicates(data: Mapping[str, Any], visible: QuerySet[Patient]) -> list[Duplicate]:
    return likely_duplicates(
        visible,
        given_name=data.get("given_name") or "",
        family_name=data.get("family_name") or "",
        birth_date=data.get("birth_date"),
        phones=[number for name in ("phone", "mobile") if (number := _phone_or_nothing(data.get(name) or ""))],
    )


def _words(field: forms.Field, value: Any) -> str:
    """A value as the form's reader knows it: the choice's label, the day, yes or no."""
    if isinstance(field, forms.ChoiceField):
        labels = {str(code): str(label) for code, label in list(field.choices)}  # type: ignore
        codes = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(str(code), str(code)) for code in codes if code)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return formats.day(value) if isinstance(value, date) else str(value or "")


def _codings(codes: list[str], category: type[RaceCategory] | type[EthnicityCategory]) -> list[dict[str, str]]:
    return [{"system": CDC_RACE_ETHNICITY, "code": code, "display": str(category(code).label)} for code in codes]


def _phone(text: str) -> str:
    try:
        return normal_phone(text)
    except DomainError as error:
        raise forms.ValidationError(str(error)) from error


def _phone_or_nothing(text: str) -> str:
    try:
        return normal_phone(text)
    except DomainError:
        return ""


def _choice(form: forms.BaseForm, name: str) -> forms.ChoiceField:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  declared as one
    return field
