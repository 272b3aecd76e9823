"""Contacts and guarantors: one guarantor at a time, nothing overwritten unseen, ended and never deleted."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clinic.actions.errors import enter_in_error
from clinic.actions.related_persons import add_related_person, end_related_person, update_related_person
from clinic.models import Patient, RelatedPerson
from clinic.queries.related_persons import emergency_contacts_of, guarantor_of
from emr.audit.models import LogEntry
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from tests.factories.clinic import PatientFactory, RelatedPersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B06")]
ADDRESS = {"line1": "9 Oak Avenue", "line2": "", "city": "Decatur", "state": "IL", "postal_code": "62521"}


@pytest.fixture
def clerk(person: Any) -> Any:
    return person("front_desk")


def guarantors(patient: Patient) -> list[str]:
    """Who is marked as guarantor, whether ended or not."""
    rows = RelatedPerson.objects.filter(patient=patient, guarantor=True).order_by("given_name")
    return [row.given_name for row in rows]


def test_somebody_is_added_with_address_and_birth_date(clerk: Any) -> None:
    row = add_related_person(
        by=clerk,
        patient=PatientFactory(),
        family_name="Silva",
        relationship="Father",
        birth_date=date(1935, 1, 2),
        gender="male",
        phone="217 555 0111",
        email="carlos@example.org",
        address={**ADDRESS, "city": " Decatur "},
    )
    assert (row.line1, row.city, row.phone, row.period_start) == (
        "9 Oak Avenue",
        "Decatur",
        "+12175550111",
        clinic_today(),
    )
    assert LogEntry.objects.get(object_pk=row.pk).actor == clerk


@pytest.mark.parametrize(
    ("wrong", "field"), [({"relationship": " "}, "relationship"), ({"phone": "555-0111"}, "phone")]
)
def test_what_is_no_contact_is_refused(clerk: Any, wrong: dict[str, str], field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        add_related_person(
            by=clerk, patient=PatientFactory(), **{"family_name": "Silva", "relationship": "Father", **wrong}
        )
    assert refusal.value.field == field
    assert not RelatedPerson.objects.exists()


def test_a_new_guarantor_takes_the_place_of_the_one_before(clerk: Any) -> None:
    patient, other = PatientFactory(), RelatedPersonFactory(given_name="Other", guarantor=True)
    common = {"by": clerk, "patient": patient, "family_name": "Silva", "relationship": "Parent", "guarantor": True}
    add_related_person(given_name="Ana", **common)
    second = add_related_person(given_name="Bea", **common)
    assert guarantors(patient) == ["Bea"]
    third = RelatedPersonFactory(patient=patient, given_name="Cleo")
    update_related_person(by=clerk, person=third, version_seen=third.updated_at, guarantor=True)
    second.refresh_from_db()
    assert (guarantors(patient), second.guarantor) == (["Cleo"], False)
    assert guarantors(other.patient) == ["Other"]


def test_the_past_keeps_its_guarantor(clerk: Any) -> None:
    patient = PatientFactory()
    past = RelatedPersonFactory(patient=patient, given_name="Past", guarantor=True)
    end_related_person(by=clerk, person=past, on=clinic_today())
    assert guarantor_of(patient).is_patient
    add_related_person(
        by=clerk, patient=patient, given_name="Now", family_name="X", relationship="Aunt", guarantor=True
    )
    assert guarantors(patient) == ["Now", "Past"]


def test_the_database_refuses_a_second_present_guarantor(clerk: Any) -> None:
    first = RelatedPersonFactory.create(guarantor=True)
    with pytest.raises(IntegrityError, match="clinic_relatedperson_one_guarantor"), transaction.atomic():
        RelatedPersonFactory.create(patient=first.patient, guarantor=True)
    enter_in_error(by=clerk, row=first, reason="Another patient's mother")
    second = RelatedPersonFactory.create(patient=first.patient, guarantor=True)
    assert guarantor_of(first.patient).person == second


def test_a_correction_of_the_past_takes_nobodys_place(clerk: Any) -> None:
    past = RelatedPersonFactory.create(given_name="Past", guarantor=True)
    end_related_person(by=clerk, person=past, on=clinic_today())
    RelatedPersonFactory.create(patient=past.patient, given_name="Now", guarantor=True)
    past.refresh_from_db()
    update_related_person(by=clerk, person=past, version_seen=past.updated_at, given_name="Before", guarantor=True)
    assert guarantor_of(past.patient).given_name == "Now"


def test_a_correction_keeps_what_it_does_not_name(clerk: Any) -> None:
    row = RelatedPersonFactory(family_name="Slva")
    row = update_related_person(by=clerk, person=row, version_seen=row.updated_at, family_name="Silva")
    assert (row.family_name, row.given_name, row.phone, row.emergency_contact) == (
        "Silva",
        "Next",
        "+12175550177",
        True,
    )


def test_who_has_not_seen_the_newest_state_changes_nothing(clerk: Any) -> None:
    row = RelatedPersonFactory()
    seen = row.updated_at
    update_related_person(by=clerk, person=row, version_seen=seen, family_name="First")
    with pytest.raises(Conflict, match="changed by somebody else"):
        update_related_person(by=clerk, person=row, version_seen=seen, family_name="Second")
    assert RelatedPerson.objects.get().family_name == "First"


def test_an_end_is_the_first_that_was_said(clerk: Any) -> None:
    row, today = RelatedPersonFactory(), clinic_today()
    end_related_person(by=clerk, person=row, on=today - timedelta(days=3))
    row = end_related_person(by=clerk, person=row, on=today)
    assert row.period_end == today - timedelta(days=3)
    assert emergency_contacts_of(row.patient) == []


def test_an_end_lies_not_in_the_future_and_may_lie_before_what_was_written_down(clerk: Any) -> None:
    row, today = RelatedPersonFactory(period_start=clinic_today()), clinic_today()
    with pytest.raises(DomainError) as refusal:
        end_related_person(by=clerk, person=row, on=today + timedelta(days=1))
    assert refusal.value.field == "period_end"
    row = end_related_person(by=clerk, person=row, on=today - timedelta(days=900))
    assert (row.period_start, row.period_end) == (None, today - timedelta(days=900))


def test_what_was_entered_in_error_counts_nowhere_and_is_not_touched_again(clerk: Any) -> None:
    row = RelatedPersonFactory.create(guarantor=True)
    enter_in_error(by=clerk, row=row, reason="Another patient's mother")
    assert guarantor_of(row.patient).is_patient
    for change in (
        partial(update_related_person, version_seen=row.updated_at, family_name="X"),
        partial(end_related_person, on=clinic_today()),
    ):
        with pytest.raises(DomainError, match="entered in error"):
            change(by=clerk, person=row)


def test_an_unknown_field_is_a_mistake_of_the_caller(clerk: Any) -> None:
    row = RelatedPersonFactory()
    with pytest.raises(TypeError, match="patient_id"):
        update_related_person(by=clerk, person=row, version_seen=row.updated_at, patient_id=row.pk)
