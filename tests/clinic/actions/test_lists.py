"""Problems, allergies, medications, vaccines: what stands twice, what can't be, what is taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinic.actions.allergies import (
    add_allergy,
    change_allergy,
    record_none_known,
    resolve_allergy,
    strike_reaction,
)
from clinic.actions.conditions import add_problem, resolve_problem
from clinic.actions.errors import enter_in_error
from clinic.actions.immunizations import record_immunization
from clinic.actions.lists import can_undo, stamp, undo_change
from clinic.actions.medications import add_medication, change_medication, stop_medication
from clinic.actions.safety import Reasons
from clinic.models import AllergyIntolerance, AllergyReaction, Condition, Immunization, MedicationStatement, Patient
from clinic.queries.allergies import allergy_rows
from clinic.queries.medications import directions
from clinic.queries.safety import check_new_drug
from emr.accounts.models import User
from emr.audit.models import LogEntry
from emr.codes.coding import Coding
from emr.codes.systems import CVX, ICD10CM, RXNORM
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.ui import formats
from tests.factories.accounts import make_person
from tests.factories.base import someone
from tests.factories.chart import ConditionFactory, MedicationFactory
from tests.factories.clinic import AllergyIntoleranceFactory, PatientFactory
from tests.races import refusals

ASTHMA = Coding(ICD10CM, "J45.909", "Unspecified asthma, uncomplicated")
METFORMIN = Coding(RXNORM, "860975", "metformin 500 mg tablet")
FLU = Coding(CVX, "140", "Influenza, seasonal")
PENICILLIN = Coding("", "", "Penicillin")


def _any_reason(patient: Patient, coding: Coding) -> Reasons:
    """Past what the safety checks say, so that the list's own rule is asked."""
    return Reasons({alert.key: "benefit" for alert in check_new_drug(patient, coding).stops})


Add = Callable[[User, Patient], Any]
_ADDERS: dict[str, tuple[Any, Add]] = {
    "problem": (Condition, lambda by, patient: add_problem(by=by, patient=patient, coding=ASTHMA)),
    "problem in words": (
        Condition,
        lambda by, patient: add_problem(by=by, patient=patient, coding=Coding("", "", "Bad back")),
    ),
    "allergy": (AllergyIntolerance, lambda by, patient: add_allergy(by=by, patient=patient, coding=PENICILLIN)),
    "drug": (MedicationStatement, lambda by, patient: add_medication(by=by, patient=patient, coding=METFORMIN)),
    "drug in words": (
        MedicationStatement,
        lambda by, patient: add_medication(by=by, patient=patient, coding=Coding("", "", "lisinopril")),
    ),
    "vaccine": (
        Immunization,
        lambda by, patient: record_immunization(
            by=by, patient=patient, coding=FLU, occurrence_date=date(2025, 10, 1), primary_source=False
        ),
    ),
}


@pytest.mark.feature("F03")
@pytest.mark.feature("F05")
@pytest.mark.parametrize("name", _ADDERS)
def test_what_stands_already_is_refused_even_when_two_add_it_at_once(name: str, committed_db: str) -> None:
    model, add = _ADDERS[name]
    patient, by = PatientFactory(), someone()

    said = refusals(lambda: add(by, patient), lambda: add(by, patient))

    assert len(said) == 1
    assert "already" in said[0]
    assert model.objects.filter(patient=patient).count() == 1


@pytest.mark.feature("F05")
def test_none_known_never_stands_beside_an_allergy_when_both_are_entered_at_once(committed_db: str) -> None:
    patient, by = PatientFactory(), someone()

    refusals(
        lambda: add_allergy(by=by, patient=patient, coding=PENICILLIN),
        lambda: record_none_known(by=by, patient=patient),
    )

    current = patient.allergies.filter(clinical_status="active", entered_in_error_at=None)
    assert [(row.display, row.none_known) for row in current] == [("Penicillin", False)]


