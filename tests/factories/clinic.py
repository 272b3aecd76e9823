"""Patients and their chart."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils import timezone

from clinic.actions.documents import add_document
from clinic.forms.documents import PAPERS
from clinic.models import (
    AllergyIntolerance,
    AllergyReaction,
    ContactPoint,
    Coverage,
    DocumentReference,
    Note,
    NoteUserGrant,
    Patient,
    PatientAddress,
    PatientDenial,
    PatientGroupGrant,
    PatientName,
    PatientUserGrant,
    Payer,
    Pharmacy,
    RelatedPerson,
)
from clinic.models.access import OPEN_CHART, READ_NOTE
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.identifiers import make_mrn
from emr.uploads.incoming import Incoming, check
from tests.emr.uploads.samples import paper, picture
from tests.factories.base import RecordFactory, factory, numbered, someone


class PatientFactory(RecordFactory[Patient]):
    class Meta:
        model = Patient

    mrn = factory.Sequence(lambda n: make_mrn(500000 + n))
    family_name = numbered("Testperson")
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


class PharmacyFactory(RecordFactory[Pharmacy]):
    class Meta:
        model = Pharmacy

    name = numbered("Main Street Pharmacy ")
    line1 = "210 Main Street"
    city = "Springfield"
    state = "IL"
    postal_code = "62701"


def document(patient: Patient, *, category: str = "other", **fields: Any) -> DocumentReference:
    """A small picture on a patient's file."""
    file = check(picture("JPEG"), "card.jpg", PAPERS)
    return add_document(by=someone(), patient=patient, category=category, file=file, **fields)


def scan(patient: Patient, **fields: Any) -> DocumentReference:
    """A page on a patient's file."""
    return add_document(by=someone(), patient=patient, category="other", file=_scanned(), **fields)


@cache
def _scanned() -> Incoming:
    """Looked into once for all tests of a run."""
    return check(paper(), "scan.pdf", PAPERS)


class PayerFactory(RecordFactory[Payer]):
    class Meta:
        model = Payer

    name = numbered("Prairie Health Plan ")
    payer_id = "PRA01"
    type = "group"
    claim_filing_code = "CI"
    address_line1 = "PO Box 100"
    city = "Chicago"
    state = "IL"
    postal_code = "60601"
    timely_filing_days = 20_000  # the visits made here stay on their day while the years go by


class CoverageFactory(RecordFactory[Coverage]):
    """A policy in force since 2020, the patient's own."""

    class Meta:
        model = Coverage

    patient = factory.SubFactory(PatientFactory)
    payer = factory.SubFactory(PayerFactory)
    subscriber_id = factory.Sequence(lambda n: f"MEM{n:06d}")
    order = 1
    period_start = date(2020, 1, 1)


def grant_chart(user: User, patient: Patient, **fields: Any) -> PatientUserGrant:
    """Let one person open one restricted chart; ``fields`` say more of the grant: ``expires_at``, ``revoked_at``."""
    with transaction.atomic(), acting(someone()):
        return PatientUserGrant.objects.create(user=user, content_object=patient, **_grant("chart", fields, user))


def grant_chart_to_role(role: str, patient: Patient, **fields: Any) -> PatientGroupGrant:
    """Let everybody with a role open one restricted chart."""
    group = Group.objects.get(name=role)
    with transaction.atomic(), acting(someone()):
        return PatientGroupGrant.objects.create(group=group, content_object=patient, **_grant("chart", fields))


def grant_note(user: User, note: Note, **fields: Any) -> NoteUserGrant:
    """Let one person read one confidential note."""
    with transaction.atomic(), acting(someone()):
        return NoteUserGrant.objects.create(user=user, content_object=note, **_grant("note", fields, user))


def _grant(kind: str, fields: dict[str, Any], to: User | None = None) -> dict[str, Any]:
    """What a grant says; nobody grants to themselves."""
    codename = {"chart": OPEN_CHART, "note": READ_NOTE}[kind]
    return {
        "permission": Permission.objects.get(codename=codename, content_type__app_label="clinic"),
        "reason": "Covers for a colleague",
        "granted_at": timezone.now() - timedelta(days=10),
        "granted_by": someone() if to != someone() else someone("another@example.org"),
        **fields,
    }


class PatientDenialFactory(RecordFactory[PatientDenial]):
    class Meta:
        model = PatientDenial

    patient = factory.SubFactory(PatientFactory)
    reason = "A party to a lawsuit"


class AllergyIntoleranceFactory(RecordFactory[AllergyIntolerance]):
    class Meta:
        model = AllergyIntolerance

    patient = factory.SubFactory(PatientFactory)
    display = numbered("Substance ")


class AllergyReactionFactory(RecordFactory[AllergyReaction]):
    """A reaction of an allergy, which must be given: ``AllergyReactionFactory(allergy=…)``."""

    class Meta:
        model = AllergyReaction

    patient = factory.SelfAttribute("allergy.patient")
    display = "Hives"
