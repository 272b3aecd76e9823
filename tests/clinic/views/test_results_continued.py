"""A report by hand that is not complete is added to until it is; what is there stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.actions.results import Result, continue_report, correct_result, record_report
from clinic.actions.signing import sign_note
from clinic.models import DiagnosticReport, Observation, Patient, Task
from emr.codes.coding import Coding
from emr.shared.errors import DomainError
from tests.clinic.notes import a_note, a_visit
from tests.clinic.views.test_orders import order
from tests.factories.chart import ReportFactory
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F10")]

SODIUM, WHITE = Coding("", "", "Sodium"), Coding("", "", "White cells")


def url(name: str, made: DiagnosticReport) -> str:
    return reverse(f"clinic:results_{name}", args=[made.patient_id, made.pk])


def begun(client: Client, patient: Patient, status: str = "partial", **said: Any) -> DiagnosticReport:
    return record_report(
        by=client.user,  # type: ignore[attr-defined]
        patient=patient,
        coding=Coding("", "", "Basic panel"),
        effective_at=timezone.now() - timedelta(hours=3),
        results=[Result(SODIUM, words="normal")],
        status=status,
        conclusion="The rest tomorrow.",
        needs_review=True,
        **said,
    )


def seen(client: Client, made: DiagnosticReport) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', client.get(url("more", made)).content.decode())
    assert found is not None
    return found[1]


def line(test: str, value: str, **more: str) -> dict[str, str]:
    return {"test_1": test, "value_1": value, **more}


def test_the_rest_is_added_and_ends_the_order(as_role: Callable[..., Any]) -> None:
    doctor, patient = as_role("clinician"), PatientFactory.create()
    made = begun(doctor, patient, order=order(doctor, patient, what="TSH"))
    doctor.post(url("review", made), {"seen": made.updated_at.isoformat(), "comment": "Waiting"})
    assert url("more", made) in doctor.get(url("detail", made)).content.decode()

    # More, and more to come: the report and its order stay open.
    token = seen(doctor, made)
    some = line("Potassium", "6.9", unit_1="mmol/L", range_1="3.5-5.1", status="partial", seen=token)
    assert doctor.post(url("more", made), some).headers["Location"] == url("detail", made)
    made.refresh_from_db()
    assert (made.status, made.based_on and made.based_on.status, made.reviewed_at) == ("partial", "active", None)
    twice = doctor.post(url("more", made), some)
    assert (twice.status_code, 'value="6.9"' in twice.content.decode()) == (409, True)

    last = {**line("White cells", "5.0"), "status": "final", "conclusion": "All back.", "seen": seen(doctor, made)}
    assert doctor.post(url("more", made), last).status_code == 303
    made.refresh_from_db()
    assert made.based_on is not None
    made.based_on.refresh_from_db()
    assert (made.status, made.based_on.status) == ("final", "completed")
    assert made.conclusion == "The rest tomorrow.\n\nAll back."
    rows = made.results.order_by("created_at", "id").values_list("display", "status", "interpretation")
    assert [(name, status) for name, status, _ in rows] == [
        ("Sodium", "final"),
        ("Potassium", "final"),
        ("White cells", "final"),
    ]
    assert rows[1][2] in {"H", "HH"}
    page = doctor.get(url("detail", made)).content.decode()
    assert (url("more", made) in page, "Partial report" in page) == (False, False)
    assert doctor.post(url("more", made), last).headers["Location"] == url("detail", made)
    assert Observation.objects.count() == 3


def test_what_was_preliminary_is_final_with_its_report(as_role: Callable[..., Any]) -> None:
    doctor = as_role("clinician")
    made = begun(doctor, PatientFactory.create(), "preliminary")
    assert made.results.get().status == "preliminary"
    done = doctor.post(url("more", made), {"status": "final", "seen": seen(doctor, made)})
    assert done.status_code == 303
    made.refresh_from_db()
    assert (made.status, made.results.get().status) == ("final", "final")


def test_what_can_not_be_added_is_refused_and_kept_in_the_form(as_role: Callable[..., Any]) -> None:
    doctor = as_role("clinician")
    made = begun(doctor, PatientFactory.create())
    stale = {"seen": seen(doctor, made), "status": "partial"}
    answers = {
        "is in the report already": {**stale, **line("sodium", "141")},
        "Enter what came": stale,
        "needs both": {**stale, **line("Potassium", "")},
    }
    for words, said in answers.items():
        refused = doctor.post(url("more", made), said)
        assert (refused.status_code, words in refused.content.decode()) == (422, True), words
    assert 'value="141"' in doctor.post(url("more", made), answers["is in the report already"]).content.decode()
    assert made.results.count() == 1


@pytest.mark.parametrize("how", ["final", "cancelled", "sent", "error"])
def test_nothing_is_added_to_what_is_complete_sent_or_wrong(how: str, as_role: Callable[..., Any]) -> None:
    doctor, patient = as_role("clinician"), PatientFactory.create()
    fields: dict[str, Any] = {"status": "partial"}
    if how in ("final", "cancelled"):
        fields = {"status": how}
    elif how == "sent":
        fields |= {"identifier_system": "lab", "identifier_value": "77"}
    made = ReportFactory.create(patient=patient, **fields)
    if how == "error":
        doctor.post(url("error", made), {"reason": "Another person's"})
    assert url("more", made) not in doctor.get(url("detail", made)).content.decode()
    assert doctor.get(url("more", made)).headers["Location"] == url("detail", made)
    with pytest.raises(DomainError):
        continue_report(by=doctor.user, report=made, results=[Result(WHITE, words="few")], status="final")
    assert not made.results.exists()


def test_a_corrected_value_does_not_complete_a_report(as_role: Callable[..., Any]) -> None:
    doctor = as_role("clinician")
    made = begun(doctor, PatientFactory.create())
    said = {"value": None, "words": "low", "comparator": "", "interpretation": "L", "reason": "Misread"}
    correct_result(by=doctor.user, row=made.results.get(), **said)
    made.refresh_from_db()
    assert (made.status, made.reviewed_at) == ("partial", None)
    continue_report(by=doctor.user, report=made, results=[Result(WHITE, words="few")], status="final")
    assert sorted(made.results.standing().values_list("value_text", flat=True)) == ["few", "low"]


def test_what_comes_after_the_note_was_signed_stands_beside_the_visit(as_role: Callable[..., Any]) -> None:
    doctor, patient = as_role("clinician"), PatientFactory.create()
    visit = a_visit(doctor.user, patient)
    made = begun(doctor, patient, encounter=visit)
    note = a_note(doctor.user, visit)
    sign_note(by=doctor.user, note=note, base_version=note.version)
    said = {**line("White cells", "5.0"), "status": "final", "seen": seen(doctor, made)}
    assert doctor.post(url("more", made), said).status_code == 303
    told = made.results.order_by("created_at", "id").values_list("display", "encounter")
    assert list(told) == [("Sodium", visit.pk), ("White cells", None)]
    assert not Task.objects.open().exists()


@pytest.mark.parametrize("status", ["partial", "preliminary"])
def test_nothing_entered_makes_no_report_final(as_role: Callable[..., Any], status: str) -> None:
    doctor = as_role("clinician")
    made = begun(doctor, PatientFactory.create(), status)
    page = doctor.get(url("more", made)).content.decode()
    select = page.split('name="status"', 1)[1].split("</select>", 1)[0]
    assert re.findall(r'<option value="(\w+)" selected', select) == [status]
    pressed = doctor.post(url("more", made), {"status": status, "seen": seen(doctor, made)})
    assert (pressed.status_code, "say that the report is final" in pressed.content.decode()) == (422, True)
    doctor.post(url("more", made), {"status": "final", "seen": seen(doctor, made)})
    assert "The report is final now." in doctor.get(url("detail", made)).content.decode()
