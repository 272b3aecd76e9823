"""Intake as staff see it: the queue, the chart's page, handing over, the editor."""

from __future__ import annotations

import re
from collections.abc import Callable

import pypdfium2  # type: ignore[import-untyped]
import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.actions.consents import enter_consent_in_error, withdraw_consent
from clinic.actions.intake_links import create_intake_link
from clinic.actions.responses import answer_for_patient
from clinic.models import ConsentForm, IntakeLink, Patient, Questionnaire, QuestionnaireResponse, Task
from clinic.queries.intake import missing_for
from clinic.queries.intake_review import changed_fields
from emr.audit.models import AccessEvent
from emr.jobs.execute import execute
from emr.jobs.models import Job
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from tests.factories.base import someone
from tests.factories.clinic import ContactPointFactory, PatientFactory
from tests.factories.intake import POINTS, answered, questionnaire, signed, text, way_in

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B08")]

REVIEW = reverse("clinic:intake_review")
PHQ = {str(n): [POINTS[1]] for n in range(1, 10)}
HISTORY = {"reason": ["<b>A cough</b>"], "allergic": ["false"]}


def test_the_queue_shows_each_role_what_is_theirs(as_role: Callable[..., Client]) -> None:
    answered(PatientFactory(family_name="Moody"), "phq-9", PHQ)
    answered(PatientFactory(family_name="Moved"), "details", {"name": ["Mia"]})
    answered(PatientFactory(family_name="Hidden", restricted=True), "details", {"name": ["Mia"]})
    shown = {
        role: [name for name in ("MOODY", "MOVED", "HIDDEN") if name in as_role(role).get(REVIEW).content.decode()]
        for role in ("front_desk", "nurse", "clinician")
    }
    assert shown == {"front_desk": ["MOVED"], "nurse": ["MOODY", "MOVED"], "clinician": ["MOODY", "MOVED"]}


def test_health_answers_are_not_there_for_the_front_desk(as_role: Callable[..., Client]) -> None:
    response = answered(PatientFactory(), "phq-9", PHQ)
    paths = [
        reverse(f"clinic:intake_{verb}", args=[response.patient_id, response.pk]) for verb in ("answers", "accept")
    ]
    desk, nurse = as_role("front_desk"), as_role("nurse")
    assert [desk.get(paths[0]).status_code, desk.post(paths[1]).status_code] == [404, 404]
    assert "PHQ-9 total score" in nurse.get(paths[0]).content.decode()
    assert nurse.post(paths[1]).headers["Location"] == REVIEW
    response.refresh_from_db()
    assert response.review == "accepted"


def test_a_field_is_decided_with_what_was_seen(as_role: Callable[..., Client]) -> None:
    response = answered(PatientFactory(), "details", {"name": ["Mia"]})
    desk, where = as_role("front_desk"), [response.patient_id, response.pk]
    decide = reverse("clinic:intake_decide", args=where)
    desk.post(decide, {"field": "preferred_name", "seen": "Something else", "decision": "accept"})
    assert (
        "was changed in the chart while this page was open" in desk.get(decide.replace("decide/", "")).content.decode()
    )
    desk.post(decide, {"field": "preferred_name", "seen": "", "decision": "accept"})
    response.patient.refresh_from_db()
    assert response.patient.preferred_name == "Mia"
    assert as_role("clinician").post(decide, {"field": "email", "seen": "", "decision": "accept"}).status_code == 303


def test_markup_in_answers_is_text_for_staff_too(as_role: Callable[..., Client]) -> None:
    response = answered(PatientFactory(), "before-visit", HISTORY)
    page = as_role("nurse").get(reverse("clinic:intake_answers", args=[response.patient_id, response.pk]))
    assert "<b>A cough" not in page.content.decode()
    assert "&lt;b&gt;A cough" in page.content.decode()


def test_handing_over_a_tablet_ends_the_session_of_this_browser(as_role: Callable[..., Client]) -> None:
    patient, asked = PatientFactory(), questionnaire("before-visit")
    desk, send = as_role("front_desk"), reverse("clinic:intake_send", args=[patient.pk])
    token = re.search(r'name="request_token" value="([0-9a-f-]+)"', desk.get(send).content.decode())
    assert token is not None
    session = desk.session.session_key
    response = desk.post(send, {"questionnaires": [asked.pk], "kind": "kiosk", "request_token": token[1]})
    assert response.headers["Location"] == reverse("intake:prove")
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert desk.get(reverse("clinic:intake_list", args=[patient.pk])).headers["Location"].startswith("/accounts/login/")
    assert not desk.session.exists(session)
    page = desk.get(reverse("intake:prove")).content.decode()
    assert patient.family_name not in page
    assert desk.user.last_name not in page


