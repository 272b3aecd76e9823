"""Recalls are a worklist: tried, booked or ended, never lost."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.models import DocumentReference, Patient
from emr.audit.actor import acting
from emr.audit.models import AccessEvent
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from emr.ui import formats
from scheduling.actions.appointments import cancel, mark_no_show, reschedule
from scheduling.actions.recalls import add_attempt, close_recall
from scheduling.actions.series import book_series, move_series
from scheduling.choices import Frequency, Scope
from scheduling.models import Recall, RecallAttempt
from scheduling.queries.checkout import open_recalls
from scheduling.recurrence import Rule
from tests.factories.accounts import ClinicFactory
from tests.factories.base import someone
from tests.factories.clinic import PatientAddressFactory, PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.desk import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D08")]

LIST = "scheduling:recalls_list"


@pytest.fixture
def desk(as_role: Any) -> Client:
    client: Client = as_role("front_desk")
    return client


def recall(days: int = -1, **columns: Any) -> Recall:
    patient = columns.pop("patient", None) or PatientFactory.create()
    with acting(someone()):
        return Recall.objects.create(
            created_by=someone(),
            patient=patient,
            due_on=clinic_today() + timedelta(days=days),
            reason=columns.pop("reason", "Blood pressure again"),
            **columns,
        )


def visit(patient: Patient, days: int = 9) -> Any:
    start = (timezone.now() + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    return AppointmentFactory(patient=patient, start_at=start, end_at=start + timedelta(minutes=20))


def names(client: Client, **asked: str) -> list[str]:
    page = client.get(reverse(LIST), asked).content.decode()
    return re.findall(r'<th scope="row"><a [^>]+>([^<]+)</a>', page)


def test_each_stands_where_it_belongs(desk: Client) -> None:
    due, coming = (
        recall(patient=PatientFactory(family_name="Due")),
        recall(9, patient=PatientFactory(family_name="Coming")),
    )
    booked = recall(patient=PatientFactory(family_name="Booked"))
    close_recall(by=someone(), recall=booked, appointment=visit(booked.patient))
    ended = recall(patient=PatientFactory(family_name="Ended"))
    close_recall(by=someone(), recall=ended, reason="Moved away")
    found = {
        show: [name.split()[0] for name in names(desk, show=show)] for show in ("due", "coming", "booked", "closed")
    }
    assert found == {"due": ["DUE"], "coming": ["COMING"], "booked": ["BOOKED"], "closed": ["ENDED"]}
    assert (due.closed_at, coming.closed_at) == (None, None)


def test_a_visit_that_was_called_off_makes_it_due_again(desk: Client) -> None:
    row = recall()
    booked = visit(row.patient)
    close_recall(by=someone(), recall=row, appointment=booked)
    assert names(desk) == []
    cancel(by=someone(), appointment=booked, reason="Ill", cancelled_for="patient")
    assert len(names(desk)) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_a_visit_that_was_moved_still_serves_it_and_makes_it_due_when_it_fails(desk: Client, times: int) -> None:
    row = recall()
    booked = visit(row.patient)
    close_recall(by=someone(), recall=row, appointment=booked)
    for days in range(1, times + 1):
        start = (booked.start_at + timedelta(days=days)).replace(hour=12)
        booked = reschedule(by=someone(), appointment=booked, start_at=start, override_reason="Asked for it")
    assert (names(desk), len(names(desk, show="booked"))) == ([], 1)
    assert formats.instant(booked.start_at) in desk.get(reverse(LIST), {"show": "booked"}).content.decode()
    with time_machine.travel(booked.start_at + timedelta(hours=1)):
        mark_no_show(by=someone(), appointment=booked)
    assert (len(names(desk)), names(desk, show="booked")) == (1, [])


def test_a_series_that_was_moved_still_serves_it(desk: Client, front: Desk) -> None:
    row = recall()
    rule = Rule(MONDAY, Frequency.WEEKLY, count=2)
    made = book_series(
        **{"by": front.by, "patient": row.patient, "practitioner": front.practitioner, "type": front.type},
        **{"rule": rule, "wall_time": time(9)},
    )
    first = made.visits.earliest("start_at")
    close_recall(by=front.by, recall=row, appointment=first)
    moved = move_series(by=front.by, appointment=first, scope=Scope.ALL, start_at=first.start_at + timedelta(hours=1))
    row.refresh_from_db()
    assert row.appointment == min(moved, key=lambda one: one.start_at)


def test_a_try_is_recorded_and_shown(desk: Client) -> None:
    row = recall()
    form = {"method": "phone", "outcome": "no_answer", "note": "Rings out"}
    answer = desk.post(reverse("scheduling:recalls_attempt", args=[row.patient_id, row.pk]), form)
    assert answer.status_code == 303
    [attempt] = RecallAttempt.objects.all()
    assert (attempt.recall, attempt.by, attempt.note) == (row, desk.user, "Rings out")  # type: ignore[attr-defined]
    assert "telephone: no answer (Rings out)" in desk.get(reverse(LIST)).content.decode()


def test_it_ends_for_a_reason_or_by_a_visit_of_this_patient(desk: Client) -> None:
    row, other = recall(), visit(PatientFactory())
    link = reverse("scheduling:recalls_close", args=[row.patient_id, row.pk])
    nothing = desk.post(link, {"appointment": "", "reason": ""})
    assert (nothing.status_code, "Say why the recall ends" in nothing.content.decode()) == (422, True)
    assert desk.post(link, {"appointment": str(other.pk)}).status_code == 422
    with pytest.raises(DomainError):
        close_recall(by=someone(), recall=row, appointment=other)
    assert desk.post(link, {"reason": "Goes elsewhere"}).status_code == 303
    row.refresh_from_db()
    assert row.close_reason == "Goes elsewhere"
    with pytest.raises(DomainError):
        add_attempt(by=someone(), recall=row, method="phone", outcome="reached")


def test_nobody_is_called_who_died_or_left_the_clinic(desk: Client) -> None:
    recall(patient=PatientFactory(family_name="Dead", deceased_at=timezone.now()))
    recall(9, patient=PatientFactory(family_name="Gone", active=False))
    recall(patient=PatientFactory(family_name="Here"))
    assert [names(desk), names(desk, show="coming")] == [["HERE Maria"], []]


def test_another_patients_recall_is_not_there(desk: Client) -> None:
    row = recall()
    for name in ("scheduling:recalls_attempt", "scheduling:recalls_close"):
        assert desk.get(reverse(name, args=[PatientFactory().pk, row.pk])).status_code == 404


def test_a_restricted_patient_is_not_listed(desk: Client) -> None:
    recall(patient=PatientFactory(family_name="Secret", restricted=True))
    assert names(desk) == []
    assert "Secret" not in desk.get(reverse(LIST)).content.decode()
    assert not AccessEvent.objects.exists()


def test_the_list_asks_the_same_for_1_and_for_30(desk: Client) -> None:
    def asked() -> int:
        desk.get(reverse(LIST))
        with CaptureQueriesContext(connection) as queries:
            desk.get(reverse(LIST))
        return len(queries)

    add_attempt(by=someone(), recall=recall(), method="phone", outcome="message")
    one = asked()
    for _ in range(29):
        add_attempt(by=someone(), recall=recall(), method="phone", outcome="message")
    assert asked() == one


def test_the_checkout_names_no_recall_for_which_a_visit_stands(desk: Client) -> None:
    row = recall()
    other = recall(9, patient=row.patient, reason="Eyes")
    close_recall(by=someone(), recall=row, appointment=visit(row.patient))
    assert open_recalls(visit(row.patient, 12)) == [f"About {formats.day(other.due_on)}: Eyes"]


@pytest.mark.feature("G04")
def test_a_try_sent_twice_counts_once(desk: Client) -> None:
    row = recall()
    page = reverse("scheduling:recalls_attempt", args=[row.patient.pk, row.pk])
    token = re.search(r'name="request_token" value="([^"]+)"', desk.get(page).content.decode())
    assert token is not None
    typed = {"method": "phone", "outcome": "no_answer", "note": "At noon", "request_token": token[1]}
    for _ in range(2):
        assert desk.post(page, typed).status_code == 303
    assert RecallAttempt.objects.get().note == "At noon"
    assert desk.post(page, {**typed, "request_token": ""}).status_code == 303
    assert row.attempts.count() == 2
    end = reverse("scheduling:recalls_close", args=[row.patient.pk, row.pk])
    assert desk.post(end, {"reason": "Moved away"}).status_code == 303
    assert desk.post(page, typed).status_code == 303, "what was recorded before it ended stays recorded"
    assert row.attempts.count() == 2
    assert "Moved away" in desk.get(reverse(LIST), {"show": "closed"}).content.decode()


@pytest.mark.feature("G04")
def test_letters_are_printed_for_the_chosen_and_are_tries(desk: Client) -> None:
    ClinicFactory()
    one = recall(patient=PatientFactory(family_name="Due", language="es"), reason="Colonoscopy")
    two = recall(patient=PatientFactory(family_name="Second"))
    PatientAddressFactory(patient=two.patient, line1="12 Elm Street")
    hidden, over = recall(patient=PatientFactory(restricted=True)), recall()
    close_recall(by=someone(), recall=over, reason="Moved away")
    letters = reverse("scheduling:recalls_letters")
    token = {"request_token": str(uuid7())}
    assert "at least one" in desk.post(letters, token, follow=True).content.decode()
    for foreign in (hidden, over):
        assert desk.post(letters, {**token, "recall": [one.pk, foreign.pk]}).status_code == 303
    assert not one.attempts.exists()
    lost = desk.post(letters, {**token, "recall": [one.pk, two.pk]}, follow=True).content.decode()
    assert "No address is on file of DUE Maria." in lost
    assert not two.attempts.exists(), "a letter that reaches nobody is no try, and the others wait for it"
    PatientAddressFactory(patient=one.patient)
    for _ in range(2):
        answer = desk.post(letters, {**token, "recall": [one.pk, two.pk]})
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    pdf = pypdfium2.PdfDocument(b"".join(answer.streaming_content))
    texts = [page.get_textpage().get_text_bounded() for page in pdf]
    assert len(texts) == 2
    assert [("Llame al" in text, "Please call" in text) for text in texts] == [(True, False), (False, True)]
    assert all("Page 1 of 1" in text and "born 14-Mar-1962" in text for text in texts)
    assert "12 Elm Street" in texts[1]
    assert not any("Colonoscopy" in text for text in texts), "the reason is nobody's to read over a shoulder"
    tries = RecallAttempt.objects.order_by("recall__patient__family_name")
    assert [(row.recall, row.method, row.outcome) for row in tries] == [
        (one, "letter", "sent"),
        (two, "letter", "sent"),
    ]
    read = AccessEvent.objects.filter(action="print").values_list("patient_id", flat=True)
    assert set(read) == {one.patient_id, two.patient_id}
    assert "letter: sent" in desk.get(reverse(LIST)).content.decode()
    for row, words in ((one, "Llame al"), (two, "12 Elm Street")):
        kept = DocumentReference.objects.get(patient=row.patient, category="letter")
        with kept.content.open("rb") as file:
            paper = pypdfium2.PdfDocument(file.read())
        assert (len(paper), words in paper[0].get_textpage().get_text_bounded()) == (1, True)
        assert "Recall letter" in desk.get(reverse("clinic:documents_list", args=[row.patient.pk])).content.decode()


@pytest.mark.feature("G04")
def test_a_recall_is_made_in_the_chart_and_all_of_them_stand_there(as_role: Any) -> None:
    """A result asks for a visit long after the patient has left: no checkout is needed."""
    doctor, patient, other = as_role("clinician"), PatientFactory.create(), recall(reason="Somebody else's")
    page = reverse("scheduling:recalls_patient", args=[patient.pk])
    assert page in doctor.get(reverse("scheduling:appointments_list", args=[patient.pk])).content.decode()
    assert "Nobody has to call" in doctor.get(page).content.decode()
    refused = doctor.post(page, {"number": "0", "unit": "months", "reason": "Mammogram"})
    assert (refused.status_code, "Mammogram" in refused.content.decode()) == (422, True)
    for _ in range(2):
        assert doctor.post(page, {"number": "6", "unit": "weeks", "reason": "Mammogram"}).status_code == 303
    row = Recall.objects.get(patient=patient)
    assert (row.due_on, row.created_by) == (clinic_today() + timedelta(weeks=6), doctor.user)
    add_attempt(by=doctor.user, recall=row, method="phone", outcome="no_answer")
    recall(patient=patient, reason="Lipids", closed_at=timezone.now(), closed_by=someone(), close_reason="Moved away")
    shown = doctor.get(page).content.decode()
    assert [words in shown for words in ("Mammogram", "no answer", "Lipids", "Moved away", other.reason)] == [
        *([True] * 4),
        False,
    ]
    assert names(doctor, show="coming") == [patient.sort_name]
    assert as_role("biller").get(page).status_code == 403
