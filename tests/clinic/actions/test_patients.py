"""Registration and change: what was before is kept, and nobody overwrites what they haven't seen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from clinic.actions.patients import register_patient, update_patient
from clinic.actions.related_persons import add_related_person
from clinic.models import Patient, PatientName
from emr.accounts.models import User
from emr.audit.models import LogEntry
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError, SentBefore
from emr.shared.identifiers import is_mrn
from emr.shared.records import uuid7
from tests.factories.clinic import PatientFactory, PayerFactory

pytestmark = pytest.mark.django_db

ADDRESS = {"line1": "12 Elm Street", "line2": "", "city": "Springfield", "state": "IL", "postal_code": "62701"}


@pytest.fixture
def clerk(person: Any) -> User:
    return person("front_desk")


def register(clerk: User, **fields: Any) -> Patient:
    values = {"given_name": "Maria", "family_name": "Silva", "birth_date": date(1962, 3, 14), "gender": "female"}
    return register_patient(by=clerk, **{**values, **fields})


def test_registration_gives_the_next_mrn_with_a_check_digit(clerk: User) -> None:
    first, second = register(clerk), register(clerk)
    assert is_mrn(first.mrn)
    assert is_mrn(second.mrn)
    assert int(second.mrn[:-1]) == int(first.mrn[:-1]) + 1


def test_registration_keeps_address_numbers_contact_and_policy(clerk: User) -> None:
    payer = PayerFactory()
    patient = register(
        clerk,
        address=ADDRESS,
        phone="217.555.0142",
        mobile="(217) 555-0143 x12",
        email="maria@example.org",
        emergency_contact={"family_name": "Silva", "relationship": "Sister", "phone": "2175550177"},
        coverage={"payer": payer, "subscriber_id": "M1"},
    )
    assert [(row.system, row.use, row.value) for row in patient.telecom.all()] == [
        ("phone", "home", "+12175550142"),
        ("phone", "mobile", "+12175550143 ext. 12"),
        ("email", "home", "maria@example.org"),
    ]
    assert [str(row) for row in patient.addresses.all()] == ["12 Elm Street, Springfield, IL 62701"]
    kin = patient.related_persons.get()
    assert (str(kin), kin.relationship, kin.phone, kin.emergency_contact) == ("Silva", "Sister", "+12175550177", True)
    assert [(row.payer, row.order) for row in patient.coverages.all()] == [(payer, 1)]


def test_a_number_that_is_none_is_refused_and_nothing_is_kept(clerk: User) -> None:
    with pytest.raises(DomainError, match="area code") as refusal:
        register(clerk, phone="555-0142")
    assert refusal.value.field == "phone"
    assert not Patient.objects.exists()


def test_an_emergency_contact_needs_a_relationship(clerk: User) -> None:
    with pytest.raises(DomainError) as refusal:
        register(clerk, emergency_contact={"family_name": "Silva"})
    assert refusal.value.field == "contact_relationship"


def test_the_same_form_twice_makes_one_patient(clerk: User) -> None:
    token = uuid7()
    assert register(clerk, request_token=token) == register(clerk, request_token=token)
    assert Patient.objects.count() == 1


def test_a_token_of_somebody_elses_patient_opens_nothing(clerk: User, person: Any) -> None:
    theirs = register(person("nurse"))
    with pytest.raises(SentBefore):
        register(clerk, request_token=theirs.pk)
    assert Patient.objects.count() == 1


@pytest.mark.feature("B03")
def test_the_reason_beside_a_similar_patient_stands_in_the_log(clerk: User) -> None:
    patient = register(clerk, duplicate_reason="twin sister")
    entry = LogEntry.objects.get(object_pk=patient.pk)
    assert (entry.reason, entry.actor) == ("Registered beside a similar patient: twin sister", clerk)


def test_an_unknown_field_is_a_mistake_of_the_caller(clerk: User) -> None:
    with pytest.raises(TypeError, match="mrn"):
        register(clerk, mrn="1234567")


def test_a_changed_name_is_kept_as_previous(clerk: User) -> None:
    patient = register(clerk)
    update_patient(by=clerk, patient=patient, version_seen=patient.updated_at, family_name="Silva-Jones")
    row = PatientName.objects.get()
    assert (row.use, row.family_name, row.given_name, row.period_end) == ("old", "Silva", "Maria", clinic_today())
    assert Patient.objects.get().family_name == "Silva-Jones"


def test_a_slip_of_the_keyboard_is_no_previous_name(clerk: User) -> None:
    patient = register(clerk, family_name="Slva")
    update_patient(by=clerk, patient=patient, version_seen=patient.updated_at, family_name="Silva", keep_old_name=False)
    assert not PatientName.objects.exists()


def test_a_move_ends_the_old_address_and_keeps_it(clerk: User) -> None:
    patient = register(clerk, address=ADDRESS)
    new = {**ADDRESS, "line1": "99 Oak Avenue"}
    patient = update_patient(by=clerk, patient=patient, version_seen=patient.updated_at, address=new)
    rows = patient.addresses.order_by("created_at").values_list("line1", "period_start", "period_end")
    today = clinic_today()
    assert list(rows) == [("12 Elm Street", None, today), ("99 Oak Avenue", today, None)]


def test_the_same_values_again_write_no_row(clerk: User) -> None:
    patient = register(clerk, address=ADDRESS, phone="217-555-0142")
    before = LogEntry.objects.count()
    update_patient(
        by=clerk,
        patient=patient,
        version_seen=patient.updated_at,
        family_name="Silva",
        address=ADDRESS,
        phone="(217) 555 0142",
        mobile="",
    )
    assert LogEntry.objects.count() == before
    assert (patient.addresses.count(), patient.telecom.count()) == (1, 1)


def test_a_new_number_ends_the_old_and_none_only_ends_it(clerk: User) -> None:
    patient = register(clerk, phone="217-555-0142", email="a@example.org")
    patient = update_patient(by=clerk, patient=patient, version_seen=patient.updated_at, phone="217-555-0199", email="")
    present = patient.telecom.filter(period_end=None).values_list("value", flat=True)
    past = patient.telecom.exclude(period_end=None).values_list("value", flat=True)
    assert list(present) == ["+12175550199"]
    assert set(past) == {"+12175550142", "a@example.org"}


@pytest.mark.parametrize("change", [{"phone": "217-555-0100"}, {"pronouns": "they/them"}, {"address": ADDRESS}])
def test_a_page_that_is_out_of_date_changes_nothing(clerk: User, change: dict[str, Any]) -> None:
    patient = register(clerk)
    seen = patient.updated_at
    update_patient(by=clerk, patient=patient, version_seen=seen, **change)
    with pytest.raises(Conflict, match="changed by somebody else"):
        update_patient(by=clerk, patient=patient, version_seen=seen, family_name="Other")
    assert Patient.objects.get().family_name == "Silva"


def test_a_version_of_the_future_is_no_version(clerk: User) -> None:
    patient = register(clerk)
    with pytest.raises(Conflict):
        update_patient(by=clerk, patient=patient, version_seen=patient.updated_at + timedelta(seconds=1))


def test_related_persons_are_added_with_their_role(clerk: User) -> None:
    patient = PatientFactory()
    row = add_related_person(
        by=clerk, patient=patient, family_name="Silva", relationship="Father", phone="2175550111", guarantor=True
    )
    assert (row.phone, row.guarantor, row.emergency_contact, row.created_by) == ("+12175550111", True, False, clerk)


def test_tokens_of_other_forms_make_other_patients(clerk: User) -> None:
    assert register(clerk, request_token=uuid4()) != register(clerk, request_token=uuid4())
