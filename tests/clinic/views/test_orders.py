"""Orders: placed with a diagnosis or a reason, signed, moved on, cancelled with a reason, closed by their result."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pdfplumber
import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.models import DiagnosticReport, Patient, ServiceRequest, Task
from emr.audit.actor import acting
from emr.codes.systems import ICD10CM
from emr.shared.dates import clinic_today
from emr.shared.identifiers import make_mrn
from tests.factories.accounts import ClinicFactory
from tests.factories.chart import ConditionFactory
from tests.factories.clinic import CoverageFactory, PatientAddressFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F09")]

Login = Callable[..., Client]


@pytest.fixture
def maria() -> Any:
    return PatientFactory(family_name="Silva", given_name="Maria")


def page(name: str, patient: Patient, *more: object) -> str:
    return reverse(f"clinic:{name}", args=[patient.pk, *more])


def order(client: Client, patient: Patient, **said: Any) -> ServiceRequest:
    """Order something by the form, and give what came of it."""
    answer = client.post(page("orders_add", patient), {"what": "TSH", "priority": "routine", "reason": "Tired", **said})
    assert answer.status_code == 303, answer.content.decode()
    return ServiceRequest.objects.latest("created_at")


def wrong(answer: Any) -> list[str]:
    """The fields that a page marks as wrong."""
    return re.findall(r'id="id_(\w+)_error"', answer.content.decode())


def printed(pdf: bytes) -> str:
    with pdfplumber.open(io.BytesIO(pdf)) as file:
        return " ".join(one.extract_text() for one in file.pages)


def test_a_clinician_orders_and_signs_with_it(as_role: Login, maria: Patient) -> None:
    """The words of the house's list bring code and kind; the day to look for the result becomes a task."""
    doctor = as_role("clinician")
    problem = ConditionFactory(patient=maria, system=ICD10CM, code="E03.9", display="Hypothyroidism")
    ConditionFactory(patient=maria, system="", code="", display="Only words")
    html = doctor.get(page("orders_add", maria)).content.decode()
    assert "E03.9 Hypothyroidism" in html
    assert "Only words" not in html
    day = clinic_today() + timedelta(days=14)
    made = order(doctor, maria, what="tsh", problems=[str(problem.pk)], follow_up_on=day.isoformat())
    assert (made.category, made.code, made.display, made.status) == ("laboratory", "3016-3", "TSH", "active")
    assert made.number[0] == "L"
    assert make_mrn(int(made.number[1:-1])) == made.number[1:]
    assert made.signed_by == doctor.user
    assert [(row.code, row.condition) for row in made.reasons.all()] == [("E03.9", problem)]
    task = Task.objects.get()
    assert (task.code, task.owner, task.due_date, task.for_patient) == ("order-follow-up", doctor.user, day, maria)
    shown = doctor.get(page("orders_list", maria)).content.decode()
    assert "E03.9" in shown
    assert made.number in shown


def test_what_an_order_needs(as_role: Login, maria: Patient) -> None:
    """A kind for what isn't listed; a diagnosis or a reason; no day that is past; not twice unless said so."""
    doctor = as_role("clinician")
    add, yesterday = page("orders_add", maria), clinic_today() - timedelta(days=1)
    said = {"what": "TSH", "priority": "routine", "reason": "Tired"}
    for change, field in (
        ({"what": "Something rare"}, "category"),
        ({"reason": " "}, "reason"),
        ({"occurrence_date": yesterday.isoformat()}, "occurrence_date"),
    ):
        answer = doctor.post(add, said | change)
        assert (answer.status_code, wrong(answer)) == (422, [field])
    order(doctor, maria)
    again = doctor.post(add, said)
    assert again.status_code == 422
    assert "is on order since" in again.content.decode()
    assert 'name="again"' in again.content.decode()
    order(doctor, maria, again="on")
    token = "0197f000-0000-7000-8000-000000000001"
    order(doctor, maria, what="INR", request_token=token)
    order(doctor, maria, what="INR", request_token=token)
    assert ServiceRequest.objects.filter(display="INR").count() == 1


