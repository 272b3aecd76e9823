"""Forms about the person: search, registration, change of demographics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from clinic.backgrounds import split
from clinic.choices import EthnicityCategory, RaceCategory
from clinic.forms.demographics import COLUMNS, DemographicsForm, duplicates_of, filled, phone_or_error
from clinic.models import Patient, Payer
from clinic.queries.coverages import active_payers
from clinic.queries.duplicates import Duplicate
from emr.shared.dates import clinic_zone
from emr.shared.records import uuid7
from emr.ui import formats
from emr.ui.forms import DateTextField, Form, IdempotencyField

_PERSON = ("given_name", "family_name", "relationship", "phone")


class SearchForm(Form):
    """The search box. ``pick`` asks for choices to put into another form, not for links."""

    q = forms.CharField(label="Find a patient", required=False, max_length=200)
    pick = forms.BooleanField(required=False)


class DuplicateQuery(Form):
    """As much of a form as has been typed so far; what can't be read yet is not asked about.

    ``shown`` is what the page shows already, so that nothing moves under the hands of who types on.
    """

    family_name = forms.CharField(required=False)
    given_name = forms.CharField(required=False)
    birth_date = DateTextField(required=False)
    phone = forms.CharField(required=False)
    mobile = forms.CharField(required=False)
    shown = forms.CharField(required=False)

    def duplicates(self, visible: QuerySet[Patient], apart_from: Patient | None = None) -> list[Duplicate]:
        """Who of ``visible`` may be the same person."""
        self.is_valid()
        return duplicates_of(self.cleaned_data, visible, apart_from.pk if apart_from else None)


class RegistrationForm(DemographicsForm):
    """A new patient, with contact, guarantor and primary policy if they are at hand."""

    token = IdempotencyField(initial=uuid7)
    former_family_name = forms.CharField(label="Family name before", max_length=80, required=False)
    contact_given_name = forms.CharField(label="Given name", max_length=80, required=False)
    contact_family_name = forms.CharField(label="Family name", max_length=80, required=False)
    contact_relationship = forms.CharField(label="Relationship", max_length=60, required=False)
    contact_phone = forms.CharField(label="Telephone", max_length=40, required=False)
    contact_pays = forms.BooleanField(label="This person is the guarantor, who gets the bills", required=False)
    payer = forms.ModelChoiceField(
        label="Payer", queryset=Payer.objects.none(), required=False, empty_label="None, the patient pays"
    )
    subscriber_id = forms.CharField(label="Member ID", max_length=30, required=False)
    group_number = forms.CharField(label="Group number", max_length=30, required=False)
    period_start = DateTextField(label="Covered from", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("payer", active_payers())
        self.fields["contact_relationship"].widget.attrs["list"] = "relationship-words"

    def clean_contact_phone(self) -> str:
        """As the patient's own number."""
        return phone_or_error(self.cleaned_data["contact_phone"])

    def clean(self) -> dict[str, Any]:
        """A policy needs its number, a contact a name and a relationship, a likely duplicate a reason."""
        data = super().clean()
        if data.get("payer") and not data.get("subscriber_id"):
            self.add_error("subscriber_id", "Enter the member ID as it stands on the card.")
        if filled(data, (f"contact_{name}" for name in (*_PERSON, "pays"))):
            for name, words in {"family_name": "family name", "relationship": "relationship"}.items():
                if not data.get(f"contact_{name}"):
                    self.add_error(f"contact_{name}", f"Enter the emergency contact's {words}.")
        # The form may come twice: the patient whom it made the first time is no duplicate of itself.
        self.ask_duplicates(data.get("token"))
        return data

    def registration(self) -> dict[str, Any]:
        """The arguments of ``register_patient``."""
        data = self.cleaned_data
        coverage = {name: data[name] for name in ("payer", "subscriber_id", "group_number", "period_start")}
        contact = {name: data[f"contact_{name}"] for name in _PERSON}
        return {
            **self.demographics(),
            "emergency_contact": {**contact, "guarantor": data["contact_pays"]},
            "coverage": coverage if data["payer"] else None,
            "former_family_name": data["former_family_name"],
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
        super().__init__(*args, patient=patient, **kwargs)
        self.patient = patient

    def clean(self) -> dict[str, Any]:
        """A change of name, birth date or telephone may show that this patient has a second chart."""
        data = super().clean()
        if {"family_name", "given_name", "birth_date", "phone", "mobile"} & set(self.changed_data):
            self.ask_duplicates(self.patient.pk)
        return data

    def changes(self) -> dict[str, Any]:
        """The arguments of ``update_patient``. Codes that the form doesn't know stay."""
        data, changes = self.cleaned_data, self.demographics()
        changes["race"] += split(self.patient.race, RaceCategory)[2]
        changes["ethnicity"] += split(self.patient.ethnicity, EthnicityCategory)[2]
        return {
            **changes,
            "active": data["active"],
            "keep_old_name": data["keep_old_name"],
            "version_seen": data["version"],
            "deceased_at": self._deceased_at(),
            "duplicate_reason": data["duplicate_reason"],
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


def version_text(row: Any) -> str:
    """The state of a row, as the hidden field carries it."""
    return f"{row.updated_at:%Y-%m-%dT%H:%M:%S.%f%z}"


def patient_initial(patient: Patient, address: Mapping[str, str], contacts: Mapping[str, str]) -> dict[str, Any]:
    """What the form of a patient on file shows first."""
    died = timezone.localdate(patient.deceased_at, clinic_zone()) if patient.deceased_at else None
    races, race_detail, _ = split(patient.race, RaceCategory)
    ethnicities, ethnicity_detail, _ = split(patient.ethnicity, EthnicityCategory)
    return {
        **{name: getattr(patient, name) for name in COLUMNS},
        "title": patient.prefix,
        "primary_care": patient.primary_care_id,
        "primary_pharmacy": patient.primary_pharmacy_id,
        "race": races,
        "race_detail": race_detail,
        "ethnicity": next(iter(ethnicities), ""),
        "ethnicity_detail": ethnicity_detail,
        **address,
        **contacts,
        "version": version_text(patient),
        "keep_old_name": True,
        "died_on": died,
        "active": patient.active,
    }


def _words(field: forms.Field, value: Any) -> str:
    """A value as the form's reader knows it: the choice's label, the day, yes or no."""
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        labels = dict(_flat(field.choices))
        codes = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(str(code), str(code)) for code in codes if code)
    if isinstance(field, forms.ModelChoiceField) and value and not hasattr(value, "pk"):
        return str(field.queryset.filter(pk=value).first() or "")  # type: ignore[union-attr]  # set by the form
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return formats.day(value) if isinstance(value, date) else str(value or "")


def _flat(choices: Any) -> list[tuple[str, str]]:
    """Code and label of every choice, those in groups too."""
    found: list[tuple[str, str]] = []
    for code, label in choices:
        found += _flat(label) if isinstance(label, list | tuple) else [(str(code), str(label))]
    return found
