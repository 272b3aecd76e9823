"""Log-in, passwords, the second factor and sessions: allauth's own views in our pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from tests.emr.accounts.factors.apps import App, standing_clock

pytestmark = pytest.mark.django_db
PASSWORD = "a calm harbour at noon"


@pytest.fixture
def member(person: Callable[..., User]) -> User:
    """A nurse with a password."""
    user = person("nurse", email="nina@riverside.test")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def client(member: User) -> Client:
    """The nurse, logged in through the page."""
    client = Client()
    response = client.post(reverse("account_login"), {"login": member.email, "password": PASSWORD})
    assert response.status_code == 302, response.content.decode()
    return client


def page(client: Client, name: str, **query: str) -> str:
    """The HTML of a page that answers 200."""
    response = client.get(reverse(name), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_log_in_page_is_ours_and_plain() -> None:
    html = page(Client(), "account_login")
    assert "<h1>Sign in</h1>" in html
    assert 'type="password"' in html
    assert 'autocomplete="current-password"' in html
    assert "onpaste" not in html
    assert "placeholder" not in html


def test_the_demo_says_that_it_is_one(settings: object) -> None:
    assert "Enter no real patient" in page(Client(), "account_login")
    settings.DEMO = False  # type: ignore[attr-defined]
    assert "Enter no real patient" not in page(Client(), "account_login")


def test_a_wrong_password_keeps_the_address_and_tells_nothing(member: User) -> None:
    answers = []
    for login in (member.email, "nobody@riverside.test"):
        response = Client().post(reverse("account_login"), {"login": login, "password": "wrong"})
        html = response.content.decode()
        assert "There is a problem" in html
        assert f'value="{login}"' in html
        assert "<title>Error: Sign in" in html
        answers.append(re.findall(r"<li>(.*?)</li>", html))
    assert answers[0] == answers[1]


def test_where_one_wanted_to_go_is_kept() -> None:
    assert 'name="next" value="/jobs/"' in page(Client(), "account_login", next="/jobs/")


def test_a_forgotten_password(member: User) -> None:
    client = Client()
    assert "Reset your password" in page(client, "account_reset_password")
    response = client.post(reverse("account_reset_password"), {"email": member.email}, follow=True)
    assert "Look in your mail" in response.content.decode()
    link = re.search(r"https?://\S+", str(mail.outbox[0].body))
    assert link is not None
    response = client.get(link.group(), follow=True)
    assert "Set a new password" in response.content.decode()
    new = {"password1": PASSWORD + "!", "password2": PASSWORD + "!"}
    response = client.post(response.redirect_chain[-1][0], new, follow=True)
    assert "Password changed" in response.content.decode()
    assert "This link no longer works" in Client().get(link.group(), follow=True).content.decode()


def test_changing_the_password(client: Client, member: User) -> None:
    assert "Change your password" in page(client, "account_change_password")
    new = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    assert "at least 12 characters" in client.post(reverse("account_change_password"), new).content.decode()


def test_the_second_factor_from_end_to_end(client: Client) -> None:
    assert "Off" in page(client, "mfa_index")
    assert "Confirm it is you" in client.get(reverse("mfa_activate_totp"), follow=True).content.decode()
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    html = page(client, "mfa_activate_totp")
    secret = re.search(r'<code class="secret">(\w+)</code>', html)
    assert secret is not None
    assert 'src="data:image/svg+xml' in html
    with standing_clock():
        code = App(secret.group(1)).code()
        response = client.post(reverse("mfa_activate_totp"), {"code": code}, follow=True)
    assert "Recovery codes" in response.content.decode()
    assert response.content.decode().count("<li><code>") == 10
    assert "On" in page(client, "mfa_index")
    assert "New recovery codes" in page(client, "mfa_generate_recovery_codes")
    assert "Turn off the authenticator app" in page(client, "mfa_deactivate_totp")
    _log_in_with_the_code()


def _log_in_with_the_code() -> None:
    other = Client()
    credentials = {"login": "nina@riverside.test", "password": PASSWORD}
    html = other.post(reverse("account_login"), credentials, follow=True).content.decode()
    assert "One more step" in html
    html = other.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    assert "There is a problem" in html


def test_confirming_it_is_you(client: Client) -> None:
    assert "Confirm it is you" in page(client, "account_reauthenticate")


def test_sessions(client: Client, member: User) -> None:
    assert "1 device" in page(client, "usersessions_list")
    Client().post(reverse("account_login"), {"login": member.email, "password": PASSWORD})
    assert "Sign out everywhere else" in page(client, "usersessions_list")


def test_signing_out(client: Client) -> None:
    assert "Drafts are kept" in page(client, "account_logout")
    assert client.post(reverse("account_logout"))["Location"] == reverse("account_login")


def test_nobody_signs_up() -> None:
    html = Client().get("/accounts/signup/", follow=True).content.decode()
    assert 'name="password2"' not in html


def test_an_account_that_is_off() -> None:
    assert "not active" in page(Client(), "account_inactive")
