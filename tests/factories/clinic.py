"""Patients and their chart."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import Permission
from django.db import transaction

from clinic.models import (
    AllergyIntolerance,
    AllergyReaction,
    ContactPoint,
    Coverage,
    Patient,
    PatientAddress,
    PatientName,
    PatientUserGrant,
    Payer,
    RelatedPerson,
)
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.identifiers import make_mrn
from tests.factories.base import RecordFactory, factory, someone


class PatientFactory(RecordFactory[Patient]):
    class Meta:
        model = Patient

    mrn = factory.Sequence(lambda n: make_mrn(500000 + n))
    family_name = factory.Sequence(lambda n: f"Testperson{n}")
    given_name = "Maria"
    birth_date = date(1962, 3, 14)
    gender = "female"


class PatientNameFactory(RecordFactory[PatientName]):
    class Meta:
        model = PatientName

    patient = factory.SubFactory(PatientFactory)
    use = "old"
    family_name = "Formerly"
    given_name = "Maria"


class PatientAddressFactory(RecordFactory[PatientAddress]):
    class Meta:
        model = PatientAddress

    patient = factory.SubFactory(PatientFactory)
    line1 = "12 Elm Street"
    city = "Springfield"
    state = "IL"
    postal_code = "62701"


class ContactPointFactory(RecordFactory[ContactPoint]):
    class Meta:
        model = ContactPoint

    patient = factory.SubFactory(PatientFactory)
    system = "phone"
    use = "home"
    value = "+12175550142"


class RelatedPersonFactory(RecordFactory[RelatedPerson]):
    class Meta:
        model = RelatedPerson

    patient = factory.SubFactory(PatientFactory)
    family_name = "Kin"
    given_name = "Next"
    relationship = "Sister"
    phone = "+12175550177"
    emergency_contact = True


class PayerFactory(RecordFactory[Payer]):
    class Meta:
        model = Payer

    name = factory.Sequence(lambda n: f"Prairie Health Plan {n}")
    payer_id = "PRA01"
    type = "group"
    claim_filing_code = "CI"
    address_line1 = "PO Box 100"
    city = "Chicago"
    state = "IL"
    postal_code = "60601"


class CoverageFactory(RecordFactory[Coverage]):
    """A policy in force since 2020, the patient's own."""

    class Meta:
        model = Coverage

    patient = factory.SubFactory(PatientFactory)
    payer = factory.SubFactory(PayerFactory)
    subscriber_id = factory.Sequence(lambda n: f"MEM{n:06d}")
    order = 1
    period_start = date(2020, 1, 1)


def grant_chart(user: User, patient: Patient) -> PatientUserGrant:
    """Let one person open one restricted chart."""
    permission = Permission.objects.get(codename="view_restricted_chart")
    with transaction.atomic(), acting(someone()):
        return PatientUserGrant.objects.create(user=user, permission=permission, content_object=patient)


class AllergyIntoleranceFactory(RecordFactory[AllergyIntolerance]):
    class Meta:
        model = AllergyIntolerance

    patient = factory.SubFactory(PatientFactory)
    display = factory.Sequence(lambda n: f"Substance {n}")


class AllergyReactionFactory(RecordFactory[AllergyReaction]):
    """A reaction of an allergy, which must be given: ``AllergyReactionFactory(allergy=…)``."""

    class Meta:
        model = AllergyReaction

    patient = factory.SelfAttribute("allergy.patient")
    display = "Hives"
