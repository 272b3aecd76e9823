"""The patient's way through an intake, as a browser goes it, and as somebody else tries it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic import intake_pass
from clinic.actions.intake_links import MOST_TRIES, show_code, withdraw_intake_link
from clinic.models import Consent, IntakeLink, QuestionnaireResponse, Task
from clinic.queries.consents import digest_of
from clinic.views import intake_public
from clinic.views.intake_public import TRIES
from emr.access.limits import Limit
from emr.audit.models import AccessEvent
from emr.shared.dates import clinic_today
from tests.factories.base import someone
from tests.factories.clinic import ContactPointFactory, PatientAddressFactory, PatientFactory
from tests.factories.intake import POINTS, at_the_door, drawn, inside, text, way_in
from tests.pages import said

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B08")]

START, CHECK, DONE = (reverse(f"intake:{name}") for name in ("start", "check", "done"))
CLOSED = "This can't be opened"


def _page(number: int) -> str:
    return reverse("intake:page", args=[number])


def _answer(client: Client, number: int, **said: str) -> str:
    response = client.post(_page(number), said)
    assert response.status_code == 302, re.findall(r'class="error".*?</div>', response.content.decode(), re.S)
    return response.headers["Location"]


@pytest.mark.feature("E13")
def test_a_phq_9_from_the_code_to_the_queue() -> None:
    link = way_in(PatientFactory(), "phq-9")
    client = inside(link)
    assert "Hello Maria" in client.get(START).content.decode()
    for number in range(1, 9):
        assert _answer(client, number, **{str(number): POINTS[1]}) == _page(number + 1)
    assert _answer(client, 9, **{"9": POINTS[2]}) == _page(10), "how difficult is asked when something was chosen"
    assert _answer(client, 10) == CHECK
    page = client.get(CHECK).content.decode()
    assert page.count("Several days") == 8
    assert page.count("More than half the days") == 1
    assert client.post(CHECK).headers["Location"] == DONE
    response = QuestionnaireResponse.objects.get()
    assert (response.status, response.review, response.score, response.source) == (
        "completed",
        "waiting",
        10,
        "patient",
    )
    task = Task.objects.get()
    assert (task.priority, task.due_date) == ("stat", clinic_today()), "it stands first in the inbox, and is due today"
    assert (task.code, task.owner_role, task.for_patient, task.focus_id) == (
        "intake-alert",
        "clinician",
        link.patient,
        response.pk,
    )
    assert link.patient.family_name not in task.description
    link.refresh_from_db()
    assert link.used_at is not None


def test_answers_are_kept_page_by_page_and_found_again_with_the_same_link() -> None:
    link = way_in(PatientFactory(), "before-visit")
    first = inside(link)
    assert _answer(first, 1, reason="A cough since May") == _page(2)
    again = inside(link)
    page = again.get(START).content.decode()
    assert _page(2) in page, "where they stopped"
    assert "A cough since May" in again.get(_page(1)).content.decode()


def test_what_is_wrong_stands_beside_the_question_and_nothing_typed_is_lost() -> None:
    client = inside(way_in(PatientFactory(), "details"))
    said = {"mobile": "12", "phone": "", "email": "maria@example.org"}
    page = client.post(_page(3), said).content.decode()
    assert "Enter a telephone number with its area code" in page
    assert 'value="12"' in page
    assert 'value="maria@example.org"' in page
    assert "<title>Error: " in page
    assert QuestionnaireResponse.objects.get().answers == {}


def test_details_are_shown_as_on_file_and_kept_apart_until_review() -> None:
    patient = PatientFactory()
    PatientAddressFactory(patient=patient)
    ContactPointFactory(patient=patient, use="mobile", value="+12175550142")
    client = inside(way_in(patient, "details"))
    assert 'value="12 Elm Street"' in client.get(_page(2)).content.decode()
    _answer(client, 1, name="Mia")
    _answer(client, 2, line1="9 Oak Ave", line2="", city="Springfield", state="il", zip="62701")
    _answer(client, 3, mobile="(217) 555-0142", phone="", email="")
    client.post(CHECK)
    patient.refresh_from_db()
    assert patient.preferred_name == ""
    assert patient.addresses.get().line1 == "12 Elm Street"
    answers = QuestionnaireResponse.objects.get().answers
    assert answers == {
        "name": ["Mia"],
        "line1": ["9 Oak Ave"],
        "city": ["Springfield"],
        "state": ["IL"],
        "zip": ["62701"],
        "mobile": ["+12175550142"],
    }


@pytest.mark.feature("D07")
@pytest.mark.parametrize("signature", ["", drawn()], ids=["typed", "drawn"])
def test_signing(signature: str) -> None:
    form = text()
    link = way_in(PatientFactory(), forms=[form])
    client = inside(link)
    said = {
        "signer_name": "Maria Test",
        "signer_relationship": "self",
        "shown": digest_of(form),
        "signature": signature,
    }
    assert _answer(client, 1, **said, answer="sign") == CHECK
    assert _answer(client, 1, **said, answer="sign") == CHECK, "pressed twice"
    consent = Consent.objects.select_related("document").get()
    assert (consent.status, consent.method) == ("active", "drawn" if signature else "typed")
    assert consent.document is not None
    assert (consent.document.category, consent.document.content_type, consent.document.pages) == (
        "consent",
        "application/pdf",
        1,
    )
    assert client.post(CHECK).headers["Location"] == DONE


@pytest.mark.feature("D07")
def test_refusing_is_an_answer_too() -> None:
    form = text()
    client = inside(way_in(PatientFactory(), forms=[form]))
    said = {"signer_name": "Maria Test", "signer_relationship": "self", "shown": digest_of(form)}
    _answer(client, 1, **said, answer="refuse", refusal_reason="I want to ask my lawyer")
    consent = Consent.objects.get()
    assert (consent.status, consent.method, consent.refusal_reason, consent.document) == (
        "rejected",
        "none",
        "I want to ask my lawyer",
        None,
    )


@pytest.mark.feature("D07")
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"signer_name": ""}, "Please enter your full name."),
        ({"shown": "0" * 64}, "The text has changed since this page was opened. Please read it again."),
        ({"signature": "data:image/svg+xml;base64,PHN2Zz4="}, "The drawn signature can&#39;t be read"),
        ({"signature": "data:image/png;base64,AAAA"}, "The drawn signature can&#39;t be read"),
        ({"signature": drawn("#00000000")}, "Nothing is drawn"),
    ],
    ids=["no name", "another text", "svg", "no picture", "blank"],
)
def test_what_is_not_signed(wrong: dict[str, str], sentence: str) -> None:
    form = text()
    client = inside(way_in(PatientFactory(), forms=[form]))
    said = {"signer_name": "Maria Test", "signer_relationship": "self", "shown": digest_of(form), "answer": "sign"}
    assert sentence in client.post(_page(1), {**said, **wrong}).content.decode()
    assert not Consent.objects.exists()


def _used(link: IntakeLink) -> None:
    client = inside(link)
    for number in (1, 4):
        _answer(client, number, **{"reason": "x"} if number == 1 else {"allergic": "false"})
    assert client.post(CHECK).headers["Location"] == DONE


ENDS: dict[str, Callable[[IntakeLink], object]] = {
    "used": _used,
    "taken back": lambda link: withdraw_intake_link(by=someone(), link=link),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_link_that_is_over_says_what_to_do_and_nothing_else(end: Callable[[IntakeLink], object]) -> None:
    link = way_in(PatientFactory(), "before-visit")
    code = show_code(by=someone(), link=link)
    client = Client()
    client.get(reverse("intake:arrive", args=[code]))
    IntakeLink.objects.get(pk=link.pk)
    end(link)
    for path in (reverse("intake:prove"), reverse("intake:arrive", args=[code])):
        response = client.get(path)
        page = response.content.decode()
        assert response.status_code == 404
        assert CLOSED in page
        assert "ask at the front desk" in page
        assert link.patient.given_name not in page


def test_an_unknown_token_looks_like_one_that_is_over() -> None:
    link = way_in(PatientFactory(), "before-visit")
    code = show_code(by=someone(), link=link)
    withdraw_intake_link(by=someone(), link=link)
    pages = [Client().get(reverse("intake:arrive", args=[token])) for token in (code, "NOSUCHCODE", "x" * 43)]
    told = [said(page) for page in pages]
    assert len(set(told)) == 1
    assert {page.status_code for page in pages} == {404}


def test_time_runs_out() -> None:
    link = way_in(PatientFactory(), "before-visit")
    client = inside(link)
    with time_machine.travel(timezone.now() + timedelta(minutes=29), tick=False):
        assert client.get(START).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=3), tick=False):
        assert client.get(START).headers["Location"] == reverse("intake:enter"), "the pass is over"
        client.cookies[intake_pass.COOKIE] = signing.dumps(
            {"link": str(link.pk), "proved": True}, salt="clinic.intake.pass"
        )
        assert CLOSED in client.get(START).content.decode(), "the link is over"


def test_the_fifth_wrong_date_of_birth_closes_the_link_for_good() -> None:
    link = way_in(PatientFactory(), "before-visit")
    client = at_the_door(link)
    for left in range(MOST_TRIES - 1, -1, -1):
        page = client.post(reverse("intake:prove"), {"birth_date": "01/01/1990"}).content.decode()
        assert (CLOSED in page) == (left == 0)
        assert link.patient.given_name not in page
    link.refresh_from_db()
    assert (link.tries, link.opened_at) == (MOST_TRIES, None)
    with pytest.raises(Exception, match="too many wrong dates of birth"):
        show_code(by=someone(), link=link)


def test_nothing_is_shown_without_the_date_of_birth() -> None:
    link = way_in(PatientFactory(), "details")
    client = at_the_door(link)
    for path in (START, _page(1), CHECK):
        assert client.get(path).headers["Location"] == reverse("intake:prove")
    for path in (_page(1), CHECK):
        assert client.post(path, {"name": "Eve"}).headers["Location"] == reverse("intake:prove")
    assert not QuestionnaireResponse.objects.exists()


@pytest.mark.parametrize("forged", ["", "x", "eyJsaW5rIjoiMDE5In0:1abc:xyz"])
def test_a_forged_pass_is_none(forged: str) -> None:
    client = Client()
    client.cookies[intake_pass.COOKIE] = forged
    assert client.get(START).headers["Location"] == reverse("intake:enter")


def test_one_patients_pass_opens_nothing_of_anothers() -> None:
    mine, other = (
        way_in(PatientFactory(), "before-visit"),
        way_in(PatientFactory(given_name="Zelda"), "phq-9", "details"),
    )
    inside(other)
    client = inside(mine)
    for path in (START, CHECK, *map(_page, range(1, 12))):
        page = client.get(path, follow=True).content.decode()
        assert "Zelda" not in page
        assert "Little interest" not in page
    client.post(_page(1), {"reason": "Mine", "1": POINTS[3], "name": "Eve"})
    theirs = QuestionnaireResponse.objects.filter(patient=other.patient)
    assert [row.answers for row in theirs] == [{}, {}]


def inside_again(link: IntakeLink) -> Any:
    """What a browser gets that still has the pass of a link which is used."""
    client = Client()
    client.cookies[intake_pass.COOKIE] = signing.dumps(
        {"link": str(link.pk), "proved": False}, salt="clinic.intake.pass"
    )
    return client.get(reverse("intake:prove"))


def test_two_tabs_and_a_double_press_send_once() -> None:
    link = way_in(PatientFactory(), "before-visit")
    one, two = inside(link), inside(link)
    _answer(one, 1, reason="From the first tab")
    _answer(two, 1, reason="From the second tab")
    _answer(one, 4, allergic="false")
    assert one.post(CHECK).headers["Location"] == DONE
    assert two.post(_page(1), {"reason": "Too late"}).headers["Location"] == DONE
    assert inside_again(link).status_code == 404
    response = QuestionnaireResponse.objects.get()
    assert response.answers == {"reason": ["From the second tab"], "allergic": ["false"]}
    assert Task.objects.count() == 0


def test_markup_in_answers_is_text() -> None:
    client = inside(way_in(PatientFactory(), "before-visit"))
    _answer(client, 1, reason="<script>alert(1)</script>")
    page = client.get(CHECK).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_huge_answer_is_refused_in_words() -> None:
    client = inside(way_in(PatientFactory(), "before-visit"))
    page = client.post(_page(1), {"reason": "x" * 100_000}).content.decode()
    assert "at most 2000 characters" in page
    assert QuestionnaireResponse.objects.get().answers == {}


def test_guessing_codes_is_slowed_down(one_minute: None) -> None:
    client, most = Client(), TRIES.per_address
    statuses = [client.post(reverse("intake:enter"), {"code": f"GUESS{n:05d}"}).status_code for n in range(most + 2)]
    assert statuses == [200] * most + [429, 429]


@pytest.mark.feature("A03", "D07")
def test_the_pages_behind_the_date_of_birth_have_their_share_too(
    one_minute: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_public, "PAGES", Limit("intake-pages", per_address=4, in_all=100))
    client, other = (inside(way_in(PatientFactory(), "before-visit")) for _ in range(2))
    assert [client.get(START).status_code for _ in range(4)] == [200] * 4
    for answer in (client.get(START), client.post(_page(1), {"reason": "Headache"})):
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
        assert "Wait a minute, then go back one page" in answer.content.decode()
    assert not QuestionnaireResponse.objects.exclude(answers={}).exists()
    assert other.get(START).status_code == 200, "the next in the waiting room is not kept out"
    monkeypatch.setattr("emr.access.limits._minute", lambda: 30_000_001)
    assert client.get(START).status_code == 200, "the pass is kept"


def test_a_patients_own_look_is_on_record_and_the_token_is_not_kept() -> None:
    link = way_in(PatientFactory(), "before-visit")
    inside(link).get(START)
    event = AccessEvent.objects.get(url_name="intake:start")
    assert (event.patient_id, event.section, event.user.email) == (link.patient_id, "intake", "intake@service.invalid")
    code = show_code(by=someone(), link=link)
    link.refresh_from_db()
    assert len(link.code_hash) == 64
    assert code not in link.code_hash


def test_pages_are_not_kept_by_a_browser_and_name_no_house_of_staff() -> None:
    client = inside(way_in(PatientFactory(), "before-visit"))
    response = client.get(START)
    assert "no-store" in response.headers["Cache-Control"]
    assert 'name="robots" content="noindex"' in response.content.decode()
    cookie = response.cookies[intake_pass.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", intake_pass.LIFE)