@pytest.mark.django_db
class TestAllergies:
    def test_none_known_is_refused_while_one_is_on_file(self) -> None:
        patient, by = PatientFactory(), someone()
        add_allergy(by=by, patient=patient, coding=PENICILLIN)
        with pytest.raises(DomainError, match="An allergy is on file"):
            record_none_known(by=by, patient=patient)

    def test_the_same_substance_in_other_letters_is_the_same(self) -> None:
        patient, by = PatientFactory(), someone()
        add_allergy(by=by, patient=patient, coding=PENICILLIN)
        with pytest.raises(DomainError, match="already") as caught:
            add_allergy(by=by, patient=patient, coding=Coding("", "", "PENICILLIN"))
        assert caught.value.field == "coding"

    def test_reactions_keep_their_severity(self) -> None:
        allergy = add_allergy(
            by=someone(), patient=PatientFactory(), coding=PENICILLIN, reactions=["hives", "wheeze"], severity="severe"
        )
        assert [(row.display, row.severity) for row in allergy.reactions.all()] == [
            ("hives", "severe"),
            ("wheeze", "severe"),
        ]

    def test_one_reaction_is_struck_out_and_the_others_stay(self) -> None:
        patient, by = PatientFactory(), someone()
        allergy = add_allergy(
            by=by, patient=patient, coding=PENICILLIN, reactions=["hives", "shock"], severity="severe"
        )
        hives, shock = allergy.reactions.all()
        seen = stamp(allergy)
        with pytest.raises(DomainError, match="Say why this was an error"):
            strike_reaction(by=by, allergy=allergy, reaction=shock, reason=" ")
        strike_reaction(by=by, allergy=allergy, reaction=shock, reason="Was another child's", seen=seen)
        with pytest.raises(Conflict):
            strike_reaction(by=by, allergy=allergy, reaction=hives, reason="Twice", seen=seen)
        other = add_allergy(by=by, patient=patient, coding=Coding("", "", "Latex"), reactions=["rash"])
        with pytest.raises(DomainError, match="reaction of this allergy"):
            strike_reaction(by=by, allergy=allergy, reaction=other.reactions.get(), reason="Wrong")
        rows = {row.title: row.cells[1] for row in allergy_rows(patient)}
        assert rows == {"Penicillin": "hives (severe)", "Latex": "rash"}
        shock.refresh_from_db()
        assert (shock.entered_in_error_by, shock.entered_in_error_reason) == (by, "Was another child's")
        assert patient.allergies.filter(entered_in_error_at=None).count() == 2

    def test_what_was_changed_before_a_reaction_was_struck_out_is_not_taken_back_in_its_place(self) -> None:
        patient, by = PatientFactory(), someone()
        allergy = add_allergy(by=by, patient=patient, coding=PENICILLIN, reactions=["hives"])
        change_allergy(by=by, allergy=allergy, criticality="high")
        parts = ((AllergyReaction, "allergy"),)
        assert can_undo(allergy, parts)
        strike_reaction(by=by, allergy=allergy, reaction=allergy.reactions.get(), reason="Never happened")
        assert not can_undo(allergy, parts)
        with pytest.raises(DomainError, match="struck out with the last change"):
            undo_change(by=by, row=allergy, parts=parts)

    def test_a_resolved_one_may_come_back(self) -> None:
        patient, by = PatientFactory(), someone()
        resolve_allergy(by=by, allergy=add_allergy(by=by, patient=patient, coding=PENICILLIN))
        add_allergy(by=by, patient=patient, coding=PENICILLIN)
        assert sorted(patient.allergies.values_list("clinical_status", flat=True)) == ["active", "resolved"]

    def test_it_is_known_since_a_day_of_the_patients_life(self) -> None:
        patient, by = PatientFactory(birth_date=date(2000, 5, 5)), someone()
        for onset in (date(2000, 5, 4), clinic_today() + timedelta(days=1)):
            with pytest.raises(DomainError, match="between the patient's birth and today") as caught:
                add_allergy(by=by, patient=patient, coding=PENICILLIN, onset_date=onset)
            assert caught.value.field == "onset_date"
        # In the year of birth is after birth, as far as is known.
        add_allergy(by=by, patient=patient, coding=PENICILLIN, onset_date=date(2000, 1, 1), onset_precision="year")

    def test_reactions_are_coded_where_their_words_are_known(self) -> None:
        row = add_allergy(
            by=someone(), patient=PatientFactory(), coding=PENICILLIN, reactions=["Hives", "trouble  breathing", "odd"]
        )
        assert [(one.display, one.code) for one in row.reactions.all()] == [
            ("Hives", "126485001"),
            ("trouble breathing", "267036007"),
            ("odd", ""),
        ]


