"""What opens an account leaves an event, also when it is written past the program with the app's own password."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from emr.accounts.factors.rotation import rotate_seeds
from emr.accounts.models import User
from emr.audit.models import SecurityEvent
from emr.audit.security import SecurityKind, record_security_event
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.feature("A01"), pytest.mark.feature("K01")]


@pytest.fixture
def nurse(committed_db: str, person: Callable[..., User]) -> User:
    """Somebody with recovery codes."""
    user = person("nurse")
    with transaction.atomic():
        RecoveryCodes.activate(user)
        record_security_event(SecurityKind.MFA_ADDED, user=user, target=user)
    return user


def told(user: User) -> list[tuple[str, str]]:
    """What is on record of the account since its factor was added: kind and detail."""
    rows = SecurityEvent.objects.filter(target_user=user).order_by("id").values_list("kind", "detail")
    return list(rows)[1:]


def _run(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE accounts_user SET password = 'stolen' WHERE id = %s", "password (update)"),
        ("DELETE FROM mfa_authenticator WHERE user_id = %s", "second factor (delete)"),
        (
            "INSERT INTO mfa_authenticator (user_id, type, data, created_at) VALUES (%s, 'totp', '{}', now())",
            "second factor (insert)",
        ),
        (
            'UPDATE mfa_authenticator SET data = data || \'{"seed": "known"}\' WHERE user_id = %s',
            "second factor (update)",
        ),
        (
            "UPDATE account_emailaddress SET email = 'thief@example.org' WHERE user_id = %s",
            "log-in address (update)",
        ),
        (
            'INSERT INTO account_emailaddress (email, verified, "primary", user_id)'
            " VALUES ('thief@example.org', true, false, %s)",
            "log-in address (insert)",
        ),
        (
            "INSERT INTO socialaccount_socialaccount (provider, uid, last_login, date_joined, extra_data, user_id)"
            " VALUES ('clinic', 'thief', now(), now(), '{}', %s)",
            "outside log-in (insert)",
        ),
    ],
    ids=lambda value: value if "(" in value and len(value) < 30 else "",
)
def test_what_is_written_past_the_program_is_on_record(nurse: User, statement: str, what: str) -> None:
    EmailAddress.objects.get_or_create(user=nurse, defaults={"email": nurse.email, "verified": True, "primary": True})
    assert told(nurse) == []
    _run(statement, nurse.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        role = cursor.fetchone()[0]
    assert told(nurse) == [("written_past", f"{what} by database role {role}")]


def test_a_used_recovery_code_that_is_made_good_again_is_on_record(nurse: User) -> None:
    _run("UPDATE mfa_authenticator SET data = data || '{\"used_mask\": 3}' WHERE user_id = %s", nurse.pk)
    assert told(nurse) == []
    _run("UPDATE mfa_authenticator SET data = data || '{\"used_mask\": 1}' WHERE user_id = %s", nurse.pk)
    assert [kind for kind, _ in told(nurse)] == ["written_past"]


def test_an_event_of_another_account_does_not_stand_in(nurse: User, person: Callable[..., User]) -> None:
    other = person("biller")
    with transaction.atomic():
        record_security_event(SecurityKind.PASSWORD_CHANGED, user=other, target=other)
        User.objects.filter(pk=nurse.pk).update(password="stolen")
    assert [kind for kind, _ in told(nurse)] == ["written_past"]


def test_the_use_of_a_code_is_no_change_of_the_factor(nurse: User) -> None:
    factor = Authenticator.objects.get(user=nurse)
    codes = factor.wrap()
    assert codes.validate_code(codes.get_unused_codes()[0])
    factor.refresh_from_db()
    factor.record_usage()
    assert told(nurse) == []


def test_new_keys_for_the_seeds_are_told_as_that(nurse: User) -> None:
    rotate_seeds(lambda done, of: None)
    assert told(nurse) == [("key_rotated", "Second factor under the newest key")]


def test_a_hash_that_is_renewed_at_the_log_in_is_told_as_that(nurse: User, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    with transaction.atomic():
        record_security_event(SecurityKind.PASSWORD_CHANGED, user=nurse, target=nurse)
        old = make_password(PASSWORD, hasher="pbkdf2_sha256")
        User.objects.filter(pk=nurse.pk).update(password=old)
    Client().post(reverse("account_login"), {"login": nurse.email, "password": PASSWORD})
    nurse.refresh_from_db()
    assert nurse.password != old
    assert [kind for kind, _ in told(nurse)] == ["password_changed", "password_rehashed"]
