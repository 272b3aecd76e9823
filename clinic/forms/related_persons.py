"""Forms about people around a patient: contacts and guarantors, other names, other addresses, pharmacies."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.choices import AddressUse, AdministrativeGender, NameUse
from clinic.forms.demographics import phone_or_error
from clinic.forms.fields import PeriodDateField, StateField, ZipField
from clinic.forms.patients import version_text
from clinic.models import Pharmacy, RelatedPerson
from clinic.models.patients import ADDRESS_PARTS
from emr.shared.dates import clinic_today
from emr.ui.forms import DateTextField, Form

_PARTS = ("line1", "city", "state", "postal_code")


class AddressForm(Form):
    """An address that is whole; ``needed`` says whether it may be left out."""

    needed = False
    line1 = forms.CharField(label="Street", max_length=55, required=False)
    line2 = forms.CharField(label="Apartment", max_length=55, required=False)
    city = forms.CharField(label="City", max_length=30, required=False)
    state = StateField()
    postal_code = ZipField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.needed:
            for name in _PARTS:
                self.fields[name].required = True

    def clean(self) -> dict[str, Any]:
        """Whole or not there."""
        data = super().clean() or self.cleaned_data
        if not self.needed and any(data.get(name) for name in ADDRESS_PARTS):
            for name in _PARTS:
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, "The address needs this.")
        return data

    def address(self) -> dict[str, str]:
        """The parts, as actions take them."""
        return {name: self.cleaned_data[name] for name in ADDRESS_PARTS}


class RelatedPersonForm(AddressForm):
    """Someone of the patient's."""

    given_name = forms.CharField(label="Given name", max_length=80, required=False)
    family_name = forms.CharField(label="Family name", max_length=80)
    relationship = forms.CharField(label="Relationship", max_length=60)
    birth_date = DateTextField(label="Date of birth", required=False)
    gender = forms.ChoiceField(
        label="Sex", choices=[("", "Not recorded"), *AdministrativeGender.choices], required=False
    )
    phone = forms.CharField(label="Telephone", max_length=40, required=False)
    email = forms.EmailField(label="E-mail", max_length=254, required=False)
    emergency_contact = forms.BooleanField(label="Emergency contact", required=False)
    guarantor = forms.BooleanField(label="Guarantor: gets the bills for what insurance doesn't pay", required=False)
    version = forms.DateTimeField(widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["relationship"].widget.attrs["list"] = "relationship-words"

    def clean_phone(self) -> str:
        """The number as it is stored."""
        return phone_or_error(self.cleaned_data["phone"])

    def person(self) -> dict[str, Any]:
        """The arguments of the actions."""
        names = ("given_name", "family_name", "relationship", "birth_date", "gender", "phone", "email")
        fields = {name: self.cleaned_data[name] for name in (*names, "emergency_contact", "guarantor")}
        return {**fields, "address": self.address()}


class EndForm(Form):
    """The last day of somebody's being a contact."""

    period_end = DateTextField(label="Last day", initial=clinic_today)


class NameForm(Form):
    """A name beside the official one."""

    use = forms.ChoiceField(label="Kind", choices=NameUse, initial=NameUse.OLD)
    family_name = forms.CharField(label="Family name", max_length=80, required=False)
    given_name = forms.CharField(label="Given name", max_length=80, required=False)
    middle_name = forms.CharField(label="Middle name", max_length=80, required=False)
    suffix = forms.CharField(label="Suffix", max_length=20, required=False)
    period_start = DateTextField(label="From", required=False)
    period_end = DateTextField(label="Until", required=False)


class OtherAddressForm(AddressForm):
    """An address beside the present home."""

    needed = True
    field_order = ("use",)
    use = forms.ChoiceField(label="Kind", choices=AddressUse, initial=AddressUse.OLD)
    period_start = PeriodDateField(label="From", required=False)
    period_end = PeriodDateField(
        label="Until", required=False, help_text="The last day, in the future too; empty while nobody knows."
    )


class PharmacyForm(AddressForm):
    """A pharmacy."""

    needed = True
    name = forms.CharField(label="Name", max_length=80)
    ncpdp_id = forms.RegexField(
        r"^\d{7}$",
        label="NCPDP number",
        required=False,
        error_messages={"invalid": "Enter the seven digits, or nothing."},
    )
    phone = forms.CharField(label="Telephone", max_length=40, required=False)
    fax = forms.CharField(label="Fax", max_length=40, required=False)
    active = forms.BooleanField(label="In use", required=False, initial=True)
    version = forms.DateTimeField(widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"], required=False)

    def clean_phone(self) -> str:
        """The number as it is stored."""
        return phone_or_error(self.cleaned_data["phone"])

    def clean_fax(self) -> str:
        """As the telephone."""
        return phone_or_error(self.cleaned_data["fax"])

    def pharmacy(self) -> dict[str, Any]:
        """The arguments of the actions."""
        return {
            **{name: self.cleaned_data[name] for name in ("name", "ncpdp_id", "phone", "fax", "active")},
            **self.address(),
        }


def person_initial(row: RelatedPerson) -> dict[str, Any]:
    """What the form of somebody on file shows first."""
    names = (
        *("given_name", "family_name", "relationship", "birth_date", "gender", "phone", "email"),
        *("emergency_contact", "guarantor", *ADDRESS_PARTS),
    )
    return {**{name: getattr(row, name) for name in names}, "version": version_text(row)}


def pharmacy_initial(row: Pharmacy) -> dict[str, Any]:
    """What the form of a pharmacy on file shows first."""
    names = ("name", "ncpdp_id", "phone", "fax", "active", *ADDRESS_PARTS)
    return {**{name: getattr(row, name) for name in names}, "version": version_text(row)}
