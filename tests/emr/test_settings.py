"""Production starts with everything that it needs, or says in one sentence what is missing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

from emr import checks

COMPLETE = {
    "SECRET_KEY": "0123456789abcdef" * 4,
    "ENCRYPTION_KEYS": "dGhlLXRlc3RzLWtleS1vZi0zMi1ieXRlcy1hLWEtYS0",
    "AUDIT_SIGNING_KEY": "dGhlLXRlc3RzLWtleS1vZi0zMi1ieXRlcy1iLWItYi0",
    "ALLOWED_HOSTS": "clinic.example",
    "DATABASE_URL": "postgresql://chartroom_app@127.0.0.1:1/chartroom",
    "DATABASE_OWNER_URL": "postgresql://chartroom_owner@127.0.0.1:1/chartroom",
    "BROKER_URL": "redis://127.0.0.1:1/0",
}


def check(**changes: str) -> subprocess.CompletedProcess[str]:
    """The deployment check in an environment of its own."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **COMPLETE, **changes}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.feature("A08")
def test_the_deployment_check_has_nothing_to_say_of_production() -> None:
    done = check()
    assert done.returncode == 0, done.stderr
    assert "identified no issues" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "Set SECRET_KEY, or SECRET_KEY_FILE to a file that holds it."),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must have 50 random characters or more."),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE names a file that can't be read"),
        ({"ALLOWED_HOSTS": ""}, "Set ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "Set ALLOWED_HOSTS"),
        ({"DATABASE_URL": "mysql://127.0.0.1/x"}, "DATABASE_URL must begin with postgresql://."),
        ({"DATABASE_URL": "postgresql://a@b:x/c"}, "DATABASE_URL has a port that is no number."),
        ({"DATABASE_POOL_SIZE": "many"}, "DATABASE_POOL_SIZE must be a whole number, not 'many'."),
    ],
)
def test_what_is_missing_or_wrong_is_told_in_one_sentence(changes: dict[str, str], sentence: str) -> None:
    done = check(**changes)
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1


def test_debug_can_not_be_had_in_production() -> None:
    code = "from django.conf import settings; print(settings.DEBUG, settings.SESSION_COOKIE_NAME)"
    environment = {"PATH": os.environ["PATH"], **COMPLETE, "DEBUG": "1", "DJANGO_SETTINGS_MODULE": "emr.settings"}
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, text=True)
    assert printed.split() == ["False", "__Host-session"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"DATABASE_URL": "postgresql://a:b@db.example/c"}, ["DATABASE_URL leads to another machine"]),
        ({"DATABASE_URL": "postgresql://a:b@db.example/c?sslmode=require"}, ["DATABASE_URL leads to another machine"]),
        ({"DATABASE_URL": "postgresql://a:b@db.example/c?sslmode=verify-full"}, []),
        ({"DATABASE_URL": "postgresql:///c?host=/run/postgresql"}, []),
        ({"DATABASE_OWNER_URL": "postgresql://a:b@10.0.0.7/c"}, ["DATABASE_OWNER_URL leads to another machine"]),
        ({"BROKER_URL": "redis://cache.example/0"}, ["BROKER_URL leads to another machine"]),
        ({"BROKER_URL": "rediss://cache.example/0"}, []),
        ({"CACHE_URL": "redis://[2001:db8::1]/0"}, ["CACHE_URL leads to another machine"]),
        ({"CACHE_URL": "redis://[::1]/0"}, []),
    ],
)
def test_what_goes_to_another_machine_goes_over_tls(
    changes: dict[str, str], found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**COMPLETE, **changes}.items():
        monkeypatch.setenv(name, value)
    said = [*checks.the_way_to_the_database_is_encrypted(), *checks.the_way_to_the_broker_is_encrypted()]
    assert [str(message.msg).split(" without")[0] for message in said] == found


@pytest.mark.parametrize(
    ("host", "encrypted", "said"),
    [("mail.example", False, ["emr.W007"]), ("mail.example", True, []), ("localhost", False, [])],
)
def test_mail_goes_to_another_machine_over_tls(
    host: str, encrypted: bool, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
    monkeypatch.setattr(settings, "EMAIL_HOST", host)
    monkeypatch.setattr(settings, "EMAIL_USE_TLS", encrypted)
    assert [message.id for message in checks.the_way_to_the_mail_server_is_encrypted()] == said


@pytest.mark.parametrize(
    ("carrier", "origin", "said"),
    [
        ("", "https://clinic.example", []),
        ("https://carrier.example/send", "https://clinic.example:8443", []),
        ("http://127.0.0.1:9000/send", "https://clinic.example", []),
        ("http://carrier.example/send", "https://clinic.example", ["emr.E002"]),
        ("carrier.example/send", "https://clinic.example", ["emr.E002"]),
        ("", "http://clinic.example", ["emr.E003"]),
        ("", "clinic.example", ["emr.E003"]),
        ("", "https://clinic.example/app", ["emr.E003"]),
    ],
)
def test_patients_are_reached_over_https(
    carrier: str, origin: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SMS_URL", carrier)
    monkeypatch.setattr(settings, "PUBLIC_ORIGIN", origin)
    assert [message.id for message in checks.patients_are_reached_over_https()] == said


def test_a_production_whose_messages_go_in_the_clear_is_refused() -> None:
    run = check(SMS_URL="http://carrier.example/send")
    assert (run.returncode, "emr.E002" in run.stderr) == (1, True)
