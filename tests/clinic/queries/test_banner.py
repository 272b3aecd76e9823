"""The banner says who this is, and never confuses "no allergies" with "nobody asked"."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from clinic.actions.allergies import strike_reaction
from clinic.actions.errors import enter_in_error
from clinic.models import Patient
from clinic.queries.allergies import allergy_rows
from clinic.queries.as_of import chart_as_of
from clinic.queries.banner import patient_banner
from clinic.queries.safety import check_new_drug
from clinic.queries.summary import summary_rows
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.ui.banner import AllergyState, Banner
from tests.factories.base import someone
from tests.factories.clinic import (
    AllergyIntoleranceFactory,
    AllergyReactionFactory,
    ContactPointFactory,
    CoverageFactory,
    PatientAddressFactory,
    PatientFactory,
    PatientNameFactory,
    PayerFactory,
    RelatedPersonFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B10")]


def banner(patient: Any, **options: Any) -> Banner:
    return patient_banner(patient, Patient.objects.all(), url="/x/", **{"clinical": True, **options})


def test_it_names_the_patient_with_every_identifier() -> None:
    patient = PatientFactory(
        family_name="Silva", given_name="Maria", preferred_name="Mia", pronouns="she/her", mrn="1004827"
    )
    PatientAddressFactory(patient=patient)
    ContactPointFactory(patient=patient)
    RelatedPersonFactory(patient=patient)
    shown = banner(patient)
    assert (shown.family, shown.given, shown.preferred, shown.pronouns) == ("Silva", "Maria", "Mia", "she/her")
    assert (shown.born, shown.sex, shown.mrn) == ("14-Mar-1962", "Female", "1004827")
    assert dict(shown.details) == {
        "Address": "12 Elm Street, Springfield, IL 62701",
        "Telephone": "(217) 555-0142",
        "E-mail": "Not recorded",
        "Next of kin": "Next Kin (Sister) (217) 555-0177",
        "Guarantor": "The patient",
    }


@pytest.mark.feature("B09")
def test_it_tells_by_what_other_names_the_patient_was_known() -> None:
    patient = PatientFactory(family_name="Silva", given_name="Maria")
    PatientNameFactory(patient=patient, use="maiden", given_name="Maria", family_name="Oliveira")
    PatientNameFactory(patient=patient, use="anonymous", given_name="Bea", family_name="")
    enter_in_error(
        by=someone(), row=PatientNameFactory.create(patient=patient, family_name="Wrong"), reason="Another's"
    )
    assert dict(banner(patient).details)["Also known as"] == "Bea (alias), Maria Oliveira (maiden)"


def test_nobody_asked_about_allergies() -> None:
    shown = banner(PatientFactory()).allergies
    assert shown is not None
    assert shown.state == AllergyState.NOT_RECORDED


def test_somebody_asked_and_there_are_none(person: Any) -> None:
    patient = PatientFactory()
    nurse = person("nurse", first_name="Marta", last_name="Lima")
    AllergyIntoleranceFactory(
        patient=patient,
        none_known=True,
        display="No known allergies",
        recorded_date=date(2026, 3, 1),
        created_by=nurse,
    )
    shown = banner(patient).allergies
    assert shown is not None
    assert (shown.state, shown.confirmed_by, shown.confirmed_at) == (
        AllergyState.NONE_KNOWN,
        "Marta Lima",
        date(2026, 3, 1),
    )


def test_known_allergies_come_worst_first_with_their_reaction() -> None:
    patient = PatientFactory()
    AllergyReactionFactory(allergy=AllergyIntoleranceFactory(patient=patient, display="Latex"), display="Rash")
    severe = AllergyIntoleranceFactory(patient=patient, display="Penicillin")
    AllergyReactionFactory(allergy=severe, display="Hives", severity="mild")
    AllergyReactionFactory(allergy=severe, display="Anaphylaxis", severity="severe")
    AllergyIntoleranceFactory(patient=patient, display="Resolved", clinical_status="resolved")
    AllergyIntoleranceFactory(display="Somebody else's")
    shown = banner(patient).allergies
    assert shown is not None
    assert shown.state == AllergyState.KNOWN
    assert [(item.substance, item.reaction, item.severe) for item in shown.items] == [
        ("Penicillin", "anaphylaxis", True),
        ("Latex", "rash", False),
    ]


@pytest.mark.feature("F05")
def test_a_reaction_that_was_struck_out_is_told_nowhere() -> None:
    patient, by = PatientFactory(), someone()
    row = AllergyIntoleranceFactory(patient=patient, display="Penicillin")
    AllergyReactionFactory(allergy=row, display="Hives", severity="mild")
    wrong = AllergyReactionFactory(allergy=row, display="Anaphylaxis", severity="severe")
    before = timezone.now()
    strike_reaction(by=by, allergy=row, reaction=wrong, reason="Another child's")
    shown = banner(patient).allergies
    assert shown is not None
    assert [(item.substance, item.reaction, item.severe) for item in shown.items] == [("Penicillin", "hives", False)]
    (alert,) = check_new_drug(patient, Coding("", "", "penicillin V 250 mg")).stops
    told = [
        str(summary_rows(patient)["allergies"]),
        str(allergy_rows(patient)),
        str(chart_as_of(patient, timezone.now()).allergies),
        alert.message + alert.source,
    ]
    assert ["naphylaxis" in words for words in told] == [False] * 4
    assert "naphylaxis" in str(chart_as_of(patient, before).allergies)


def test_a_database_that_cannot_answer_is_said_and_the_page_goes_on() -> None:
    patient = PatientFactory()
    with connection.cursor() as cursor:
        # A search path without the tables is what a broken database looks like to the query; it ends with the test.
        cursor.execute("SET LOCAL search_path TO pg_catalog")
        from clinic.queries.banner import allergies

        assert allergies(patient).state == AllergyState.UNAVAILABLE
        cursor.execute("SET LOCAL search_path TO public")
    assert banner(patient).family == patient.family_name


def test_the_front_desk_sees_no_allergies() -> None:
    patient = PatientFactory()
    AllergyIntoleranceFactory(patient=patient)
    assert banner(patient, clinical=False).allergies is None


def test_coverage_is_that_of_today() -> None:
    patient, today = PatientFactory(), clinic_today()
    CoverageFactory(patient=patient, payer=PayerFactory(name="Past"), period_end=today - timedelta(days=1))
    assert banner(patient).coverage == "Self-pay"
    CoverageFactory(patient=patient, payer=PayerFactory(name="Present"), period_start=today)
    assert banner(patient).coverage == "Present"
    assert banner(patient, insured=False).coverage == ""


def test_flags_are_told() -> None:
    patient = PatientFactory(
        family_name="Silva",
        interpreter_needed=True,
        language="es-MX",
        restricted=True,
        active=False,
        deceased_at=datetime(2025, 6, 1, 16, tzinfo=UTC),
    )
    PatientFactory(family_name="SILVA", given_name="Mariana")
    shown = banner(patient)
    assert shown.alerts == ("Similar name on file", "Interpreter: Spanish")
    assert shown.inactive
    assert shown.restricted
    assert shown.deceased == "01-Jun-2025 (63y)"
    assert shown.age == "(63y)"


@pytest.mark.parametrize(
    ("given", "other", "similar"), [("Al", "Alice", False), ("Al", "AL", True), ("Ada", "Adam", True)]
)
def test_names_are_alike_in_their_first_three_letters(given: str, other: str, similar: bool) -> None:
    patient = PatientFactory(family_name="Silva", given_name=given)
    PatientFactory(family_name="Silva", given_name=other)
    assert ("Similar name on file" in banner(patient).alerts) is similar


@pytest.mark.feature("A04")
def test_the_alert_of_a_similar_name_gives_no_restricted_chart_away(person: Any) -> None:
    from clinic.access import visible_to

    patient = PatientFactory(family_name="Silva")
    PatientFactory(family_name="Silva", restricted=True)
    shown = patient_banner(patient, visible_to(person("nurse")), url="/x/", clinical=True)
    assert shown.alerts == ()


@pytest.mark.parametrize("count", [1, 30])
def test_it_takes_three_queries(count: int, django_assert_num_queries: Any) -> None:
    patient = PatientFactory()
    for _ in range(count):
        AllergyReactionFactory(allergy=AllergyIntoleranceFactory(patient=patient))
        ContactPointFactory(patient=patient)
    # Three, and the savepoint around the allergies with its release.
    with django_assert_num_queries(5):
        banner(patient)
