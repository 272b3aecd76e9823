"""The patient: who this is, how to reach them, who else is theirs (FHIR Patient, RelatedPerson)."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.indexes import OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Reverse, Upper

from clinic.choices import (
    AddressUse,
    AdministrativeGender,
    ContactSystem,
    ContactUse,
    NameUse,
)
from clinic.models.name_search import folded_column
from clinic.papers import ContactPreference
from emr.accounts.models import US_STATE, ZIP_CODE, Address
from emr.audit.registry import recorded
from emr.shared.identifiers import format_mrn
from emr.shared.records import ErrableMixin, Recorded, choices_constraint, paired, period_constraint

_NAMED_ANEW = pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]  # the library's
    "family_name", "given_name", "middle_name", "preferred_name"
)
#: The parts of an address, in the order of an envelope.
ADDRESS_PARTS = ("line1", "line2", "city", "state", "postal_code")


@recorded(patient="pk")
class Patient(Recorded):
    """A person in care. The columns hold the official name; other names are PatientName rows.

    ``restricted`` hides the chart from everybody without a grant for this patient. ``replaced_by`` is the chart into
    which this one was merged: never one that was merged itself. The reminders are what the patient
    has agreed to. ``demographics_verified`` is when somebody last went through the details with the patient.
    """

    mrn = models.CharField("MRN", max_length=12, unique=True, validators=[RegexValidator(r"^\d{7,12}$")])
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80)
    middle_name = models.CharField(max_length=80, blank=True)
    suffix = models.CharField(max_length=20, blank=True)
    prefix = models.CharField("title", max_length=20, blank=True)
    preferred_name = models.CharField(max_length=80, blank=True)
    pronouns = models.CharField(max_length=40, blank=True)
    birth_date = models.DateField("date of birth")
    gender = models.CharField("sex", max_length=7, choices=AdministrativeGender)
    birth_sex = models.CharField("sex at birth", max_length=7, choices=AdministrativeGender, blank=True)
    gender_identity = models.CharField(max_length=80, blank=True)
    sexual_orientation = models.CharField(max_length=80, blank=True)
    race = models.JSONField(default=list, blank=True)
    ethnicity = models.JSONField(default=list, blank=True)
    tribal_affiliation = models.CharField(max_length=120, blank=True)
    marital_status = models.CharField(max_length=40, blank=True)
    language = models.CharField("preferred language", max_length=20, blank=True, help_text="BCP 47, for example es.")
    interpreter_needed = models.BooleanField(default=False)
    contact_preference = models.CharField(max_length=5, choices=ContactPreference, blank=True)
    email_reminders = models.BooleanField("reminders by e-mail", default=False)
    sms_reminders = models.BooleanField("reminders by text message", default=False)
    occupation = models.CharField(max_length=120, blank=True)
    industry = models.CharField(max_length=120, blank=True)
    deceased_at = models.DateTimeField("died", null=True, blank=True)
    multiple_birth = models.PositiveSmallIntegerField(null=True, blank=True)
    primary_care = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    primary_pharmacy = models.ForeignKey(
        "clinic.Pharmacy", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    active = models.BooleanField(default=True)
    restricted = models.BooleanField(default=False)
    demographics_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    demographics_verified_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    replaced_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaces", editable=False
    )

    class Meta:
        ordering = ["family_name", "given_name"]
        permissions = [("view_restricted_chart", "May open this restricted chart")]
        constraints = [
            choices_constraint("clinic_patient_gender", "gender", AdministrativeGender),
            models.CheckConstraint(
                name="clinic_patient_contact_preference",
                condition=Q(contact_preference__in=["", *ContactPreference.values]),
            ),
            paired("clinic_patient_verified", "demographics_verified_at", "demographics_verified_by"),
            models.CheckConstraint(name="clinic_patient_replaced", condition=Q(replaced_by=None) | Q(active=False)),
            models.CheckConstraint(name="clinic_patient_mrn", condition=Q(mrn__regex=r"^\d{7,12}$")),
            models.CheckConstraint(name="clinic_patient_named", condition=~Q(family_name="") & ~Q(given_name="")),
        ]
        indexes = [
            models.Index(fields=["birth_date"], name="clinic_patient_birth"),
            models.Index(
                folded_column("family_name"), folded_column("given_name"), "birth_date", name="clinic_patient_by_family"
            ),
            models.Index(
                folded_column("given_name"), folded_column("family_name"), "birth_date", name="clinic_patient_by_given"
            ),
            models.Index(OpClass(Upper("family_name"), name="text_pattern_ops"), name="clinic_patient_family"),
            models.Index(OpClass(Upper("given_name"), name="text_pattern_ops"), name="clinic_patient_given"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="search_words",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | _NAMED_ANEW,
                func="PERFORM clinic_keep_words(NEW.id); RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} (MRN {format_mrn(self.mrn)})"

    @property
    def full_name(self) -> str:
        """The official name in reading order."""
        parts = (self.prefix, self.given_name, self.middle_name, self.family_name, self.suffix)
        return " ".join(part for part in parts if part)

    @property
    def sort_name(self) -> str:
        """The name as lists and banners show it: FAMILY Given."""
        return f"{self.family_name.upper()} {self.given_name}"


@recorded(patient="patient_id")
class PatientName(Recorded, ErrableMixin):
    """A name beside the official one: maiden, previous, alias (FHIR HumanName)."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="names")
    use = models.CharField(max_length=10, choices=NameUse)
    family_name = models.CharField(max_length=80, blank=True)
    given_name = models.CharField(max_length=80, blank=True)
    middle_name = models.CharField(max_length=80, blank=True)
    suffix = models.CharField(max_length=20, blank=True)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)

    class Meta(ErrableMixin.Meta):
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_patientname_use", "use", NameUse),
            period_constraint("clinic_patientname_period", "period_start", "period_end"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="search_words",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    PERFORM clinic_keep_words(NEW.patient_id);
                    IF TG_OP = 'UPDATE' AND OLD.patient_id <> NEW.patient_id THEN
                        PERFORM clinic_keep_words(OLD.patient_id);
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.given_name, self.middle_name, self.family_name, self.suffix)))


