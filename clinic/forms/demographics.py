"""What registration and change of a patient's details have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet

from clinic.actions.telecom import normal_phone
from clinic.backgrounds import codings, groups
from clinic.choices import (
    AdministrativeGender,
    EthnicityCategory,
    Language,
    RaceCategory,
    language_name,
)
from clinic.forms.fields import StateField, ZipField
from clinic.models import Patient, Pharmacy
from clinic.models.patients import ADDRESS_PARTS
from clinic.papers import ContactPreference
from clinic.queries.duplicates import Duplicate, likely_duplicates
from clinic.queries.pharmacies import active_pharmacies
from emr.accounts.models import Practitioner
from emr.shared.errors import DomainError
from emr.ui.forms import DateTextField, Form

NOT_ASKED = ("", "Not recorded")
#: Fields of the form that are columns of the patient under the same name.
COLUMNS = (
    *("family_name", "given_name", "middle_name", "suffix", "preferred_name", "pronouns", "birth_date"),
    *("gender", "birth_sex", "gender_identity", "sexual_orientation", "tribal_affiliation", "marital_status"),
    *("language", "interpreter_needed", "occupation", "industry"),
    *("contact_preference", "email_reminders", "sms_reminders", "primary_care", "primary_pharmacy"),
)
CONTACTS = ("phone", "mobile", "work", "email")
_ADDRESS_WORDS = {
    "line1": "Enter the street.",
    "city": "Enter the city.",
    "state": "Enter the state.",
    "postal_code": "Enter the ZIP code.",
}
_MARITAL = ("Never married", "Married", "Domestic partner", "Separated", "Divorced", "Widowed")
#: Words that are offered while one types; any other may be typed.
SUGGESTED = {
    "pronouns": ("she/her", "he/him", "they/them"),
    "gender_identity": ("Female", "Male", "Transgender female", "Transgender male", "Non-binary", "Chose not to say"),
    "sexual_orientation": (
        *("Straight or heterosexual", "Lesbian, gay or homosexual", "Bisexual", "Something else", "Doesn't know"),
        "Chose not to say",
    ),
    "relationship": (
        *("Mother", "Father", "Spouse", "Partner", "Daughter", "Son", "Sister", "Brother", "Grandparent"),
        *("Guardian", "Friend", "Neighbor"),
    ),
    "suffix": ("Jr", "Sr", "II", "III", "IV"),
}


class DemographicsForm(Form):
    """Every element of USCDI's demographics; only name, birth date and sex have to be answered."""

    family_name = forms.CharField(label="Family name", max_length=80)
    given_name = forms.CharField(label="Given name", max_length=80)
    middle_name = forms.CharField(label="Middle name", max_length=80, required=False)
    title = forms.CharField(label="Title", max_length=20, required=False)
    suffix = forms.CharField(label="Suffix", max_length=20, required=False)
    preferred_name = forms.CharField(label="Goes by", max_length=80, required=False)
    pronouns = forms.CharField(label="Pronouns", max_length=40, required=False)
    birth_date = DateTextField(label="Date of birth", help_text="Like 3/14/1962 or 14-Mar-1962.")
    gender = forms.ChoiceField(label="Sex", choices=[("", "Choose"), *AdministrativeGender.choices])
    birth_sex = forms.ChoiceField(
        label="Sex at birth", choices=[NOT_ASKED, *AdministrativeGender.choices], required=False
    )
    gender_identity = forms.CharField(label="Gender identity", max_length=80, required=False)
    sexual_orientation = forms.CharField(label="Sexual orientation", max_length=80, required=False)
    race = forms.MultipleChoiceField(
        label="Race", choices=RaceCategory, widget=forms.CheckboxSelectMultiple, required=False
    )
    race_detail = forms.MultipleChoiceField(
        label="Race in more detail", choices=lambda: groups(RaceCategory), required=False
    )
    ethnicity = forms.ChoiceField(label="Ethnicity", choices=[NOT_ASKED, *EthnicityCategory.choices], required=False)
    ethnicity_detail = forms.MultipleChoiceField(
        label="Ethnicity in more detail", choices=lambda: groups(EthnicityCategory), required=False
    )
    tribal_affiliation = forms.CharField(label="Tribal affiliation", max_length=120, required=False)
    marital_status = forms.ChoiceField(label="Marital status", required=False)
    language = forms.ChoiceField(label="Preferred language", required=False)
    interpreter_needed = forms.BooleanField(label="Needs an interpreter", required=False)
    occupation = forms.CharField(label="Occupation", max_length=120, required=False)
    industry = forms.CharField(label="Industry", max_length=120, required=False)
    line1 = forms.CharField(label="Street", max_length=55, required=False)
    line2 = forms.CharField(label="Apartment", max_length=55, required=False)
    city = forms.CharField(label="City", max_length=30, required=False)
    state = StateField()
    postal_code = ZipField()
    phone = forms.CharField(label="Home phone", max_length=40, required=False)
    mobile = forms.CharField(label="Mobile phone", max_length=40, required=False)
    work = forms.CharField(label="Work phone", max_length=40, required=False)
    email = forms.EmailField(label="E-mail", max_length=254, required=False)
    contact_preference = forms.ChoiceField(
        label="Likes to be reached by", choices=[NOT_ASKED, *ContactPreference.choices], required=False
    )
    email_reminders = forms.BooleanField(label="Agrees to reminders by e-mail", required=False)
    sms_reminders = forms.BooleanField(label="Agrees to reminders by text message", required=False)
    primary_care = forms.ModelChoiceField(
        label="Primary care clinician", queryset=Practitioner.objects.none(), required=False, empty_label="Not recorded"
    )
    primary_pharmacy = forms.ModelChoiceField(
        label="Pharmacy", queryset=Pharmacy.objects.none(), required=False, empty_label="Not recorded"
    )
    duplicate_reason = forms.CharField(
        label="Why this is another person",
        max_length=200,
        required=False,
        help_text="For example: twin, parent of the same name, checked with photo ID.",
    )

    def __init__(self, *args: Any, visible: QuerySet[Patient], patient: Patient | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visible = visible
        self.duplicates: list[Duplicate] = []
        known = [(str(value), str(label)) for value, label in Language.choices]
        self._ask("language", known, patient.language if patient else "", language_name)
        self._ask("marital_status", [(word, word) for word in _MARITAL], patient.marital_status if patient else "")
        present = (patient.primary_care_id, patient.primary_pharmacy_id) if patient else (None, None)
        seers = Practitioner.objects.filter(active=True) | Practitioner.objects.filter(
            pk__in=filter(None, [present[0]])
        )
        self.offer("primary_care", seers)
        self.offer("primary_pharmacy", active_pharmacies(present[1]))
        for name in SUGGESTED.keys() & self.fields.keys():
            self.fields[name].widget.attrs["list"] = f"{name}-words"
        for name in ("line1", "city", "state", "postal_code", *CONTACTS):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_phone(self) -> str:
        """The number as it is stored; raises ValidationError for what is no number."""
        return phone_or_error(self.cleaned_data["phone"])

    def clean_mobile(self) -> str:
        """As the home number."""
        return phone_or_error(self.cleaned_data["mobile"])

    def clean_work(self) -> str:
        """As the home number."""
        return phone_or_error(self.cleaned_data["work"])

    def clean(self) -> dict[str, Any]:
        """An address is whole or not there; who agrees to reminders can be reached by them."""
        data = super().clean() or self.cleaned_data
        if any(data.get(name) for name in (*_ADDRESS_WORDS, "line2")):
            for name, words in _ADDRESS_WORDS.items():
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, words)
        if data.get("sms_reminders") and not data.get("mobile") and "mobile" not in self.errors:
            self.add_error("mobile", "Enter the mobile phone to which reminders go.")
        if data.get("email_reminders") and not data.get("email") and "email" not in self.errors:
            self.add_error("email", "Enter the e-mail address to which reminders go.")
        return data

    def ask_duplicates(self, apart_from: Any) -> None:
        """Find who may be the same person, and demand a reason where somebody surely may."""
        data = self.cleaned_data
        self.duplicates = duplicates_of(data, self.visible, apart_from)
        if any(one.sure for one in self.duplicates) and not data.get("duplicate_reason"):
            self.add_error("duplicate_reason", "Open the patient on file, or say why this is another person.")

    def demographics(self) -> dict[str, Any]:
        """The arguments that both actions take."""
        data = self.cleaned_data
        ethnicity = [data["ethnicity"]] if data["ethnicity"] else []
        return {
            **{name: data[name] for name in (*COLUMNS, *CONTACTS)},
            "prefix": data["title"],
            "race": codings([*data["race"], *data["race_detail"]], RaceCategory),
            "ethnicity": codings([*ethnicity, *data["ethnicity_detail"]], EthnicityCategory),
            "address": {name: data[name] for name in ADDRESS_PARTS},
        }

    def touched(self, *names: str) -> bool:
        """Whether a part of the form says something or is wrong, so that its page shows it open."""
        if any(name in self.errors for name in names):
            return True
        return any(self[name].value() not in (None, "", [], False) for name in names)

    def _ask(self, name: str, known: list[tuple[str, str]], present: str, words: Any = str) -> None:
        """The choices, and what is on file where it is none of them."""
        other = [(present, words(present))] if present and present not in dict(known) else []
        self.offer(name, [NOT_ASKED, *known, *other])


def duplicates_of(data: Mapping[str, Any], visible: QuerySet[Patient], apart_from: Any = None) -> list[Duplicate]:
    """Who of ``visible`` may be the person of a form, as far as it can be read."""
    numbers = (readable_phone(data.get(name) or "") for name in ("phone", "mobile"))
    return likely_duplicates(
        visible,
        given_name=data.get("given_name") or "",
        family_name=data.get("family_name") or "",
        birth_date=data.get("birth_date"),
        phones=list(filter(None, numbers)),
        apart_from=apart_from,
    )


def phone_or_error(text: str) -> str:
    """The number as it is stored. Raises ValidationError."""
    try:
        return normal_phone(text)
    except DomainError as error:
        raise forms.ValidationError(str(error)) from error


def readable_phone(text: str) -> str:
    """The number as it is stored; empty for what is none, or none yet."""
    try:
        return normal_phone(text)
    except DomainError:
        return ""


def filled(data: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Whether any of these fields was answered."""
    return any(data.get(name) for name in names)
