"""The pages that came with the log-in: what they must not let anybody do."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from emr.accounts.models import User
from tests.emr.jobs.machinery import free_port
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A01")]

BACKEND = "emr.accounts.backends.LoginBackend"


def test_nobody_adds_an_address_to_log_in_with(person: Callable[..., User]) -> None:
    """Whoever finds a screen unlocked could otherwise add their own address and have a new password sent there."""
    nurse = person("nurse")
    client = Client()
    client.force_login(nurse, backend=BACKEND)
    stolen = "thief@example.org"
    answers = [
        client.post(reverse("account_email"), {"action_add": "", "email": stolen}),
        client.post(reverse("account_email"), {"action_primary": "", "email": stolen}),
        client.get(reverse("account_email")),
        client.get(reverse("account_email_verification_sent")),
        client.get(reverse("account_confirm_email", args=["x"])),
        client.post(reverse("account_confirm_email", args=["x"])),
    ]
    assert [answer.status_code for answer in answers] == [404] * 6
    nurse.refresh_from_db()
    assert nurse.email != stolen
    assert not EmailAddress.objects.filter(email=stolen).exists()
    Client().post(reverse("account_reset_password"), {"email": stolen})
    assert [message for message in mail.outbox if nurse.email in message.body or "/reset/" in message.body] == []


def test_logging_in_makes_a_new_session_and_logging_out_ends_it(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    client = Client()
    client.get(reverse("account_login"))
    planted = client.session
    planted["planted"] = "1"
    planted.save()
    client.cookies["chartroom-session"] = planted.session_key
    assert client.post(reverse("account_login"), {"login": nurse.email, "password": PASSWORD}).status_code == 302
    key = client.session.session_key
    assert key != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()
    answer = client.post(reverse("account_logout"))
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.filter(session_key=key).exists()
    stale = Client()
    stale.cookies["chartroom-session"] = str(key)
    assert stale.get(reverse("ui:home")).status_code == 302


def test_a_forgotten_password_tells_nobody_who_works_here(person: Callable[..., User]) -> None:
    nurse, gone = person("nurse"), person("nurse", is_active=False)
    answers = [
        Client().post(reverse("account_reset_password"), {"email": email})
        for email in (nurse.email, gone.email, "nobody@example.org")
    ]
    assert len({(answer.status_code, answer.headers.get("Location")) for answer in answers}) == 1
    assert [address for message in mail.outbox for address in message.to if "/reset" in message.body] in (
        [nurse.email],
        [],
    )


def test_wrong_password_unknown_and_deactivated_get_the_same_answer(person: Callable[..., User]) -> None:
    nurse, gone = person("nurse"), person("nurse", is_active=False)
    said = {
        email: Client().post(reverse("account_login"), {"login": email, "password": "wrong-password-123"})
        for email in (nurse.email, gone.email, "nobody@example.org")
    }
    pages = {answer.content.decode().replace(email, "") for email, answer in said.items()}
    stripped = {"".join(line for line in page.splitlines() if "csrf" not in line) for page in pages}
    assert len(stripped) == 1
    assert {answer.status_code for answer in said.values()} == {200}


def test_the_right_password_of_a_deactivated_account_opens_nothing(person: Callable[..., User]) -> None:
    gone = person("nurse", is_active=False)
    client = Client()
    client.post(reverse("account_login"), {"login": gone.email, "password": PASSWORD})
    assert client.get(reverse("ui:home")).status_code == 302


def test_only_a_manager_gives_roles_and_a_form_sets_no_other_field(
    person: Callable[..., User], as_role: Callable[..., Client]
) -> None:
    target = person("nurse")
    body = {
        "first_name": "A",
        "last_name": "B",
        "roles": ["clinician"],
        "is_active": "on",
        "is_superuser": "on",
        "is_staff": "on",
        "email": "other@example.org",
        "is_service": "on",
        "password": "x",
    }
    for role in ("nurse", "clinician", "biller", "front_desk", "privacy_officer"):
        assert as_role(role).post(reverse("accounts:people_edit", args=[target.pk]), body).status_code == 403
    before = (target.email, target.password)
    as_role("manager").post(reverse("accounts:people_edit", args=[target.pk]), body)
    target = User.objects.get(pk=target.pk)
    assert target.role_names == {"clinician"}
    assert (target.is_superuser, target.is_staff, target.is_service) == (False, False, False)
    assert (target.email, target.password) == before


def test_a_mail_server_that_is_away_keeps_nobody_from_anything(
    person: Callable[..., User], settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """A new password counts, and whoever has forgotten theirs learns no more of accounts than on other days."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    nurse, new = person("nurse"), "an entirely new password"
    client = Client()
    client.post(reverse("account_login"), {"login": nurse.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    typed = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), typed).status_code == 302
    nurse.refresh_from_db()
    assert nurse.check_password(new)
    forgot = reverse("account_reset_password")
    answers = [Client().post(forgot, {"email": email}) for email in (nurse.email, "nobody@riverside.test")]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (302, reverse("account_reset_password_done"))
    ] * 2
    assert [record.getMessage() for record in caplog.records if record.name == "emr.accounts.adapter"] == [
        "No mail was sent (account/email/password_changed): ConnectionRefusedError",
        "No mail was sent (account/email/password_reset_key): ConnectionRefusedError",
        "No mail was sent (account/email/unknown_account): ConnectionRefusedError",
    ]


def test_a_link_to_a_new_password_is_good_for_an_hour(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for email in (nurse.email, "nobody@riverside.test"):
            Client().post(reverse("account_reset_password"), {"email": email})
        found = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[0].body)
        assert found is not None
        assert "for an hour" in mail.outbox[0].body
        assert "sign up" not in mail.outbox[1].body, "nobody signs up here"
        clock.shift(60 * 60 - 1)
        assert "password1" in Client().get(found.group(), follow=True).content.decode()
        clock.shift(2)
        assert "password1" not in Client().get(found.group(), follow=True).content.decode()
