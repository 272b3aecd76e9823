"""Log-in by an outside provider, against a real one."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from emr.accounts.actions.federation import link_identity
from emr.accounts.models import User
from emr.audit.models import SecurityEvent
from tests.emr.accounts.factors.apps import enrol_app, standing_clock
from tests.emr.accounts.federation.provider import come_back, leave, log_in_there
from tests.factories.accounts import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A02")]

SUB = "8f14e45f-somebody"


@pytest.fixture
def nina(outside: str) -> User:
    """A nurse whose account is linked with SUB. The provider says of anybody that they have her e-mail address."""
    nurse = make_person("nurse", email="nina@riverside.test")
    link_identity(by=make_person("manager"), user=nurse, subject=SUB)
    return nurse


def user_of(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_a_linked_person_logs_in(nina: User) -> None:
    client = Client()
    url = leave(client, next=reverse("accounts:session_status"))
    answer = come_back(client, log_in_there(url, SUB))
    assert (answer.status_code, answer["Location"]) == (302, reverse("accounts:session_status"))
    assert user_of(client) == str(nina.pk)
    events = SecurityEvent.objects.filter(kind__in=["login", "login_failed"])
    assert [(event.kind, event.user) for event in events] == [("login", nina)]


def test_no_more_than_needed_is_asked_and_nothing_of_it_is_kept(nina: User) -> None:
    client = Client()
    url = leave(client)
    asked = parse_qs(urlsplit(url).query)
    assert (asked["scope"], asked["response_type"], asked["code_challenge_method"]) == (["openid"], ["code"], ["S256"])
    assert len(asked["nonce"][0]) >= 32
    assert len(asked["state"][0]) >= 16
    come_back(client, log_in_there(url, SUB))
    assert SocialAccount.objects.get().extra_data == {}
    assert not SocialToken.objects.exists()


def test_a_log_in_of_long_ago_at_the_provider_opens_nothing(nina: User) -> None:
    """Or whoever sits down at a desk whose session has ended goes on as its owner, whom the provider still knows. The
    address stands in the browser, so what counts is what the token says."""
    client = Client()
    url = leave(client)
    assert "&max_age=300" in url
    assert come_back(client, log_in_there(url.replace("&max_age=300", ""), SUB)).status_code == 401
    assert user_of(client) is None


def test_an_unknown_subject_gets_a_page_and_no_account(nina: User) -> None:
    """Even though the provider says that it is somebody with Nina's verified address."""
    client, before = Client(), User.objects.count()
    answer = come_back(client, log_in_there(leave(client), "a-stranger"))
    assert answer.status_code == 403
    assert "opens nothing here" in answer.content.decode()
    assert (user_of(client), User.objects.count(), SocialAccount.objects.count()) == (None, before, 1)
    assert list(SecurityEvent.objects.filter(kind="login_failed").values_list("detail", flat=True)) == [
        "outside log-in, not linked"
    ]


def test_the_subject_of_another_issuer_is_another_person(nina: User, settings: Settings) -> None:
    SocialAccount.objects.update(provider="https://elsewhere.example")
    client = Client()
    assert come_back(client, log_in_there(leave(client), SUB)).status_code == 403
    assert user_of(client) is None


def test_a_deactivated_account_stays_shut(nina: User) -> None:
    nina.is_active = False
    nina.save(update_fields=["is_active"])
    client = Client()
    answer = come_back(client, log_in_there(leave(client), SUB))
    assert answer["Location"] == reverse("account_inactive")
    assert user_of(client) is None


def test_an_answer_is_good_once(nina: User) -> None:
    client = Client()
    back = log_in_there(leave(client), SUB)
    assert come_back(client, back).status_code == 302
    client.post(reverse("account_logout"))
    again = come_back(client, back)
    assert again.status_code == 401
    assert "did not work" in again.content.decode()
    assert user_of(client) is None


def test_an_answer_is_good_in_the_browser_that_asked(nina: User) -> None:
    """Else a stranger could have somebody log in as the stranger, or use a code that was stolen."""
    asked, other = Client(), Client()
    back = log_in_there(leave(asked), SUB)
    leave(other)
    assert come_back(other, back).status_code == 401
    assert user_of(other) is None