def test_a_code_is_shown_once_and_a_new_one_ends_it(as_role: Callable[..., Client]) -> None:
    patient = PatientFactory()
    link, desk = way_in(patient, "before-visit"), as_role("front_desk")
    where = reverse("clinic:intake_code", args=[patient.pk, link.pk])
    assert "data:image/svg+xml" not in desk.get(where).content.decode()
    codes = [
        found[1].replace(" ", "")
        for _ in range(2)
        if (found := re.search(r'intake-shown-code">(\w{5} \w{5})<', desk.post(where).content.decode()))
    ]
    assert len(set(codes)) == 2
    tried = [Client().post(reverse("intake:enter"), {"code": code.lower()}).status_code for code in codes]
    assert tried == [200, 302]


def test_a_mailed_link_names_nobody(as_role: Callable[..., Client]) -> None:
    patient = PatientFactory()
    desk, send = as_role("front_desk"), reverse("clinic:intake_send", args=[patient.pk])
    said = {
        "questionnaires": [questionnaire("phq-9").pk],
        "kind": "link",
        "request_token": "01900000-0000-7000-8000-000000000001",
    }
    assert "No e-mail address is on file" in desk.post(send, said).content.decode()
    ContactPointFactory(patient=patient, system="email", value="maria@example.org")
    assert desk.post(send, said).status_code == 303
    execute(Job.objects.get().pk)
    message = mail.outbox[0]
    assert message.to == ["maria@example.org"]
    path = re.search(r"http://testserver(/intake/go/\S+)", message.body)
    assert path is not None
    words = message.subject + message.body.replace(path[1], "")  # a secret spells three letters now and then
    assert [one for one in (patient.family_name, patient.given_name, "PHQ", "mood") if one in words] == []
    assert Client().get(path[1]).headers["Location"] == reverse("intake:prove")
    assert path[1].split("/")[-2] not in str(IntakeLink.objects.values().get())


def test_sent_twice_it_is_one_link(as_role: Callable[..., Client]) -> None:
    patient, desk = PatientFactory(), as_role("front_desk")
    asked = [questionnaire("before-visit")]
    token = PatientFactory().pk
    links = [
        create_intake_link(by=desk.user, patient=patient, kind="code", questionnaires=asked, request_token=token)
        for _ in range(2)
    ]
    assert links[0] == links[1]
    assert IntakeLink.objects.count() == 1


@pytest.mark.parametrize("page", ["queue", "chart"])
def test_as_many_statements_for_thirty_as_for_one(page: str, as_role: Callable[..., Client]) -> None:
    nurse, patient = as_role("nurse"), PatientFactory()

    def statements() -> int:
        path = REVIEW if page == "queue" else reverse("clinic:intake_list", args=[patient.pk])
        with CaptureQueriesContext(connection) as seen:
            assert nurse.get(path).status_code == 200
        return len(seen)

    answered(patient, "phq-9", PHQ)
    signed(patient)
    one = statements()
    for _ in range(29):
        answered(patient if page == "chart" else PatientFactory(), "phq-9", PHQ)
    signed(patient)
    assert statements() == one


def test_the_manager_writes_a_questionnaire_without_a_line_of_json(as_role: Callable[..., Client]) -> None:
    boss = as_role("manager")
    said = {
        "title": "Walking",
        "rows": "3",
        "row0-text": "How far can you walk?",
        "row0-type": "choice",
        "row0-options": "To the shop\nAround the block\n",
        "row0-required": "on",
        "row1-type": "string",
        "row2-text": "What stops you?",
        "row2-type": "text",
    }
    refused = boss.post(reverse("clinic:questionnaires_new"), {**said, "row0-options": "One"}).content.decode()
    assert "Enter at least two answers" in refused
    assert 'value="What stops you?"' in refused
    boss.post(reverse("clinic:questionnaires_new"), said)
    row = Questionnaire.objects.get()
    assert [(item["linkId"], item["type"], item["required"]) for item in row.items] == [
        ("q1", "choice", True),
        ("q2", "text", False),
    ]
    boss.post(reverse("clinic:questionnaires_standing", args=[row.pk]), {"standing": "publish"})
    again = {**said, "row0-link_id": "q1", "row2-link_id": "q2", "row0-options": "Around the block\nA mile"}
    boss.post(reverse("clinic:questionnaires_edit", args=[row.pk]), again)
    second = Questionnaire.objects.get(version=2)
    told = [(one["valueCoding"]["code"], one["valueCoding"]["display"]) for one in second.items[0]["answerOption"]]
    assert told == [("a2", "Around the block"), ("a3", "A mile")]


