"""What a claim says of a visit beyond its services and diagnoses (FHIR Claim.supportingInfo and Claim.accident)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from billing.choices import IllnessQualifier, OtherDateQualifier, ReferringRole
from billing.models.authorizations import Authorization
from clinic.models import Encounter, Patient
from emr.accounts.models import US_STATE
from emr.audit.registry import recorded
from emr.shared.identifiers import validate_npi
from emr.shared.records import Recorded


@recorded(patient="patient_id", words=("additional_information", "biller_note"))
class ClaimSupportingInfo(Recorded):
    """Boxes 10, 14 to 20, 23 and 32 of a visit's claims, as the biller or the clinician entered them; one row a visit.

    A qualifier comes with its date, a state with an auto accident, a role with the referring practitioner's name, an
    outside laboratory with its name and what it charged. The facility is where the service was given if not at the
    clinic, or the outside laboratory. ``other_referrer`` and ``biller_note`` have no box: they are shown beside the
    claim.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="claim_supporting_info")
    encounter = models.OneToOneField(Encounter, on_delete=models.PROTECT, related_name="claim_supporting_info")
    employment = models.BooleanField("because of employment", default=False)
    auto_accident = models.BooleanField(default=False)
    auto_accident_state = models.CharField(max_length=2, blank=True, validators=[US_STATE])
    other_accident = models.BooleanField(default=False)
    claim_codes = models.CharField("condition codes", max_length=19, blank=True, help_text="Box 10d, spaces between.")
    illness_date = models.DateField("onset", null=True, blank=True)
    illness_qualifier = models.CharField(max_length=3, choices=IllnessQualifier, blank=True)
    other_date = models.DateField(null=True, blank=True)
    other_date_qualifier = models.CharField(max_length=3, choices=OtherDateQualifier, blank=True)
    unable_to_work_start = models.DateField("unable to work from", null=True, blank=True)
    unable_to_work_end = models.DateField("unable to work until", null=True, blank=True)
    referring_role = models.CharField(max_length=2, choices=ReferringRole, blank=True)
    referring_given_name = models.CharField("referrer's first name", max_length=35, blank=True)
    referring_family_name = models.CharField("referrer's last name", max_length=60, blank=True)
    referring_credentials = models.CharField("referrer's credentials", max_length=20, blank=True)
    referring_npi = models.CharField("referrer's NPI", max_length=10, blank=True, validators=[validate_npi])
    hospitalization_start = models.DateField("in hospital from", null=True, blank=True)
    hospitalization_end = models.DateField("in hospital until", null=True, blank=True)
    additional_information = models.CharField(max_length=71, blank=True)
    outside_lab = models.BooleanField("outside laboratory", default=False)
    outside_lab_charge = models.DecimalField(
        "what the laboratory charged", max_digits=8, decimal_places=2, null=True, blank=True
    )
    facility_name = models.CharField("name of the place", max_length=60, blank=True)
    facility_line = models.CharField("street of the place", max_length=55, blank=True)
    facility_city = models.CharField("city of the place", max_length=30, blank=True)
    facility_state = models.CharField("state of the place", max_length=2, blank=True, validators=[US_STATE])
    facility_postal_code = models.CharField("ZIP code of the place", max_length=10, blank=True)
    facility_npi = models.CharField("NPI of the place", max_length=10, blank=True, validators=[validate_npi])
    other_referrer = models.CharField("another referring practitioner", max_length=120, blank=True)
    biller_note = models.CharField("note to the biller", max_length=500, blank=True)
    authorization = models.ForeignKey(
        Authorization, on_delete=models.PROTECT, null=True, blank=True, related_name="visits"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="billing_support_illness", condition=Q(illness_qualifier__in=["", *IllnessQualifier.values])
            ),
            models.CheckConstraint(
                name="billing_support_other_date",
                condition=Q(other_date_qualifier__in=["", *OtherDateQualifier.values]),
            ),
            models.CheckConstraint(
                name="billing_support_referring", condition=Q(referring_role__in=["", *ReferringRole.values])
            ),
            models.CheckConstraint(
                name="billing_support_illness_dated",
                condition=Q(illness_date=None, illness_qualifier="")
                | (Q(illness_date__isnull=False) & ~Q(illness_qualifier="")),
            ),
            models.CheckConstraint(
                name="billing_support_other_dated",
                condition=Q(other_date=None, other_date_qualifier="")
                | (Q(other_date__isnull=False) & ~Q(other_date_qualifier="")),
            ),
            models.CheckConstraint(
                name="billing_support_accident_state", condition=Q(auto_accident_state="") | Q(auto_accident=True)
            ),
            models.CheckConstraint(
                name="billing_support_referrer",
                condition=Q(
                    referring_role="",
                    referring_given_name="",
                    referring_family_name="",
                    referring_credentials="",
                    referring_npi="",
                )
                | (~Q(referring_role="") & ~Q(referring_family_name="")),
            ),
            models.CheckConstraint(
                name="billing_support_outside_lab",
                condition=Q(outside_lab=False, outside_lab_charge=None)
                | (Q(outside_lab=True, outside_lab_charge__gt=0) & ~Q(facility_name="")),
            ),
            models.CheckConstraint(
                name="billing_support_facility",
                condition=~Q(facility_name="")
                | Q(
                    facility_line="",
                    facility_city="",
                    facility_state="",
                    facility_postal_code="",
                    facility_npi="",
                ),
            ),
            models.CheckConstraint(
                name="billing_support_work",
                condition=Q(unable_to_work_end=None)
                | Q(unable_to_work_start__isnull=False, unable_to_work_end__gte=F("unable_to_work_start")),
            ),
            models.CheckConstraint(
                name="billing_support_hospital",
                condition=Q(hospitalization_end=None)
                | Q(hospitalization_start__isnull=False, hospitalization_end__gte=F("hospitalization_start")),
            ),
        ]

    def __str__(self) -> str:
        return f"Claim particulars of {self.encounter}"