@pytest.mark.django_db
class TestProblems:
    def test_the_same_words_with_and_without_a_code_are_the_same_problem(self) -> None:
        patient, by = PatientFactory(), someone()
        add_problem(by=by, patient=patient, coding=Coding("", "", ASTHMA.display.upper()))
        with pytest.raises(DomainError, match="on the list already"):
            add_problem(by=by, patient=patient, coding=ASTHMA)

    def test_it_neither_begins_nor_ends_in_the_future(self) -> None:
        patient, by, soon = PatientFactory(), someone(), clinic_today() + timedelta(days=1)
        with pytest.raises(DomainError, match="future"):
            add_problem(by=by, patient=patient, coding=ASTHMA, onset_date=soon)
        row = add_problem(by=by, patient=patient, coding=ASTHMA)
        with pytest.raises(DomainError, match="future"):
            resolve_problem(by=by, condition=row, abatement_date=soon)

    def test_it_cannot_have_begun_before_birth(self) -> None:
        with pytest.raises(DomainError, match="before the patient was born"):
            add_problem(by=someone(), patient=PatientFactory(), coding=ASTHMA, onset_date=date(1900, 1, 1))

    @pytest.mark.feature("F03")
    def test_a_resolved_one_stays_as_history_and_may_return(self) -> None:
        patient, by = PatientFactory(), someone()
        first = add_problem(by=by, patient=patient, coding=ASTHMA, onset_date=date(2020, 1, 1))
        resolve_problem(by=by, condition=first, abatement_date=date(2021, 1, 1))
        add_problem(by=by, patient=patient, coding=ASTHMA)
        first.refresh_from_db()
        assert (first.clinical_status, first.onset_date, first.abatement_date) == (
            "resolved",
            date(2020, 1, 1),
            date(2021, 1, 1),
        )

    def test_it_cannot_end_before_it_began_nor_twice(self) -> None:
        by = someone()
        row = add_problem(by=by, patient=PatientFactory(), coding=ASTHMA, onset_date=date(2020, 1, 1))
        with pytest.raises(DomainError, match="end before it began"):
            resolve_problem(by=by, condition=row, abatement_date=date(2019, 1, 1))
        resolve_problem(by=by, condition=row)
        with pytest.raises(DomainError, match="resolved already"):
            resolve_problem(by=by, condition=row)


@pytest.mark.django_db
class TestMedications:
    @pytest.mark.feature("F04")
    def test_a_drug_is_one_row_be_it_paused_or_written_without_its_code(self) -> None:
        patient, by = PatientFactory(), someone()
        row = add_medication(by=by, patient=patient, coding=METFORMIN, frequency="b.i.d.", dose_quantity=Decimal("5.0"))
        assert directions(row) == "dose 5 · twice a day"
        change_medication(by=by, medication=row, status="on-hold")
        for coding in (METFORMIN, Coding("", "", METFORMIN.display.upper())):
            with pytest.raises(DomainError, match="already"):
                add_medication(by=by, patient=patient, coding=coding, reasons=_any_reason(patient, coding))
        row.refresh_from_db()
        stop_medication(by=by, medication=row, completed=True)
        row.refresh_from_db()
        assert (row.status, row.status_reason, row.effective_end) == ("completed", "", clinic_today())
        add_medication(by=by, patient=patient, coding=METFORMIN)

    @pytest.mark.feature("F04")
    def test_who_writes_down_what_is_taken_has_not_prescribed_it(self) -> None:
        nurse, doctor = make_person("nurse"), make_person("clinician")
        rows = [add_medication(by=by, patient=PatientFactory(), coding=METFORMIN) for by in (nurse, doctor)]
        assert [row.prescriber for row in rows] == [None, doctor.practitioner]

    def test_it_is_not_stopped_in_the_future_nor_past_what_somebody_else_changed(self) -> None:
        by = someone()
        row = add_medication(by=by, patient=PatientFactory(), coding=METFORMIN)
        with pytest.raises(DomainError, match="future"):
            stop_medication(by=by, medication=row, reason="Nausea", on=clinic_today() + timedelta(days=3))
        seen = stamp(row)
        change_medication(by=by, medication=row, note="Dose doubled")
        with pytest.raises(Conflict):
            stop_medication(by=by, medication=row, reason="Nausea", seen=seen)

    def test_a_stopped_drug_does_not_block_a_new_one(self) -> None:
        patient, by = PatientFactory(), someone()
        first = add_medication(by=by, patient=patient, coding=METFORMIN)
        stop_medication(by=by, medication=first, reason="Nausea")
        add_medication(by=by, patient=patient, coding=METFORMIN)
        first.refresh_from_db()
        assert (first.status, first.status_reason, first.effective_end) == ("stopped", "Nausea", clinic_today())
        assert patient.medications.filter(status="active").count() == 1

    def test_stopping_needs_a_reason_and_a_day_after_the_start(self) -> None:
        by = someone()
        row = add_medication(by=by, patient=PatientFactory(), coding=METFORMIN, effective_start=date(2026, 1, 1))
        with pytest.raises(DomainError, match="why"):
            stop_medication(by=by, medication=row, reason=" ")
        with pytest.raises(DomainError, match="before it was started"):
            stop_medication(by=by, medication=row, reason="Nausea", on=date(2025, 1, 1))

    def test_a_drug_in_error_is_not_stopped(self) -> None:
        by = someone()
        row = add_medication(by=by, patient=PatientFactory(), coding=METFORMIN)
        enter_in_error(by=by, row=row, reason="Wrong chart")
        with pytest.raises(DomainError, match="entered in error"):
            stop_medication(by=by, medication=row, reason="Nausea")