@pytest.mark.feature("D07")
def test_the_manager_adapts_a_text_and_puts_it_in_force(as_role: Callable[..., Client]) -> None:
    boss = as_role("manager")
    boss.post(reverse("clinic:questionnaires_shipped"), {"kind": "text", "name": "financial-agreement"})
    row = ConsentForm.objects.get()
    edit = reverse("clinic:texts_edit", args=[row.pk])
    said = {"title": "We bill", "kind": "financial", "text": "Pay.", "effective": "03/09/2026", "required": "on"}
    assert "Enter the text" in boss.post(edit, {**said, "text": ""}).content.decode()
    boss.post(edit, said)
    boss.post(reverse("clinic:texts_standing", args=[row.pk]), {"standing": "publish"})
    row.refresh_from_db()
    assert (row.status, row.text, row.version) == ("active", "Pay.", 1)


def test_left_out_needs_a_reason_and_keeps_the_page(as_role: Callable[..., Client]) -> None:
    response, nurse = answered(PatientFactory(), "before-visit", HISTORY), as_role("nurse")
    reject = reverse("clinic:intake_reject", args=[response.patient_id, response.pk])
    assert "Enter the reason." in nurse.post(reject, {"reason": ""}).content.decode()
    assert nurse.post(reject, {"reason": "Not hers"}).headers["Location"] == REVIEW
    assert QuestionnaireResponse.objects.get().review_reason == "Not hers"


@pytest.mark.feature("D07")
def test_a_consent_is_taken_back_with_a_reason(as_role: Callable[..., Client]) -> None:
    consent, desk = signed(PatientFactory(), text()), as_role("front_desk")
    where = reverse("clinic:consents_withdraw", args=[consent.patient_id, consent.pk])
    refused = desk.post(where, {"reason": ""})
    assert (refused.status_code, "Enter the reason." in refused.content.decode()) == (422, True)
    desk.post(where, {"reason": "Changes doctors"})
    page = desk.get(reverse("clinic:intake_list", args=[consent.patient_id])).content.decode()
    assert "Changes doctors" in page


def test_a_consent_entered_in_error_stays_struck_and_is_asked_again(as_role: Callable[..., Client]) -> None:
    form = text()
    consent, desk = signed(PatientFactory(), form), as_role("front_desk")
    patient = consent.patient
    where = reverse("clinic:consents_error", args=[patient.pk, consent.pk])
    assert missing_for(patient, clinic_today()) == []
    assert 'id="id_reason_error"' in desk.post(where, {"reason": ""}).content.decode()
    assert desk.post(where, {"reason": "Signed by another Maria"}).headers["Location"] == reverse(
        "clinic:intake_list", args=[patient.pk]
    )
    consent.refresh_from_db()
    assert (consent.status, consent.entered_in_error_by) == ("entered-in-error", desk.user)  # type: ignore[attr-defined]
    assert consent.document is not None
    assert consent.document.status == "entered-in-error"
    assert [(one.label, one.state) for one in missing_for(patient, clinic_today())] == [(form.title, "missing")]
    page = desk.get(reverse("clinic:intake_list", args=[patient.pk])).content.decode()
    assert f'<span class="errored">{consent.signer_name}</span>' in page
    assert "wrong because: Signed by another Maria" in page
    with pytest.raises(DomainError, match="Only a consent that stands"):
        withdraw_consent(by=someone(), consent=consent, reason="Again")


def test_a_consent_is_printed_as_it_stands(as_role: Callable[..., Client]) -> None:
    consent, desk = signed(PatientFactory(), text()), as_role("front_desk")
    where = reverse("clinic:consents_print", args=[consent.patient_id, consent.pk])

    def pages() -> list[str]:
        document = pypdfium2.PdfDocument(desk.get(where).content)
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]

    assert any("Signed electronically on" in page for page in pages())
    assert not any("rror" in page for page in pages())
    withdraw_consent(by=someone(), consent=consent, reason="Changes doctors")
    assert all("taken back" in page for page in pages())
    enter_consent_in_error(by=someone(), consent=consent, reason="Signed by another Maria")
    assert all("entered in error" in page for page in pages())
    assert "Signed by another Maria" in pages()[0]
    assert AccessEvent.objects.filter(patient_id=consent.patient_id, action="print").count() == 5


def _fill(patient: Patient, name: str) -> str:
    return reverse("clinic:intake_fill", args=[patient.pk, questionnaire(name).pk])