@recorded(patient="patient_id")
class PatientAddress(Recorded, ErrableMixin, Address):
    """Where the patient lives, stays or lived (FHIR Address); clinic.queries.addresses says which holds on a day."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="addresses")
    use = models.CharField(max_length=10, choices=AddressUse, default=AddressUse.HOME)
    country = models.CharField(max_length=2, default="US")
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)

    class Meta(ErrableMixin.Meta):
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_patientaddress_use", "use", AddressUse),
            period_constraint("clinic_patientaddress_period", "period_start", "period_end"),
            models.UniqueConstraint(
                fields=["patient", "use"],
                name="clinic_patientaddress_current",
                condition=Q(period_end=None, entered_in_error_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line1}, {self.city}, {self.state} {self.postal_code}"


@recorded(patient="patient_id", exclude=("digits",))
class ContactPoint(Recorded, ErrableMixin):
    """A telephone number or an address for mail (FHIR ContactPoint).

    ``value`` is what was typed; ``digits`` its digits alone, by which a telephone number is found.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="telecom")
    system = models.CharField(max_length=5, choices=ContactSystem)
    use = models.CharField(max_length=6, choices=ContactUse, default=ContactUse.HOME)
    value = models.CharField(max_length=254)
    digits = models.GeneratedField(
        expression=Func("value", Value(r"\D"), Value(""), Value("g"), function="regexp_replace"),
        output_field=models.CharField(max_length=254),
        db_persist=True,
    )
    rank = models.PositiveSmallIntegerField(default=1)
    period_end = models.DateField(null=True, blank=True)

    class Meta(ErrableMixin.Meta):
        ordering = ["rank", "created_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_contactpoint_system", "system", ContactSystem),
            choices_constraint("clinic_contactpoint_use", "use", ContactUse),
        ]
        indexes = [
            models.Index(OpClass("digits", name="text_pattern_ops"), name="clinic_contact_digits"),
            models.Index(OpClass(Reverse("digits"), name="text_pattern_ops"), name="clinic_contact_last_digits"),
        ]

    def __str__(self) -> str:
        return self.value


@recorded(patient="patient_id")
class RelatedPerson(Recorded, ErrableMixin):
    """Someone of the patient's: next of kin, guardian, emergency contact, guarantor (FHIR RelatedPerson).

    The address is whole or empty. Who has an end of the period is not asked any more. Of those who are, one at most is
    the guarantor; whoever was it until an end stays marked as the one who was.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="related_persons")
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80, blank=True)
    relationship = models.CharField(max_length=60)
    birth_date = models.DateField("date of birth", null=True, blank=True)
    gender = models.CharField("sex", max_length=7, choices=AdministrativeGender, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    email = models.EmailField("e-mail", max_length=254, blank=True)
    line1 = models.CharField("street", max_length=55, blank=True)
    line2 = models.CharField("apartment, suite", max_length=55, blank=True)
    city = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=2, blank=True, validators=[US_STATE])
    postal_code = models.CharField("ZIP code", max_length=10, blank=True, validators=[ZIP_CODE])
    emergency_contact = models.BooleanField(default=False)
    guarantor = models.BooleanField(default=False)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)

    class Meta(ErrableMixin.Meta):
        constraints = [
            *ErrableMixin.Meta.constraints,
            models.CheckConstraint(
                name="clinic_relatedperson_gender", condition=Q(gender__in=["", *AdministrativeGender.values])
            ),
            models.CheckConstraint(
                name="clinic_relatedperson_address",
                condition=Q(line1="", line2="", city="", state="", postal_code="")
                | (~Q(line1="") & ~Q(city="") & ~Q(state="") & ~Q(postal_code="")),
            ),
            period_constraint("clinic_relatedperson_period", "period_start", "period_end"),
            models.UniqueConstraint(
                fields=["patient"],
                name="clinic_relatedperson_one_guarantor",
                condition=Q(guarantor=True, period_end=None, entered_in_error_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()
