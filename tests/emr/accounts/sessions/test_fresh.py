"""What matters most asks once more who one is, and goes on with what was typed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path, reverse

from emr import urls
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.accounts.sessions import kept
from emr.audit.models import SecurityEvent
from tests.factories.accounts import PASSWORD
from tests.factories.sessions import leave_alone, make_stale

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A05")]

LOGIN = reverse("account_login")
ASK = "/accounts/reauthenticate/"


@staff_view(Permission.VIEW_JOBS)
@fresh_login("try this")
def _guarded(request: StaffRequest) -> HttpResponse:
    return HttpResponse(f"{request.method} {request.POST.get('text', '')}")


@staff_view(Permission.VIEW_JOBS)
@fresh_login("take this away", reading=True)
def _export(request: StaffRequest) -> HttpResponse:
    return HttpResponse("all of it")


class _Urls:
    handler403 = urls.handler403
    urlpatterns = [*urls.urlpatterns, path("g/", _guarded, name="guarded"), path("x/", _export, name="export")]


@pytest.fixture(autouse=True)
def _with_views() -> object:
    with override_settings(ROOT_URLCONF=_Urls):
        yield


def test_within_five_minutes_nobody_is_asked(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    for _ in range(10):
        assert client.post("/g/", {"text": "a"}).content == b"POST a"
    assert client.get("/x/").content == b"all of it"


def test_later_the_password_is_asked_and_the_text_goes_on(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    make_stale(client)
    assert client.get("/g/").content == b"GET "
    answer = client.post("/g/?a=1", {"text": "Pulse\r\n90 <b>", "do": "sign", "csrfmiddlewaretoken": "x"})
    assert (answer.status_code, answer.headers["Location"]) == (303, ASK)
    raw = Session.objects.get(session_key=client.session.session_key).get_decoded()
    assert "Pulse" not in str(raw)
    assert "to try this" in client.get(ASK).content.decode()
    wrong = client.post(ASK, {"password": "wrong-password-123"})
    assert wrong.status_code == 200
    old_key = client.session.session_key
    page = client.post(ASK, {"password": PASSWORD}).content.decode()
    assert 'action="/g/?a=1"' in page
    assert "Pulse\r\n90 &lt;b&gt;</textarea>" in page
    assert page.count("csrfmiddlewaretoken") == 1
    assert client.session.session_key != old_key
    assert not Session.objects.filter(session_key=old_key).exists()
    assert client.post("/g/", {"text": "b"}).content == b"POST b"
    assert [event.kind for event in SecurityEvent.objects.order_by("id")][-2:] == ["reauth_failed", "reauthenticated"]


def test_it_is_sent_on_once(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    make_stale(client)
    client.post("/g/", {"text": "a"})
    assert 'action="/g/"' in client.post(ASK, {"password": PASSWORD}).content.decode()
    assert client.post(ASK, {"password": PASSWORD}).status_code == 302


def test_an_export_is_asked_for_when_it_is_looked_at(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    make_stale(client)
    assert client.get("/x/?month=3", headers={"Referer": "http://testserver/jobs/"}).headers["Location"] == ASK
    page = client.post(ASK, {"password": PASSWORD}).content.decode()
    assert 'method="get" action="/x/"' in page
    assert 'name="month"' in page
    assert 'href="/jobs/"' in page


def test_htmx_is_sent_to_the_page(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    make_stale(client)
    answer = client.post("/g/", {"text": "a"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, ASK)


def test_what_is_sent_after_the_end_waits_for_its_owner(person: Callable[..., User]) -> None:
    nurse, client = person("nurse"), Client()
    client.post(LOGIN, {"login": nurse.email, "password": PASSWORD})
    leave_alone(client, 16)
    answer = client.post("/g/", {"text": "Feels well"})
    resume = reverse("accounts:session_resume")
    assert answer.headers["Location"] == f"{LOGIN}?next={resume.replace('/', '%2F')}"
    assert "Feels well" not in client.get(LOGIN).content.decode()
    log_in = client.post(f"{LOGIN}?next={resume}", {"login": nurse.email, "password": PASSWORD})
    assert log_in.headers["Location"] == resume
    page = client.get(resume).content.decode()
    assert "Feels well" in page
    assert "data-resume" not in page
    assert client.get(resume).status_code == 302


def test_another_person_does_not_get_it(person: Callable[..., User]) -> None:
    first, second, client = person("nurse"), person("nurse"), Client()
    client.post(LOGIN, {"login": first.email, "password": PASSWORD})
    leave_alone(client, 16)
    client.post("/g/", {"text": "Feels well"})
    client.post(LOGIN, {"login": second.email, "password": PASSWORD})
    answer = client.get(reverse("accounts:session_resume"), follow=True)
    assert "Feels well" not in answer.content.decode()
    assert "kept_request" not in client.session


def test_a_script_is_told_instead_of_sent_away(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    leave_alone(client, 16)
    assert client.post("/g/", {"text": "a"}, headers={"HX-Request": "true"}).status_code == 401


def test_a_password_does_not_wait_with_the_rest(person: Callable[..., User]) -> None:
    nurse, client = person("nurse"), Client()
    client.post(LOGIN, {"login": nurse.email, "password": PASSWORD})
    leave_alone(client, 16)
    new = "three green lamps by the river"
    typed = {"oldpassword": PASSWORD, "password1": new, "password2": new, "remark": "kept"}
    to = client.post(reverse("account_change_password"), typed).headers["Location"]
    page = client.post(to, {"login": nurse.email, "password": PASSWORD}, follow=True).content.decode()
    assert ("kept</textarea>" in page, new in page, PASSWORD in page) == (True, False, False)


def _too_late(nurse: User, sent: dict[str, str], to: str = "/g/") -> tuple[Client, str]:
    """Somebody whose session has ended sends a form; their browser, and where it is led."""
    client = Client()
    client.post(LOGIN, {"login": nurse.email, "password": PASSWORD})
    leave_alone(client, 16)
    answer = client.post(to, sent, headers={"Referer": "http://testserver/jobs/"})
    return client, answer.headers["Location"]


def test_what_waits_is_shown_before_it_is_sent(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    sent = {
        "chief_complaint": "Cough <b>",
        "visit-practitioner": "0192f0c4-9d5e-7c3a-8a43-0a1b2c3d4e5f",
        "remark": "",
        "form_token": "k3y-of-the-form",
        "oldpassword": PASSWORD,
    }
    client, to = _too_late(nurse, sent)
    page = client.post(to, {"login": nurse.email, "password": PASSWORD}, follow=True).content.decode()
    shown = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", page)
    assert shown == [("Page", "Guarded"), ("Chief complaint", "Cough &lt;b&gt;"), ("Visit practitioner", "As chosen")]
    assert 'name="form_token" hidden>\nk3y-of-the-form</textarea>' in page
    assert PASSWORD not in page
    discard = re.search(r'<a [^>]*href="([^"]*)"[^>]*>(?:<[^>]*>|\s)*Discard', page)
    assert discard
    assert discard.group(1) == "/jobs/"


def test_a_form_that_is_too_large_is_not_kept(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    client, to = _too_late(nurse, {"text": "x" * (kept.MOST + 1)})
    assert len(client.session[kept.SESSION_KEY]) < 1000
    assert "too large to keep" in client.get(to).content.decode()
    client.post(to, {"login": nurse.email, "password": PASSWORD})
    assert client.get(reverse("accounts:session_resume")).headers["Location"] == "/jobs/"
    fits, _ = _too_late(nurse, {"text": "x" * (kept.MOST - len("text="))})
    assert len(fits.session[kept.SESSION_KEY]) > kept.MOST


def test_a_form_that_is_too_large_does_not_wait_for_a_proof(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    make_stale(client)
    client.post("/g/", {"text": "x" * (kept.MOST + 1)}, headers={"Referer": "http://testserver/jobs/"})
    assert "too large to keep" in client.get(ASK).content.decode()
    assert client.post(ASK, {"password": PASSWORD}).headers["Location"] == "/jobs/"