def test_a_nurse_prepares_and_the_clinician_signs(as_role: Login, maria: Patient) -> None:
    nurse, doctor, outside = as_role("nurse"), as_role("clinician"), as_role("front_desk")
    own = doctor.user.practitioner
    refused = nurse.post(page("orders_add", maria), {"what": "TSH", "priority": "stat", "reason": "Tired"})
    assert wrong(refused) == ["requester"]
    made = order(nurse, maria, priority="stat", requester=str(own.pk))
    assert (made.status, made.signed_at, made.requester) == ("draft", None, own)
    sign = page("orders_sign", maria, made.pk)
    assert Task.objects.get().owner == doctor.user
    assert (nurse.post(sign).status_code, outside.get(page("orders_list", maria)).status_code) == (403, 403)
    assert nurse.post(page("orders_move", maria, made.pk), {"step": "sent"}).status_code == 422
    assert doctor.get(sign).status_code == 200
    assert doctor.post(sign).status_code == 303
    made.refresh_from_db()
    assert (made.status, made.signed_by) == ("active", doctor.user)
    assert not Task.objects.open().exists()
    assert doctor.post(sign).status_code == 422
    assert nurse.post(page("orders_cancel", maria, made.pk), {"reason": "Wrong"}).status_code == 422


def test_the_way_of_a_referral(as_role: Login, maria: Patient) -> None:
    """Sent, scheduled for a day, done with what came of it; another is cancelled, and only with a reason."""
    doctor = as_role("clinician")
    made = order(doctor, maria, what="Cardiology", follow_up_on=clinic_today().isoformat())
    move = page("orders_move", maria, made.pk)
    assert doctor.post(move, {"step": "collected"}).status_code == 422
    assert doctor.post(move, {"step": "scheduled"}).status_code == 422
    for step in ({"step": "sent"}, {"step": "scheduled", "scheduled_on": "2026-12-24"}):
        assert doctor.post(move, step).status_code == 303
    assert "Scheduled for 24-Dec-2026" in doctor.get(page("orders_detail", maria, made.pk)).content.decode()
    assert doctor.post(page("orders_done", maria, made.pk), {"comment": "Letter is filed"}).status_code == 303
    made.refresh_from_db()
    assert (made.status, made.step, made.completed_by) == ("completed", "received", doctor.user)
    assert not Task.objects.open().exists()
    other = order(doctor, maria, what="Dermatology")
    cancel = page("orders_cancel", maria, other.pk)
    assert doctor.post(cancel, {"reason": " "}).status_code == 422
    assert doctor.post(cancel, {"reason": "Went elsewhere"}).status_code == 303
    shown = doctor.get(page("orders_detail", maria, other.pk)).content.decode()
    assert "Cancelled" in shown
    assert "Went elsewhere" in shown
    rests = order(doctor, maria, what="Podiatry", category="referral")
    hold = page("orders_hold", maria, rests.pk)
    assert (as_role("nurse").post(hold, {"reason": "No"}).status_code, doctor.post(hold, {}).status_code) == (403, 422)
    assert doctor.post(hold, {"reason": "After the holidays"}).status_code == 303
    assert "After the holidays" in doctor.get(page("orders_detail", maria, rests.pk)).content.decode()
    assert doctor.post(hold, {"reason": "Again"}).status_code == 422
    assert doctor.post(page("orders_move", maria, rests.pk), {"step": "sent"}).status_code == 303
    rests.refresh_from_db()
    assert (rests.status, rests.status_reason, rests.step) == ("active", "", "sent")
    wrong = order(doctor, maria, what="Neurology")
    refused = as_role("nurse").post(page("orders_error", maria, wrong.pk), {"reason": "Other patient"})
    assert refused.status_code == 422
    assert doctor.post(page("orders_error", maria, wrong.pk), {"reason": "Other patient"}).status_code == 303
    assert doctor.post(cancel, {"reason": "Again"}).status_code == 422


def test_the_requisition(as_role: Login, maria: Patient) -> None:
    """All that a laboratory asks for; who may not see insurance prints none; a draft says that it is one."""
    ClinicFactory()
    PatientAddressFactory(patient=maria)
    CoverageFactory(patient=maria, subscriber_id="W123")
    problem = ConditionFactory(patient=maria, system=ICD10CM, code="E03.9", display="Hypothyroidism")
    doctor = as_role("clinician")
    made = order(doctor, maria, problems=[str(problem.pk)], instructions="Fasting", priority="urgent")
    answer = doctor.get(page("orders_print", maria, made.pk))
    text = printed(answer.content)
    said = ["SILVA, Maria", "E03.9", "TSH", "3016-3", "Fasting", "Urgent", "W123", made.number, "Riverside Clinic"]
    assert [word for word in said if word not in text] == []
    draft = order(as_role("nurse"), maria, what="INR", requester=str(doctor.user.practitioner.pk))
    assert "Not signed" in printed(doctor.get(page("orders_print", maria, draft.pk)).content)


