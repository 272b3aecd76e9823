"""SNOMED CT problems as the diagnoses of a visit: mapped, or said not to be; never guessed."""

from __future__ import annotations

from datetime import date

import pytest
import simple_icd_10_cm as icd

from clinic.models import Condition, Patient
from emr.codes.systems import ICD10CM, SNOMED
from interop.fhir.crosswalk import cross, crosswalk, visit_diagnoses
from tests.factories.base import RecordFactory
from tests.factories.clinic import PatientFactory

DAY = date(2026, 3, 9)


class _ProblemFactory(RecordFactory[Condition]):
    class Meta:
        model = Condition

    system = SNOMED
    display = "A problem"


def with_problems(*codes: str, **fields: object) -> Patient:
    """A patient with active problems of these SNOMED codes."""
    patient: Patient = PatientFactory(**fields)
    for code in codes:
        _ProblemFactory(patient=patient, code=code)
    return patient


def said(patient: Patient) -> list[str]:
    """The codes of the visit."""
    return [coding.code for coding in visit_diagnoses(patient, DAY)]


def test_every_code_of_the_map_may_stand_on_a_claim() -> None:
    assert [code for _, code in crosswalk().values() if not icd.is_leaf(code)] == []
    assert all(code.isdigit() for code in crosswalk())


@pytest.mark.django_db
class TestVisitDiagnoses:
    def test_the_lasting_come_first(self) -> None:
        found = cross(with_problems("428251008", "38341003", "26929004", "999"), DAY)
        assert [coding.code for coding in found.diagnoses] == ["G30.9", "I10", "Z90.49"]
        assert found.words == "mapped 3 of 4 problems"
        assert {coding.system for coding in found.diagnoses} == {ICD10CM}

    def test_at_most_four(self) -> None:
        assert len(said(with_problems("26929004", "53741008", "88805009", "44054006", "38341003"))) == 4

    def test_an_unknown_problem_is_no_diagnosis(self) -> None:
        found = cross(with_problems("74400008"), DAY)
        assert ([coding.code for coding in found.diagnoses], found.words) == (["Z00.00"], "mapped 0 of 1 problems")

    @pytest.mark.parametrize(
        ("born", "code"), [(date(2008, 3, 9), "Z00.00"), (date(2008, 3, 10), "Z00.129"), (date(2026, 3, 9), "Z00.129")]
    )
    def test_without_problems_an_examination(self, born: date, code: str) -> None:
        assert said(PatientFactory(birth_date=born)) == [code]

    def test_one_diagnosis_for_two_problems_that_mean_it(self) -> None:
        assert said(with_problems("128613002", "84757009")) == ["G40.909"]

    def test_what_can_t_stand_beside_another_is_left_out(self) -> None:
        assert said(with_problems("44054006", "368581000119106", "15777000")) == ["E11.40"]
        assert said(with_problems("44054006", "80394007")) == ["E11.9"]

    def test_what_is_over_or_yet_to_come_is_left_out(self) -> None:
        patient = PatientFactory()
        _ProblemFactory(patient=patient, code="38341003", clinical_status="resolved")
        _ProblemFactory(patient=patient, code="90560007", onset_date=date(2026, 3, 10))
        _ProblemFactory(patient=patient, code="38341003", system="urn:not-snomed")
        assert said(patient) == ["Z00.00"]