@pytest.mark.feature("D07")
def test_staff_write_down_what_a_patient_says_and_stand_as_its_author(as_role: Callable[..., Client]) -> None:
    patient, nurse = PatientFactory(), as_role("nurse")
    where = _fill(patient, "before-visit")
    page = nurse.get(where).content.decode()
    token = re.search(r'name="request_token" value="([^"]+)"', page)
    assert token is not None
    assert "Asked only if “Are you allergic to any medicine, food or anything else?” is yes." in page
    said = {"request_token": token[1], "reason": "", "allergies": "Penicillin, a rash", "allergic": "false"}
    refused = nurse.post(where, said)
    text_of = refused.content.decode()
    assert (refused.status_code, QuestionnaireResponse.objects.count()) == (422, 0)
    assert 'id="id_reason_error"' in text_of
    assert 'id="id_allergies_error"' in text_of
    assert "Penicillin, a rash" in text_of, "nothing typed is lost"
    said |= {"reason": "A cough", "allergic": "true"}
    answers = {nurse.post(where, said).headers["Location"] for _ in range(2)}
    row = QuestionnaireResponse.objects.get()
    assert answers == {reverse("clinic:intake_answers", args=[patient.pk, row.pk])}, "sent twice, kept once"
    assert (row.source, row.created_by, row.status, row.review) == ("staff", nurse.user, "completed", "waiting")  # type: ignore[attr-defined]
    assert row.answers == {"reason": ["A cough"], "allergic": ["true"], "allergies": ["Penicillin, a rash"]}
    page = nurse.get(answers.pop()).content.decode()
    assert f"by {nurse.user}, for the patient" in page  # type: ignore[attr-defined]
    nurse.post(reverse("clinic:intake_accept", args=[patient.pk, row.pk]))
    row.refresh_from_db()
    assert row.review == "accepted"


@pytest.mark.feature("D07")
def test_what_staff_wrote_down_is_not_missing_at_check_in(as_role: Callable[..., Client]) -> None:
    patient, nurse = PatientFactory(), as_role("nurse")
    way_in(patient, "phq-9")
    assert [one.words for one in missing_for(patient, clinic_today())] == ["Asked, not answered"]
    nurse.post(_fill(patient, "phq-9"), {str(n): POINTS[1] for n in range(1, 10)} | {"request_token": str(uuid7())})
    assert missing_for(patient, clinic_today()) == []


@pytest.mark.feature("D07")
def test_an_answer_to_what_is_not_asked_after_all_can_be_let_go(as_role: Callable[..., Client]) -> None:
    patient, nurse = PatientFactory(), as_role("nurse")
    where, said = _fill(patient, "audit-c"), {"1": "LA6270-8", "2": "LA15694-5", "request_token": str(uuid7())}
    refused = nurse.post(where, said)
    assert (refused.status_code, refused.content.decode().count("Not asked")) == (422, 2)
    nurse.post(where, said | {"2": ""})
    assert QuestionnaireResponse.objects.get().answers == {"1": ["LA6270-8"]}


@pytest.mark.feature("D07")
def test_what_is_scored_alarms_the_same_when_staff_write_it_down(as_role: Callable[..., Client]) -> None:
    patient, nurse = PatientFactory(), as_role("nurse")
    nurse.post(_fill(patient, "phq-9"), {str(n): POINTS[1] for n in range(1, 10)} | {"request_token": str(uuid7())})
    row = QuestionnaireResponse.objects.get()
    assert (row.score, Task.objects.filter(focus_id=row.pk).count()) == (9, 1)


@pytest.mark.feature("D07")
def test_the_front_desk_writes_down_details_and_no_answers_about_health(as_role: Callable[..., Client]) -> None:
    patient, desk = PatientFactory(), as_role("front_desk")
    assert desk.get(_fill(patient, "phq-9")).status_code == 404
    with pytest.raises(DomainError, match="by a nurse or a clinician"):
        answer_for_patient(by=desk.user, patient=patient, questionnaire=questionnaire("phq-9"), given={})  # type: ignore[attr-defined]
    where = _fill(patient, "details")
    wrong = desk.post(where, {"name": "Mia", "phone": "12", "request_token": str(uuid7())})
    assert (wrong.status_code, "Mia" in wrong.content.decode()) == (422, True)
    desk.post(where, {"name": "Mia", "request_token": str(uuid7())})
    row = QuestionnaireResponse.objects.get()
    assert [(one.field, one.new) for one in changed_fields(row)] == [("preferred_name", "Mia")]
    patient.refresh_from_db()
    assert patient.preferred_name == ""
