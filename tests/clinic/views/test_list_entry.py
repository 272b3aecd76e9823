"""Entry into the chart's lists: who may, what a form can and cannot write, what comes back when it is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import Condition, MedicationStatement, Observation, Patient
from clinic.queries.observations import latest_vitals, vital_signs
from clinic.vitals import HEIGHT, WEIGHT
from emr.audit.models import AccessEvent
from emr.shared.dates import clinic_zone
from tests.factories.base import someone
from tests.factories.chart import (
    ConditionFactory,
    ImmunizationFactory,
    MedicationFactory,
    ObservationFactory,
    ProcedureFactory,
)
from tests.factories.clinic import AllergyIntoleranceFactory, PatientFactory

pytestmark = pytest.mark.django_db

Login = Callable[..., Client]
_LISTS = ["conditions", "medications", "allergies", "immunizations", "procedures", "vitals", "results"]
_ROWS: dict[str, Any] = {
    "clinic:conditions_resolve": ConditionFactory,
    "clinic:conditions_error": ConditionFactory,
    "clinic:medications_stop": MedicationFactory,
    "clinic:medications_error": MedicationFactory,
    "clinic:allergies_resolve": AllergyIntoleranceFactory,
    "clinic:allergies_error": AllergyIntoleranceFactory,
    "clinic:immunizations_error": ImmunizationFactory,
    "clinic:procedures_error": ProcedureFactory,
    "clinic:vitals_error": ObservationFactory,
    "clinic:vitals_correct": ObservationFactory,
}
_ADD = ["clinic:conditions_add", "clinic:medications_add", "clinic:allergies_add", "clinic:immunizations_add"]


def _page(name: str, patient: Patient, *more: object) -> str:
    return reverse(name, args=[patient.pk, *more])


@pytest.mark.parametrize("role", ["front_desk", "biller", "manager", "privacy_officer"])
def test_who_has_no_business_in_the_chart_stays_out(role: str, as_role: Login) -> None:
    patient, client = PatientFactory(), as_role(role)
    pages = [*(f"clinic:{name}_list" for name in _LISTS), *_ADD, "clinic:vitals_add", "clinic:chart_summary"]
    assert {client.get(_page(name, patient)).status_code for name in pages} == {403}
    rows = {client.post(_page(name, f().patient, f().pk), {"reason": "x"}).status_code for name, f in _ROWS.items()}
    assert rows == {403}


@pytest.mark.parametrize("name", _ROWS)
def test_a_row_of_another_patient_is_not_there(name: str, as_role: Login) -> None:
    row, client = _ROWS[name](), as_role("clinician")
    answers = [method(_page(name, PatientFactory(), row.pk)) for method in (client.get, client.post)]
    assert [answer.status_code for answer in answers] == [404, 404]
    row.refresh_from_db()
    assert row.entered_in_error_at is None


@pytest.mark.parametrize("name", [name for name in _ROWS if name.endswith("_error")])
def test_a_row_is_marked_with_a_reason_and_stays_in_sight(name: str, as_role: Login) -> None:
    row, client = _ROWS[name](), as_role("nurse")
    path = _page(name, row.patient, row.pk)

    assert client.post(path, {"reason": ""}).status_code == 422
    shown = client.post(path, {"reason": "Wrong patient"}, follow=True)

    row.refresh_from_db()
    assert (row.entered_in_error_by, row.entered_in_error_reason) == (client.user, "Wrong patient")  # type: ignore[attr-defined]
    assert "Wrong patient" in shown.content.decode()


@pytest.mark.parametrize("name", [*_ADD, "clinic:vitals_add"])
def test_an_empty_form_is_answered_with_what_is_missing(name: str, as_role: Login) -> None:
    response = as_role("nurse").post(_page(name, PatientFactory()), {})
    assert response.status_code == 422
    assert 'class="error-summary"' in response.content.decode()


def test_a_form_writes_its_own_fields_and_no_others(as_role: Login) -> None:
    patient, other, client = PatientFactory(), PatientFactory(), as_role("clinician")
    hidden = {
        "patient": str(other.pk),
        "status": "entered-in-error",
        "created_by": str(someone().pk),
        "entered_in_error_reason": "x",
        "effective_end": "2020-01-01",
        "code": "1",
        "system": "http://example.org",
    }

    client.post(_page("clinic:medications_add", patient), {"coding": "lisinopril", "note": "AM", **hidden})

    row = MedicationStatement.objects.get()
    assert (row.patient, row.status, row.created_by) == (patient, "active", client.user)  # type: ignore[attr-defined]
    assert (row.code, row.system, row.effective_end, row.entered_in_error_reason) == ("", "", None, "")


def test_a_drug_is_kept_as_text_at_once_where_no_list_of_drugs_is_loaded(as_role: Login) -> None:
    patient = PatientFactory()
    client = as_role("clinician")
    form = {"coding": "lisinopril", "dose_quantity": "20", "dose_unit": "mg", "frequency": "once a day"}

    response = client.post(_page("clinic:medications_add", patient), form)

    assert response.status_code == 303
    assert "20 mg · once a day" in client.get(response["Location"]).content.decode()


def test_a_refusal_stands_beside_the_form_with_the_input_kept(as_role: Login) -> None:
    patient, client = PatientFactory(), as_role("clinician")
    form = {"coding": "aspirin", "dose_unit": "mg", "note": "since spring"}
    client.post(_page("clinic:medications_add", patient), form)

    response = client.post(_page("clinic:medications_add", patient), form)

    page = response.content.decode()
    assert response.status_code == 422
    assert "aspirin is on the list already" in page
    assert "since spring" in page


def test_none_known_is_recorded_by_one_button(as_role: Login) -> None:
    patient, client = PatientFactory(), as_role("nurse")
    listed = client.get(_page("clinic:allergies_list", patient)).content.decode()
    assert _page("clinic:allergies_none_known", patient) in listed

    shown = client.post(_page("clinic:allergies_none_known", patient), follow=True).content.decode()

    assert "No known allergies" in shown
    assert patient.allergies.get().none_known


@pytest.mark.feature("F05")
def test_not_asked_is_another_state_than_none_known(as_role: Login) -> None:
    patient, client = PatientFactory(), as_role("nurse")
    before = client.get(_page("clinic:allergies_list", patient)).content.decode()
    client.post(_page("clinic:allergies_none_known", patient))
    after = client.get(_page("clinic:allergies_list", patient)).content.decode()
    assert "Allergies are not recorded" in before
    assert "Allergies are not recorded" not in after
    assert "No known allergies" in after
    assert f"asked by {client.user}" in after  # type: ignore[attr-defined]


@pytest.mark.feature("F01")
def test_a_saturation_says_with_how_much_oxygen_it_was_measured(as_role: Login) -> None:
    patient, client = PatientFactory(), as_role("nurse")
    path = _page("clinic:vitals_add", patient)
    assert "between 21 and 100" in client.post(path, {"oxygen_concentration": "20"}).content.decode()
    page = client.post(path, {"oxygen_saturation": "94", "oxygen_flow": "2"}, follow=True).content.decode()
    kept = {(row.code, str(row.value_quantity), row.value_unit) for row in patient.observations.all()}
    assert kept == {("59408-5", "94", "%"), ("3151-8", "2", "L/min")}
    assert page.index("Oxygen saturation") < page.index("Oxygen given") < page.index("L/min")


@pytest.mark.feature("F01")
def test_a_child_measured_in_the_evening_was_measured_on_one_day() -> None:
    child = PatientFactory(birth_date=timezone.localdate() - timedelta(days=3000))
    evening = datetime.combine(timezone.localdate() - timedelta(days=9), time(18, 30), tzinfo=clinic_zone())
    for minutes, code, number, unit in ((0, HEIGHT, "128", "cm"), (180, WEIGHT, "26", "kg")):
        ObservationFactory(
            patient=child,
            code=code,
            value_quantity=Decimal(number),
            value_unit=unit,
            effective_at=evening + timedelta(minutes=minutes),
        )
    found = {one.label: one.value.text for one in latest_vitals(vital_signs(child), child.birth_date)}
    assert found["BMI"] == "15.9"


@pytest.mark.feature("F01")
def test_177_cm_and_38_degrees_come_back_exactly(as_role: Login) -> None:
    patient, client = PatientFactory(), as_role("nurse")
    form = {"height": "177", "height_unit": "cm", "temperature": "38", "temperature_unit": "Cel", "weight": "80"}

    page = client.post(_page("clinic:vitals_add", patient), form, follow=True).content.decode()

    kept = {row.display: (str(row.value_quantity), row.value_unit) for row in Observation.objects.all()}
    assert kept == {"Height": ("177", "cm"), "Temperature": ("38", "Cel"), "Weight": ("80", "kg")}
    for words in (
        '177&nbsp;<span class="unit">cm',
        '38&nbsp;<span class="unit">°C',
        '25.5&nbsp;<span class="unit">kg/m²',
    ):
        assert words in page


def test_imported_values_are_shown_with_two_decimals_and_kept_with_all(as_role: Login) -> None:
    row = ObservationFactory(code=WEIGHT, display="Body Weight", value_quantity=Decimal("87.7532871"), value_unit="kg")
    page = as_role("nurse").get(_page("clinic:vitals_list", row.patient)).content.decode()
    row.refresh_from_db()
    assert "87.75&nbsp;" in page
    assert "87.753" not in page
    assert str(row.value_quantity) == "87.7532871"


def test_a_weight_that_has_jumped_is_asked_about_and_kept_when_confirmed(as_role: Login) -> None:
    last = ObservationFactory(code=WEIGHT, display="Weight", value_quantity=Decimal(80), value_unit="kg")
    patient, client = last.patient, as_role("nurse")
    path = _page("clinic:vitals_add", patient)
    assert "Is this right?" not in client.get(path).content.decode()

    asked = client.post(path, {"weight": "176.4", "weight_unit": "kg"})
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "The last weight was 80 kg" in page
    assert 'value="176.4"' in page
    assert patient.observations.count() == 1

    confirmed = client.post(path, {"weight": "176.4", "weight_unit": "kg", "confirmed": ["weight 176.4 kg"]})
    assert confirmed.status_code == 303
    assert patient.observations.count() == 2


@pytest.mark.feature("F01")
def test_what_is_typed_is_read_with_its_unit_and_doubts_are_confirmed_one_by_one(as_role: Login) -> None:
    client = as_role("nurse")
    child = PatientFactory(birth_date=timezone.localdate() - timedelta(days=600), gender="female", birth_sex="")
    path = _page("clinic:vitals_add", child)
    page = client.get(path).content.decode()
    assert "Length (lying)" in page
    assert "Head circumference" in page

    form = {"weight": "52 lb 3 oz", "height": "2'10", "head_circumference": "49", "systolic": "88/50"}
    asked = client.post(path, form)
    assert asked.status_code == 422
    assert "Weight 52 lb 3 oz is hardly ever seen at this age." in asked.content.decode()
    assert 'value="52 lb 3 oz"' in asked.content.decode()
    ticked = client.post(path, {**form, "weight": "53 lb", "confirmed": ["weight 52.1875 [lb_av]"]})
    assert ticked.status_code == 422, "another value than the one that was confirmed"
    assert client.post(path, {**form, "confirmed": ["weight 52.1875 [lb_av]"]}).status_code == 303
    kept = {(row.display, str(row.value_quantity), row.value_unit) for row in child.observations.all()}
    assert kept == {
        ("Blood pressure", "None", ""),
        ("Weight", "52.1875", "[lb_av]"),
        ("Height", "34", "[in_i]"),
        ("Head circumference", "49", "cm"),
    }
    page = client.get(_page("clinic:vitals_list", child)).content.decode()
    assert "52 lb 3 oz" in page
    assert "88/50" in page

    unread = client.post(path, {"height": "tall", "temperature": "98.6"})
    assert (unread.status_code, child.observations.count()) == (422, 4)
    assert "tall is no number" in unread.content.decode()


@pytest.mark.feature("F01")
def test_a_child_that_grows_along_its_percentile_is_not_asked_about(as_role: Login) -> None:
    client = as_role("nurse")
    child = PatientFactory(birth_date=timezone.localdate() - timedelta(days=270), gender="male", birth_sex="")
    ObservationFactory(
        patient=child,
        code=WEIGHT,
        value_quantity=Decimal("7.0"),
        value_unit="kg",
        effective_at=timezone.now() - timedelta(days=120),
    )
    path = _page("clinic:vitals_add", child)
    assert client.post(path, {"weight": "10.9"}).status_code == 422
    assert client.post(path, {"weight": "6.2"}).status_code == 422
    assert client.post(path, {"weight": "8.8"}).status_code == 303


@pytest.mark.feature("F01")
def test_a_value_is_corrected_on_its_page_and_the_old_one_stays_in_sight(as_role: Login) -> None:
    row, client = ObservationFactory(code=WEIGHT, display="Weight", value_unit="kg"), as_role("nurse")
    path = _page("clinic:vitals_correct", row.patient, row.pk)
    assert "Correct weight" in client.get(path).content.decode()
    assert client.post(path, {"weight": "74", "weight_unit": "kg", "reason": ""}).status_code == 422
    done = client.post(path, {"weight": "74", "weight_unit": "kg", "reason": "Misread"}, follow=True)
    page = done.content.decode()
    assert "Corrected to 74 kg: Misread" in page
    assert '74&nbsp;<span class="unit">kg' in page
    assert client.post(path, {"weight": "75", "weight_unit": "kg", "reason": "Late"}).status_code == 409
    wrong = ObservationFactory(patient=PatientFactory(), code=WEIGHT, value_quantity=Decimal(170), value_unit="[lb_av]")
    path = _page("clinic:vitals_correct", wrong.patient, wrong.pk)
    assert '<option value="[lb_av]" selected' in client.get(path).content.decode()
    right = {"weight": "70", "weight_unit": "kg", "reason": "Kilograms"}
    assert client.post(path, {**right, "weight": "107"}).status_code == 303, "the wrong value is nothing to jump from"
    other = ObservationFactory(code="2823-3", category="laboratory")
    assert client.get(_page("clinic:vitals_correct", other.patient, other.pk)).status_code == 404


@pytest.mark.parametrize(("weight", "unit"), [("88", "kg"), ("72", "kg"), ("176.4", "[lb_av]")])
def test_a_weight_within_ten_percent_is_not_asked_about(weight: str, unit: str, as_role: Login) -> None:
    last = ObservationFactory(code=WEIGHT, display="Weight", value_quantity=Decimal(80), value_unit="kg")
    form = {"weight": weight, "weight_unit": unit}
    assert as_role("nurse").post(_page("clinic:vitals_add", last.patient), form).status_code == 303


def test_the_entry_is_on_record_once_and_the_list_stays_beside_it(as_role: Login) -> None:
    row = ConditionFactory()
    page = as_role("nurse").get(_page("clinic:conditions_add", row.patient)).content.decode()
    event = AccessEvent.objects.get(patient_id=row.patient_id)
    assert (event.section, event.url_name) == ("conditions", "clinic:conditions_add")
    assert row.display in page


def test_past_problems_wait_behind_a_line_that_counts_them(as_role: Login) -> None:
    row = ConditionFactory(clinical_status="resolved")
    page = as_role("nurse").get(_page("clinic:conditions_list", row.patient)).content.decode()
    assert "Show 1 past problems" in page
    assert Condition.objects.get() == row


def test_results_page_by_time(as_role: Login) -> None:
    patient, client = PatientFactory(), as_role("nurse")
    for day in range(55):
        ObservationFactory(
            patient=patient,
            category="laboratory",
            code="2823-3",
            display="Potassium",
            value_quantity=Decimal(4),
            value_unit="mmol/L",
            effective_at=timezone.now() - timedelta(days=day),
        )
    first = client.get(_page("clinic:results_list", patient)).content.decode()
    second = client.get(_page("clinic:results_list", patient) + "?kind=tests&page=2").content.decode()
    nonsense = client.get(_page("clinic:results_list", patient) + "?kind=x&page=-1")
    assert (first.count("Potassium</"), "page=2" in first, "page=1" in second) == (51, True, True)
    assert nonsense.status_code == 200