@pytest.mark.django_db
def test_what_was_imported_wrong_can_be_ended_all_the_same() -> None:
    patient, by = PatientFactory(birth_date=date(2000, 5, 5)), someone()
    before = date(1999, 1, 1)
    drug = MedicationFactory(patient=patient, dose_quantity=Decimal(0), effective_start=before, status="active")
    problem = ConditionFactory(patient=patient, onset_date=before)
    allergy = AllergyIntoleranceFactory(patient=patient, onset_date=before)
    stop_medication(by=by, medication=drug, reason="Never taken")
    resolve_problem(by=by, condition=problem)
    resolve_allergy(by=by, allergy=allergy)
    for row in (drug, problem, allergy):
        row.refresh_from_db()
    assert (drug.status, problem.clinical_status, allergy.clinical_status) == ("stopped", "resolved", "resolved")


@pytest.mark.django_db
class TestImmunizations:
    @pytest.mark.feature("F08")
    def test_an_expired_lot_is_refused(self) -> None:
        patient, today = PatientFactory(), clinic_today()
        with pytest.raises(DomainError, match="Lot A1 expired on") as caught:
            record_immunization(
                by=someone(),
                patient=patient,
                coding=FLU,
                occurrence_date=today,
                lot_number="A1",
                expiration_date=today - timedelta(days=1),
            )
        assert caught.value.field == "expiration_date"
        assert not patient.immunizations.exists()

    def test_a_lot_may_be_given_on_its_last_day(self) -> None:
        today = clinic_today()
        row = record_immunization(
            by=someone(), patient=PatientFactory(), coding=FLU, occurrence_date=today, expiration_date=today
        )
        assert row.status == "completed"

    @pytest.mark.feature("F08")
    def test_a_dose_told_may_be_of_a_year_and_one_given_here_may_not(self) -> None:
        patient, by, told = PatientFactory(birth_date=date(2001, 6, 1)), someone(), date(2001, 1, 1)
        row = record_immunization(
            by=by, patient=patient, coding=FLU, occurrence_date=told, occurrence_precision="year", primary_source=False
        )
        assert formats.partial(row.occurrence_date, row.occurrence_precision) == "2001"
        with pytest.raises(DomainError, match="has its day"):
            record_immunization(by=by, patient=patient, coding=FLU, occurrence_date=told, occurrence_precision="year")

    @pytest.mark.feature("F08")
    def test_who_gave_it_may_be_another_than_who_records_it(self) -> None:
        nurse, other, patient = make_person("nurse"), make_person("nurse"), PatientFactory()
        rows = [
            record_immunization(by=nurse, patient=patient, coding=FLU, occurrence_date=day, **more)
            for day, more in (
                (date(2024, 10, 1), {}),
                (date(2023, 10, 1), {"performer": other.practitioner}),
                (date(2022, 10, 1), {"primary_source": False}),
            )
        ]
        assert [row.performer for row in rows] == [nurse.practitioner, other.practitioner, None]

    def test_not_in_the_future_and_no_refusal_without_its_reason(self) -> None:
        patient, by, today = PatientFactory(), someone(), clinic_today()
        with pytest.raises(DomainError, match="future"):
            record_immunization(by=by, patient=patient, coding=FLU, occurrence_date=today + timedelta(days=1))
        with pytest.raises(DomainError, match="why"):
            record_immunization(by=by, patient=patient, coding=FLU, occurrence_date=today, status="not-done")


@pytest.mark.django_db
@pytest.mark.parametrize("name", _ADDERS)
def test_entered_in_error_keeps_the_row_says_who_and_why_and_frees_its_place(name: str) -> None:
    model, add = _ADDERS[name]
    patient, by = PatientFactory(), someone()
    row = add(by, patient)

    enter_in_error(by=by, row=row, reason="Wrong chart")
    enter_in_error(by=by, row=row, reason="Another reason")
    add(by, patient)

    kept = model.objects.get(pk=row.pk)
    assert (kept.entered_in_error_by, kept.entered_in_error_reason) == (by, "Wrong chart")
    entry = LogEntry.objects.get(object_pk=str(kept.pk), action=LogEntry.Action.UPDATE)
    assert entry.actor == by
    assert entry.changes_dict["entered_in_error_reason"] == ["", "Wrong chart"]


@pytest.mark.django_db
def test_an_error_needs_a_reason() -> None:
    row = add_problem(by=someone(), patient=PatientFactory(), coding=ASTHMA)
    with pytest.raises(DomainError, match="why"):
        enter_in_error(by=someone(), row=row, reason="  ")
