"""Results are noticed by who may, as they were seen; a critical one in words; the patient sees what was released."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.actions.orders import complete_order
from clinic.actions.results import Result, record_report
from clinic.models import DiagnosticReport, Observation, Patient, Task
from clinic.queries.reports import unreviewed
from clinic.ranges import flag_of, read_range, read_value
from emr.accounts.models import User
from emr.codes.coding import Coding
from emr.codes.systems import LOINC
from tests.clinic.views.test_orders import order
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F12")]

Login = Callable[..., Client]
LIST = "clinic:results_worklist"


def report(by: User, patient: Patient, value: str = "4.4", flag: str = "N", **fields: Any) -> DiagnosticReport:
    typed = read_value(value)
    potassium = Coding(LOINC, "2823-3", "Potassium")
    result = Result(potassium, typed.number, "mmol/L", typed.words, typed.comparator, flag, range_text="3.5-5.1")
    said = {"effective_at": timezone.now() - timedelta(hours=3), "needs_review": True, **fields}
    return record_report(
        by=by, patient=patient, coding=Coding(LOINC, "51990-0", "Basic panel"), results=[result], **said
    )


def url(name: str, made: DiagnosticReport, *more: object) -> str:
    return reverse(f"clinic:results_{name}", args=[made.patient_id, made.pk, *more])


def test_a_critical_result_is_acknowledged_in_words(as_role: Login) -> None:
    """By a clinician alone, as it was seen, once; with a task for somebody; the time that it took is told."""
    doctor, nurse, other = as_role("clinician"), as_role("nurse"), as_role("clinician")
    made = report(nurse.user, PatientFactory(family_name="Silva"), "6.9", "HH")
    html = doctor.get(reverse(LIST)).content.decode()
    assert "Critical" in html
    assert "↑↑ critical" in html
    said = {"seen": made.updated_at.isoformat(), "comment": "", "release": "on"}
    review = url("review", made)
    assert nurse.post(review, said).status_code == 403
    answer = doctor.post(review, said)
    assert answer.status_code == 422
    assert "say what was done about it" in answer.content.decode()
    assert doctor.post(review, said | {"comment": "Called", "seen": "long ago"}).status_code == 409
    told = said | {"comment": "Called the patient", "task": "Repeat tomorrow", "task_for": "nurse"}
    assert doctor.post(review, told).status_code == 303
    made.refresh_from_db()
    assert (made.reviewed_by, made.review_comment, made.released_by) == (doctor.user, "Called the patient", doctor.user)
    task = Task.objects.get()
    assert (task.code, task.owner_role, task.for_patient_id) == ("result-follow-up", "nurse", made.patient_id)
    assert other.post(review, told | {"seen": made.updated_at.isoformat()}).status_code == 409
    assert "Silva" not in doctor.get(reverse(LIST)).content.decode()
    html = doctor.get(reverse(LIST) + "?show=reviewed").content.decode()
    assert "after 0 min" in html
    assert "released" in html
    assert "Time to review" in doctor.get(url("detail", made)).content.decode()


def test_a_release_is_for_what_is_settled_and_can_be_taken_back(as_role: Login) -> None:
    doctor = as_role("clinician")
    partial = report(doctor.user, PatientFactory(), status="partial")
    said = {"seen": partial.updated_at.isoformat(), "release": "on"}
    assert doctor.post(url("review", partial), said).status_code == 422
    made = report(doctor.user, PatientFactory())
    for wanted, released in (("on", True), ("", False)):
        doctor.post(url("release", made), {"release": wanted} if wanted else {})
        made.refresh_from_db()
        assert (made.released_at is not None) is released
    assert as_role("nurse").post(url("release", made), {"release": "on"}).status_code == 403


@pytest.mark.feature("F10")
def test_a_value_is_corrected_with_the_one_before_in_sight(as_role: Login) -> None:
    doctor = as_role("clinician")
    made = report(doctor.user, PatientFactory(), "44")
    doctor.post(url("review", made), {"seen": made.updated_at.isoformat()})
    row = made.results.get()
    correct = url("correct", made, row.pk)
    assert doctor.post(correct, {"value": "4.4", "reason": " "}).status_code == 422
    assert 'value="mmol/L"' in doctor.get(correct).content.decode()
    assert doctor.post(correct, {"value": "<3.5", "unit": "meq/L", "reason": "A slip"}).status_code == 303
    html = doctor.get(url("detail", made)).content.decode()
    assert "was <s>44 mmol/L</s> (final)" in html
    new = Observation.objects.standing().get()
    assert (str(new.value_quantity), new.value_comparator, new.interpretation, new.status, new.value_unit) == (
        "3.5",
        "<",
        "L",
        "corrected",
        "meq/L",
    )
    made.refresh_from_db()
    assert (made.status, made.reviewed_at) == ("corrected", None)
    assert doctor.post(correct, {"value": "5", "reason": "Again"}).status_code == 422
    other = report(doctor.user, made.patient)
    assert doctor.get(url("correct", other, new.pk)).status_code == 404


def test_whose_results_wait(as_role: Login) -> None:
    """The critical first, then the longest waiting; mine are those that I ordered, and those of no order."""
    doctor, other = as_role("clinician"), as_role("clinician")
    maria = PatientFactory()
    ordered = order(doctor, maria)
    theirs = report(other.user, maria, order=ordered)
    free = report(other.user, maria)
    critical = report(other.user, maria, "6.9", "HH")
    hidden = report(other.user, PatientFactory(restricted=True), "6.9", "HH")
    assert list(unreviewed(doctor.user, mine=True)) == [critical, theirs, free]
    assert list(unreviewed(other.user, mine=True)) == [critical, free]
    assert hidden not in unreviewed(other.user)
    complete_order(by=doctor.user, order=ordered)
    doctor.get(reverse(LIST))
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            doctor.get(reverse(LIST))
        counts.append(len(asked))
        for _ in range(5):
            report(other.user, PatientFactory())
    assert counts[0] == counts[1]
    assert as_role("front_desk").get(reverse(LIST)).status_code == 403


@pytest.mark.feature("F10")
def test_results_by_hand(as_role: Login) -> None:
    """A line needs both test and value; a bound stays a bound; words stay words; nothing typed is lost."""
    nurse, maria = as_role("nurse"), PatientFactory()
    add = reverse("clinic:results_add", args=[maria.pk])
    said = {"what": "Basic metabolic panel", "taken_on": "2026-11-01", "status": "final", "test_1": "Potassium"}
    answer = nurse.post(add, said | {"value_7": "12"})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'id="id_value_1_error"' in html
    assert 'id="id_test_7_error"' in html
    assert 'value="12"' in html
    assert nurse.post(add, {"what": "X-ray", "taken_on": "2026-11-01", "status": "final"}).status_code == 422
    assert nurse.post(add, said | {"value_1": "4.4", "taken_on": "2126-11-01"}).status_code == 422
    more = {"value_1": "5.2", "unit_1": "mmol/L", "range_1": "3.5 - 5.1", "test_2": "Color", "value_2": "clear"}
    more |= {"unit_2": "at room temperature", "request_token": "0197f000-0000-7000-8000-000000000001"}
    for _ in range(2):
        assert nurse.post(add, said | more).status_code == 303
    first, second = Observation.objects.order_by("created_at")
    assert (first.code, str(first.value_quantity), first.interpretation) == ("2823-3", "5.2", "H")
    assert (second.code, second.value_text, second.value_unit) == ("", "clear", "at room temperature")
    assert first.report is not None
    assert first.report.needs_review


@pytest.mark.feature("F10")
@pytest.mark.parametrize(
    ("value", "within", "flag"),
    [
        ("4.4", "3.5-5.1", "N"),
        ("5.1", "3.5–5.1", "N"),
        ("5.11", "3.5 to 5.1", "H"),
        ("<3.5", "3.5-5.1", "L"),
        ("<=3.5", "3.5-5.1", ""),
        ("<5", "3.5-5.1", ""),
        (">5.1", "3.5-5.1", "H"),
        (">=5", "3.5-5.1", ""),
        ("200", "<200", ""),
        ("201", "<200", "H"),
        ("199", "< 200", "N"),
        ("39", ">40", "L"),
        ("-1", "-2-2", "N"),
        ("positive", "3.5-5.1", ""),
        ("4", "see below", ""),
        ("4", "5.1-3.5", ""),
        ("12", "13.5-17.5 (male), 12.0-15.5 (female)", ""),
        ("12", "4.0-11.0 10*3/uL", "H"),
        ("210", "<200 desirable, 200-239 borderline", ""),
        ("9" * 30, "3.5-5.1", ""),
    ],
)
def test_flags_follow_from_ranges_only_where_they_tell(value: str, within: str, flag: str) -> None:
    assert flag_of(read_value(value), read_range(within)) == flag