def _alter_state(client: Client, key: str, value: str) -> None:
    session = client.session
    for state, *_ in session["socialaccount_states"].values():
        state[key] = value
    session.save()


@pytest.mark.parametrize(("key", "value"), [("nonce", "another"), ("nonce", ""), ("pkce_code_verifier", "x" * 50)])
def test_a_token_of_another_try_is_refused(nina: User, key: str, value: str) -> None:
    client = Client()
    back = log_in_there(leave(client), SUB)
    _alter_state(client, key, value)
    assert come_back(client, back).status_code == 401
    assert user_of(client) is None


def test_who_thinks_better_of_it_is_told_so(nina: User) -> None:
    client = Client()
    answer = come_back(client, log_in_there(leave(client), SUB, refuse=True))
    assert answer.status_code == 401
    assert "You did not sign in" in answer.content.decode()


@pytest.mark.parametrize(
    ("said", "trusted", "strong"),
    [
        ({}, False, False),
        ({"amr": "pwd"}, False, False),
        ({"amr": "pwd otp mfa"}, False, True),
        ({"acr": "urn:one"}, False, False),
        ({"acr": "urn:two"}, False, True),
        ({}, True, True),
    ],
)
def test_the_provider_counts_as_second_factor_where_it_says_so(
    nina: User, settings: Settings, said: dict[str, str], trusted: bool, strong: bool
) -> None:
    settings.MFA_REQUIRED, settings.OIDC_STRONG_ACR, settings.OIDC_TRUSTED = True, ["urn:two"], trusted
    client = Client()
    come_back(client, log_in_there(leave(client), SUB, **said))
    assert user_of(client) == str(nina.pk)
    answer = client.get(reverse("clinic:patients_search"))
    assert answer.status_code == (200 if strong else 303)
    if not strong:
        assert answer["Location"] == reverse("factors_start")


@pytest.mark.parametrize(("amr", "asked"), [("pwd", True), ("mfa", False)])
def test_ones_own_factor_is_asked_where_the_provider_asked_for_none(
    nina: User, settings: Settings, amr: str, asked: bool
) -> None:
    settings.MFA_REQUIRED = True
    app = enrol_app(nina)
    client = Client()
    answer = come_back(client, log_in_there(leave(client), SUB, amr=amr))
    assert (answer["Location"] == reverse("mfa_authenticate")) is asked
    assert (user_of(client) is None) is asked
    if asked:
        with standing_clock():
            client.post(reverse("mfa_authenticate"), {"code": app.code()})
    assert client.get(reverse("clinic:patients_search")).status_code == 200


def test_the_word_of_the_provider_does_not_outlive_its_log_in(nina: User, settings: Settings) -> None:
    """Whoever logs in by password afterwards, in the same browser, is asked for their factor."""
    settings.MFA_REQUIRED = True
    enrol_app(nina)
    client = Client()
    come_back(client, log_in_there(leave(client), SUB, amr="mfa"))
    client.post(reverse("account_logout"))
    answer = client.post(reverse("account_login"), {"login": nina.email, "password": "correct horse battery staple"})
    assert answer["Location"] == reverse("mfa_authenticate")


def test_without_a_provider_there_is_nothing(as_role: Callable[..., Client]) -> None:
    assert Client().post(reverse("oidc_login")).status_code == 404
    assert Client().get(reverse("oidc_callback")).status_code == 404
    assert "Sign in by" not in Client().get(reverse("account_login")).content.decode()


def test_a_provider_that_is_away_is_said_to_be(outside: str, settings: Settings) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    answer = Client().post(reverse("oidc_login"))
    assert answer.status_code == 503
    assert "does not answer" in answer.content.decode()


def test_a_provider_that_calls_itself_otherwise_is_refused(outside: str, settings: Settings) -> None:
    settings.OIDC_ISSUER = outside.replace("127.0.0.1", "localhost")
    assert Client().post(reverse("oidc_login")).status_code == 503
