"""Messages among colleagues: sent and found again, about a patient, visible at both ends; tasks that write charts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.actions.grants import grant_chart
from clinic.actions.messages import send_message
from clinic.actions.tasks import complete_task, create_task, reopen_task
from clinic.models import Communication, Note, Task, TaskComment
from emr.audit.actor import acting
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from tests.clinic.views.test_inbox import INBOX, titles
from tests.factories.accounts import make_person
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db


def url(name: str, *keys: Any) -> str:
    return reverse(f"clinic:{name}", args=keys)


@pytest.mark.feature("G03")
def test_a_message_about_a_patient_is_seen_at_both_ends_and_in_the_chart(as_role: Any) -> None:
    nurse, doctor, desk = as_role("nurse"), as_role("clinician"), as_role("front_desk")
    patient = PatientFactory(family_name="Known")
    new = url("messages_patient_new", patient.pk)
    typed = {"subject": "Potassium", "text": "Please look <today>", "to": [], "request_token": str(uuid7())}
    refused = nurse.post(new, typed)
    assert refused.status_code == 422
    assert "Please look &lt;today&gt;" in refused.content.decode()
    for _ in range(2):
        assert nurse.post(new, {**typed, "to": [f"user:{doctor.user.pk}"]}).status_code == 303
    message = Communication.objects.get()
    page = url("messages_thread", message.pk)
    assert titles(nurse.get(url("messages_sent")).content.decode()) == ["Potassium"]
    assert "not read yet" in nurse.get(url("messages_sent")).content.decode()
    assert titles(doctor.get(INBOX).content.decode()) == ["Potassium"]
    shown = doctor.get(page).content.decode()
    assert f'aria-label="Patient {patient.given_name} Known"' in shown
    assert "Please look &lt;today&gt;" in shown
    assert message.recipients.get().read_at is None, "a look writes nothing"
    assert url("messages_read", message.pk) in shown
    assert doctor.post(url("messages_read", message.pk)).status_code == 204
    assert "not read yet" not in nurse.get(url("messages_sent")).content.decode()
    assert doctor.post(page, {"text": "Done, all well"}).status_code == 303
    for client in (nurse, doctor):
        both = client.get(page).content.decode()
        assert ("Please look" in both, "Done, all well" in both) == (True, True)
        chart = client.get(url("tasks_patient", patient.pk)).content.decode()
        assert ("Please look" in chart, "Done, all well" in chart) == (True, True)
    assert titles(nurse.get(INBOX).content.decode()) == ["Potassium"]
    assert desk.get(page).status_code == 404
    assert "Please look" not in desk.get(url("tasks_patient", patient.pk)).content.decode()
    assert doctor.post(url("messages_archive", message.pk)).status_code == 303
    assert titles(doctor.get(INBOX).content.decode()) == []
    assert titles(doctor.get(INBOX, {"show": "done"}).content.decode()) == ["Potassium"]
    assert doctor.post(url("messages_bring_back", message.pk)).status_code == 303
    assert titles(doctor.get(INBOX).content.decode()) == ["Potassium"]
    third = make_person("nurse")
    send_message(by=doctor.user, to=[nurse.user, third], subject="x", text="Third", answer_to=message)
    with transaction.atomic(), acting(doctor.user):
        patient.restricted = True
        patient.save(update_fields=["restricted"])
    for user in (doctor.user, nurse.user):
        grant_chart(by=someone(), patient=patient, user=user, reason="Treats her")
    assert str(third) in doctor.get(page).content.decode(), "what was sent to whom stays"
    assert doctor.post(page, {"text": "Go on"}).status_code == 303, "who is kept out now keeps nobody from answering"
    last = Communication.objects.get(text="Go on")
    assert [row.user for row in last.recipients.all()] == [nurse.user]


@pytest.mark.feature("G03")
def test_a_message_goes_to_a_role_and_to_nobody_who_may_not_know_the_patient(as_role: Any) -> None:
    manager, nurses = as_role("manager"), [make_person("nurse") for _ in range(2)]
    hidden = PatientFactory(restricted=True)
    sent = manager.post(url("messages_new"), {"subject": "Flu clinic", "text": "On Friday", "to": ["role:nurse"]})
    assert sent.status_code == 303
    message = Communication.objects.get()
    assert {row.user for row in message.recipients.all()} == set(nurses)
    with pytest.raises(DomainError, match="may not open this chart"):
        send_message(by=someone(), to=nurses[:1], subject="Secret", text="Secret", patient=hidden)
    grant_chart(by=someone(), patient=hidden, user=manager.user, reason="Asked for it")
    about = {"subject": "Transport", "text": "At ten", "to": ["role:nurse"]}
    page = url("messages_patient_new", hidden.pk)
    assert "Nobody has this role at the moment who may know" in manager.post(page, about).content.decode()
    grant_chart(by=someone(), patient=hidden, user=nurses[1], reason="Treats her")
    assert manager.post(page, about).status_code == 303
    assert [row.user for row in Communication.objects.get(subject="Transport").recipients.all()] == [nurses[1]]
    with pytest.raises(IntegrityError, match="is fixed"), transaction.atomic(), acting(someone()):
        message.text = "On Monday"
        message.save(update_fields=["text"])
    counts = []
    for many in (1, 9):
        for number in range(many):
            send_message(by=manager.user, to=nurses, subject=f"S{number}", text="T", patient=PatientFactory())
        manager.get(url("messages_sent"))
        with CaptureQueriesContext(connection) as seen:
            manager.get(url("messages_sent"))
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.feature("G02")
def test_a_task_is_given_talked_about_and_done(as_role: Any) -> None:
    doctor, desk, nurse = as_role("clinician"), as_role("front_desk"), as_role("nurse")
    patient, day = PatientFactory(family_name="Known"), clinic_today() + timedelta(days=3)
    asked = {"description": "Ask for the old records", "to": "role:front_desk", "priority": "urgent", "due_date": day}
    token = {"request_token": str(uuid7())}
    for _ in range(2):
        assert doctor.post(url("tasks_patient_new", patient.pk), {**asked, **token}).status_code == 303
    task = Task.objects.get()
    assert (task.for_patient, task.owner_role, task.priority, task.due_date) == (patient, "front_desk", "urgent", day)
    page = url("tasks_detail", task.pk)
    assert [client.get(page).status_code for client in (desk, doctor, nurse)] == [200, 200, 200]
    shown = doctor.get(page).content.decode()
    assert f'aria-label="Patient {patient.given_name} Known"' in shown, "the banner says about whom it is"
    assert "<title>KNOWN" in shown
    assert as_role("biller").get(page).status_code == 404
    for _ in range(2):
        desk.post(url("tasks_comment", task.pk), {"text": "Faxed", "request_token": token["request_token"]})
    assert TaskComment.objects.get().created_by == desk.user
    assert "Faxed" in doctor.get(page).content.decode()
    seen = task.updated_at.isoformat()
    change = {"to": f"user:{nurse.user.pk}", "priority": "routine", "due_date": "", "seen": seen}
    assert doctor.post(url("tasks_change", task.pk), change).status_code == 303
    assert doctor.post(url("tasks_change", task.pk), change).status_code == 409
    assert desk.post(url("tasks_complete", task.pk)).status_code == 404
    assert nurse.post(url("tasks_complete", task.pk), {"comment": "Arrived"}).status_code == 303
    chart = doctor.get(url("tasks_patient", patient.pk)).content.decode()
    assert ("Ask for the old records" in chart, "Arrived" in chart) == (True, True)
    own = create_task(by=doctor.user, code="asked", description="Never mind", owner_role="nurse")
    assert nurse.post(url("tasks_cancel", own.pk), {"comment": "No"}).status_code == 404 or own.status == "requested"
    assert doctor.post(url("tasks_cancel", own.pk), {"comment": ""}).status_code == 422
    assert doctor.post(url("tasks_cancel", own.pk), {"comment": "Found it"}).status_code == 303
    own.refresh_from_db()
    assert (own.status, own.comment) == ("cancelled", "Found it")
    again = url("tasks_reopen", task.pk)
    assert as_role("biller").post(again, {"comment": "No"}).status_code == 404
    assert nurse.post(again, {"comment": " "}).status_code == 422
    assert "Not done after all" in nurse.get(page).content.decode()
    for _ in range(2):
        assert nurse.post(again, {"comment": "The wrong records"}).status_code == 303
    task.refresh_from_db()
    assert (task.status, task.completed_by, task.comment) == ("requested", None, "")
    assert [row.text for row in task.comments.all()] == ["Faxed", "Open again: The wrong records"]
    complete_task(by=nurse.user, task=task)
    with pytest.raises(DomainError, match="Only who had this task"):
        reopen_task(by=someone(), task=task, comment="Mine?")


@pytest.mark.feature("G02")
def test_a_task_writes_to_the_chart(as_role: Any) -> None:
    nurse, patient = as_role("nurse"), PatientFactory()
    task = create_task(by=someone(), code="asked", description="Potassium: call", owner=nurse.user, patient=patient)
    nurse.post(url("tasks_comment", task.pk), {"text": "Feels well"})
    write = url("tasks_write", task.pk)
    assert "Feels well" in nurse.get(write).content.decode()
    assert nurse.post(write, {"text": ""}).status_code == 422
    answer = nurse.post(write, {"text": "Called: feels well, repeat in a week"})
    note = Note.objects.get()
    assert answer["Location"] == url("notes_edit", patient.pk, note.pk)
    assert (note.patient, note.get_type_display(), note.signed_at) == (patient, "Telephone note", None)
    assert [section.text for section in note.sections.exclude(text="")] == ["Called: feels well, repeat in a week"]
    task.refresh_from_db()
    assert (task.status, task.focus_id) == ("completed", note.pk)
    assert url("notes_detail", patient.pk, note.pk) in nurse.get(url("tasks_detail", task.pk)).content.decode()
    assert nurse.post(write, {"text": "Again"}).status_code == 422
    assert Note.objects.count() == 1
    desk = as_role("front_desk")
    assert desk.get(write).status_code == 404
    own = create_task(by=someone(), code="asked", description="Call", owner_role="front_desk", patient=patient)
    assert desk.get(url("tasks_write", own.pk)).status_code == 403