def test_the_result_closes_the_order_and_its_task(as_role: Login, maria: Patient) -> None:
    """A partial result says so and leaves both open; the final one closes both; taken back, the order is open again."""
    doctor = as_role("clinician")
    made = order(doctor, maria, follow_up_on=clinic_today().isoformat())
    said = {
        "order": str(made.pk),
        "what": "TSH",
        "taken_on": clinic_today().isoformat(),
        "taken_at": "00:00",
        "status": "partial",
        "test_1": "TSH",
        "value_1": "<0.01",
        "unit_1": "m[IU]/L",
        "range_1": "0.4-4.0",
    }
    assert doctor.post(page("orders_result", maria, made.pk), said).status_code == 303
    made.refresh_from_db()
    assert (made.status, made.step) == ("active", "partial")
    assert Task.objects.open().count() == 1
    row = DiagnosticReport.objects.get().results.get()
    assert (row.value_comparator, str(row.value_quantity), row.interpretation) == ("<", "0.01", "L")
    assert "Partial report" in doctor.get(page("results_detail", maria, row.report_id)).content.decode()
    doctor.post(page("orders_result", maria, made.pk), said | {"status": "final"})
    made.refresh_from_db()
    assert made.status == "completed"
    assert not Task.objects.open().exists()
    final = DiagnosticReport.objects.get(status="final")
    assert doctor.post(page("results_error", maria, final.pk), {"reason": "Another person's"}).status_code == 303
    made.refresh_from_db()
    assert (made.status, made.completed_at) == ("active", None)
    assert Task.objects.open().get().code == "order-follow-up"


def test_an_order_of_somebody_else_is_not_there(as_role: Login, maria: Patient) -> None:
    doctor = as_role("clinician")
    made = order(doctor, PatientFactory())
    names = ["detail", "sign", "move", "done", "hold", "cancel", "error", "print", "history", "result"]
    assert {doctor.get(page(f"orders_{name}", maria, made.pk)).status_code for name in names} == {404}


def test_the_list_asks_as_often_for_many(as_role: Login, maria: Patient) -> None:
    doctor = as_role("clinician")
    counts = []
    for names in (["TSH"], ["INR", "PSA", "Cardiology", "Walker", "Urinalysis"]):
        for name in names:
            order(doctor, maria, what=name)
        with CaptureQueriesContext(connection) as asked:
            doctor.get(page("orders_list", maria))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_what_never_comes_back_stands_on_a_list_of_its_own(as_role: Login, maria: Patient) -> None:
    """Without a day to be reminded on, an order whose result never comes would be forgotten."""
    doctor, colleague, worklist = as_role("clinician"), as_role("clinician"), reverse("clinic:orders_worklist")

    def listed(client: Client, whose: str = "all") -> list[tuple[str, str]]:
        html = client.get(worklist, {"whose": whose}).content.decode()
        rows = re.findall(r"<tr data-row>.*?</tr>", html, re.DOTALL)
        late = [re.search(r"problem strong\">(\d+)", row) for row in rows]
        titles = [re.search(r"primary-link[^>]+>([^<]+)<", row) for row in rows]
        return [(title[1] if title else "", days[1] if days else "") for title, days in zip(titles, late, strict=True)]

    order(doctor, maria)
    order(doctor, maria, what="CBC", category="laboratory", priority="urgent")
    order(doctor, PatientFactory(), what="Chest X-ray", category="imaging")
    order(colleague, maria, what="Lipids", category="laboratory")
    done = order(doctor, maria, what="Ferritin", category="laboratory")
    doctor.post(page("orders_cancel", maria, done.pk), {"reason": "Not needed"})
    hidden = PatientFactory.create(family_name="Secret")
    order(doctor, hidden, what="HbA1c", category="laboratory")
    with transaction.atomic(), acting(doctor.user):
        hidden.restricted = True
        hidden.save(update_fields=["restricted"])
    every = [row.display for row in ServiceRequest.objects.filter(status="active").exclude(patient=hidden)]
    assert sorted(title for title, _ in listed(doctor)) == sorted(every)
    assert len(every) == 4
    assert [len(listed(client, "mine")) for client in (doctor, colleague)] == [3, 1]
    assert {late for _, late in listed(doctor)} == {""}
    assert worklist in doctor.get(reverse("clinic:results_worklist")).content.decode()
    with time_machine.travel(timezone.now() + timedelta(days=10)):
        after = as_role("clinician")
        found = dict(listed(after))
    assert sorted(found.values()) == ["", "3", "3", "8"], "a week for the laboratory, two days for what is urgent"
    assert as_role("front_desk").get(worklist).status_code == 403
    counts = []
    for many in (0, 10):
        for _ in range(many):
            order(doctor, PatientFactory())
        assert len(listed(doctor)) == 4 + many
        with CaptureQueriesContext(connection) as seen:
            listed(doctor)
        counts.append(len(seen))
    assert counts[0] == counts[1]
