"""Authenticator apps and recovery codes: enrolled, used once, limited, encrypted, reset."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from emr import keys
from emr.accounts.factors.rotation import rotate_seeds
from emr.accounts.models import User
from emr.audit.models import SecurityEvent
from tests.emr.accounts.factors.apps import App, enrol_app, recovery_codes
from tests.factories.accounts import PASSWORD, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A02")]


def log_in(user: User, code: str = "") -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    if code:
        client.post(reverse("mfa_authenticate"), {"code": code})
    return client


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def kinds(user: User) -> list[str]:
    found = SecurityEvent.objects.filter(kind__startswith="mfa_", target_user=user).order_by("id")
    return [f"{event.kind} {event.detail}" for event in found]


def test_from_no_factor_to_work(settings: Settings) -> None:
    """The whole way of somebody new, in the session in which they are asked."""
    settings.MFA_REQUIRED = True
    nurse = make_person("nurse")
    client = log_in(nurse)
    assert "Use an authenticator app" in client.get(reverse("ui:home"), follow=True).content.decode()
    client.get(reverse("mfa_activate_totp"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    html = client.get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r'<code class="secret">(\w+)</code>', html)
    assert found is not None
    assert found.group(1) not in str(dict(client.session)), "the new seed waits in the session in clear"
    answer = client.post(reverse("mfa_activate_totp"), {"code": App(found.group(1)).code()})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    assert client.get(reverse("mfa_view_recovery_codes")).content.decode().count("<li><code>") == 10
    assert client.get(reverse("clinic:patients_search")).status_code == 200


def test_recovery_codes_are_shown_once_and_downloaded_never() -> None:
    nurse = make_person("nurse")
    enrol_app(nurse)
    codes = recovery_codes(nurse)
    client = log_in(nurse, codes[0])
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    first, second = (client.get(reverse("mfa_view_recovery_codes")).content.decode() for _ in range(2))
    assert [code in first for code in codes] == [False] + [True] * 9
    assert [code for code in codes if code in second] == []


def test_a_recovery_code_opens_once() -> None:
    nurse = make_person("nurse")
    enrol_app(nurse)
    code = recovery_codes(nurse)[3]
    assert is_in(log_in(nurse, code))
    assert not is_in(log_in(nurse, code))


def test_a_code_of_the_app_opens_once_and_not_a_minute_later() -> None:
    nurse = make_person("nurse")
    app = enrol_app(nurse)
    with time_machine.travel("2026-03-09 10:00:01+00:00", tick=False) as clock:
        code = app.code()
        assert is_in(log_in(nurse, code))
        assert not is_in(log_in(nurse, code))
        clock.shift(60)
        assert not is_in(log_in(nurse, code))
        assert is_in(log_in(nurse, app.code()))


def test_a_used_code_stays_used_without_the_cache() -> None:
    nurse = make_person("nurse")
    app = enrol_app(nurse)
    with time_machine.travel("2026-03-09 10:00:01+00:00", tick=False) as clock:
        earlier = app.code()
        clock.shift(30)
        assert is_in(log_in(nurse, app.code()))
        for used in (app.code(), earlier):
            cache.clear()
            assert not is_in(log_in(nurse, used))
        assert kinds(nurse) == ["mfa_failed totp"] * 2
        rotate_seeds(lambda done, of: None)
        cache.clear()
        assert not is_in(log_in(nurse, app.code()))
        clock.shift(30)
        assert is_in(log_in(nurse, app.code()))


def test_wrong_codes_are_counted_and_recorded() -> None:
    nurse = make_person("nurse")
    app = enrol_app(nurse)
    client = log_in(nurse)
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    client.post(reverse("mfa_authenticate"), {"code": app.code()})
    assert not is_in(client), "a right code after five wrong ones is let in"
    cache.clear()
    client.post(reverse("mfa_authenticate"), {"code": app.code()})
    assert not is_in(client), "the lock went with the cache"
    assert kinds(nurse) == ["mfa_failed totp"] * 5
    assert [e.detail for e in SecurityEvent.objects.filter(kind="locked", target_user=nurse)] == [
        "at the second factor"
    ]


def test_wrong_codes_are_counted_while_enrolling_too() -> None:
    client = log_in(make_person("nurse"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    secret = re.search(r'class="secret">(\w+)<', client.get(reverse("mfa_activate_totp")).content.decode())
    assert secret is not None
    for _ in range(5):
        client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    client.post(reverse("mfa_activate_totp"), {"code": App(secret.group(1)).code()})
    assert not Authenticator.objects.exists()


def test_a_new_password_by_mail_is_no_factor() -> None:
    nurse = make_person("nurse")
    enrol_app(nurse)
    client = Client()
    client.post(reverse("account_reset_password"), {"email": nurse.email})
    link = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body)
    assert link is not None
    form = client.get(link.group(), follow=True)
    new = "an entirely new password"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert not is_in(client)
    answer = client.post(reverse("account_login"), {"login": nurse.email, "password": new})
    assert answer["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)


def test_a_new_password_by_mail_gives_no_new_tries_at_the_factor() -> None:
    """Or whoever reads the mail could guess at codes for ever, with a new password after each lock."""
    nurse = make_person("nurse")
    app = enrol_app(nurse)
    client = log_in(nurse)
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    client = Client()
    client.post(reverse("account_reset_password"), {"email": nurse.email})
    link = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body)
    assert link is not None
    form = client.get(link.group(), follow=True)
    new = "an entirely new password"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    answer = client.post(reverse("account_login"), {"login": nurse.email, "password": new})
    assert answer["Location"] == reverse("mfa_authenticate")
    client.post(reverse("mfa_authenticate"), {"code": app.code()})
    assert not is_in(client)


def test_taking_the_last_factor_away_asks_for_a_new_one_at_once(settings: Settings) -> None:
    settings.MFA_REQUIRED = True
    nurse = make_person("nurse")
    client = log_in(nurse, enrol_app(nurse).code())
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.exists()
    assert client.get(reverse("clinic:patients_search"))["Location"] == reverse("factors_start")
    assert kinds(nurse) == ["mfa_removed totp"]


def test_ways_of_the_library_that_are_not_used_are_shut() -> None:
    client = Client()
    assert client.get(reverse("account_confirm_login_code")).status_code == 404
    for path in (
        "/accounts/login/code/",
        "/accounts/2fa/trust/",
        "/accounts/2fa/webauthn/signup/",
        "/accounts/2fa/recovery-codes/download/",
        "/accounts/3rdparty/",
        "/accounts/3rdparty/signup/",
        "/accounts/signup/passkey/",
    ):
        assert client.get(path).status_code in {302, 404}, path
        assert client.post(path).status_code in {302, 403, 404}, path


def stored() -> str:
    return str(list(Authenticator.objects.values_list("data", flat=True)))


def test_seeds_lie_encrypted_and_are_rotated(settings: Settings) -> None:
    nurse = make_person("nurse")
    app, codes = enrol_app(nurse), recovery_codes(nurse)
    before = stored()
    assert app.secret not in before
    old, new = settings.ENCRYPTION_KEYS[0], keys.new_key()
    settings.ENCRYPTION_KEYS = [new, old]
    told: list[tuple[int, int]] = []
    assert rotate_seeds(lambda done, total: told.append((done, total))) == 2
    assert told == [(2, 2)]
    assert stored() != before
    settings.ENCRYPTION_KEYS = [new]
    assert is_in(log_in(nurse, app.code()))
    assert is_in(log_in(nurse, codes[0]))
    settings.ENCRYPTION_KEYS = [old]
    with pytest.raises(keys.Unreadable):
        rotate_seeds(lambda done, total: None)


def test_a_manager_resets_a_lost_factor(
    as_role: Callable[..., Client], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    nurse = make_person("nurse")
    app = enrol_app(nurse)
    recovery_codes(nurse)
    theirs = log_in(nurse, app.code())
    assert theirs.get(reverse("mfa_index")).status_code == 200
    manager = as_role("manager")
    assert "Authenticator app" in manager.get(reverse("accounts:factors_edit", args=[nurse.pk])).content.decode()
    reset = reverse("accounts:factors_reset", args=[nurse.pk])
    assert manager.post(reset, {}).status_code == 200
    assert Authenticator.objects.count() == 2
    with django_capture_on_commit_callbacks(execute=True):
        assert manager.post(reset, {"reason": "lost"}).status_code == 303
    assert not Authenticator.objects.exists()
    assert theirs.get(reverse("mfa_index")).status_code == 302
    assert [(message.to, message.subject) for message in mail.outbox] == [
        ([nurse.email], "Your second factor was reset")
    ]
    assert kinds(nurse) == ["mfa_reset by a manager: The phone or key is lost"]


def test_nobody_resets_their_own_or_without_the_right(as_role: Callable[..., Client]) -> None:
    manager = as_role("manager")
    enrol_app(manager.user)  # type: ignore[attr-defined]
    own = reverse("accounts:factors_reset", args=[manager.user.pk])  # type: ignore[attr-defined]
    assert "ask another manager" in manager.post(own, {"reason": "lost"}).content.decode()
    assert as_role("nurse").post(own, {"reason": "lost"}).status_code == 403
    assert Authenticator.objects.count() == 1
