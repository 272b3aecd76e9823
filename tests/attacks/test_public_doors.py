"""The doors of patients, who have no account: links, codes, tablets, offers, reminders, calendars."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic import intake_pass
from clinic.actions.intake_links import show_code, withdraw_intake_link
from emr.access.limits import Limit
from emr.audit.actor import acting
from scheduling.actions.offer_links import MOST_TRIES
from scheduling.actions.reminders import set_rule
from scheduling.actions.waitlist import hashed
from scheduling.models import Reminder, ReminderAnswer, ReminderRule
from scheduling.queries import reminders
from scheduling.views import reminder_answers
from tests.factories import clinic, intake, scheduling
from tests.factories.accounts import ClinicFactory
from tests.factories.base import someone
from tests.policy.urls import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03")]

BORN = date(1962, 3, 14)
#: What opens without an account and knows of patients.
DOORS = (
    "intake:",
    "scheduling:offers_answer",
    "scheduling:reminders_answer",
    "scheduling:feeds_read",
    "scheduling:waiting_",
)


def _offer(**fields: object) -> tuple[Any, str]:
    secret = secrets.token_urlsafe(32)
    patient = clinic.PatientFactory(family_name="Quarles", birth_date=BORN)
    entry = scheduling.WaitlistEntryFactory(patient=patient)
    return scheduling.WaitlistOfferFactory(entry=entry, token_hash=hashed(secret), **fields), reverse(
        "scheduling:offers_answer", args=[secret]
    )


def _try(path: str, birth_date: str) -> int:
    cache.clear()  # As from another address, a minute later.
    return Client().post(path, {"birth_date": birth_date, "answer": "show"}).status_code


@pytest.mark.attack("token-guessing")
def test_an_offers_link_takes_five_dates_of_birth_and_no_more() -> None:
    _, path = _offer()
    assert _try(path, "03/14/1962") == 200, "the test has nothing to find"
    assert [_try(path, f"01/{n + 1:02d}/1962") for n in range(MOST_TRIES)] == [422] * MOST_TRIES
    assert _try(path, "03/14/1962") == 422


@pytest.mark.attack("token-guessing")
def test_an_offers_link_tells_nothing_once_its_time_has_come() -> None:
    ago = timezone.now() - timedelta(hours=1)
    _, path = _offer(start_at=ago, end_at=ago + timedelta(minutes=20), expires_at=ago)
    assert _try(path, "03/14/1962") == 422


@pytest.mark.attack("growth")
def test_the_same_answer_to_a_reminder_fills_no_table() -> None:
    ClinicFactory()
    secret = secrets.token_urlsafe(32)
    visit = scheduling.AppointmentFactory(patient=clinic.PatientFactory())
    rule = set_rule(by=someone(), hours_before=24, by_email=True, by_sms=False)
    _reminder(visit, rule, secret)
    path = reverse("scheduling:reminders_answer", args=[secret])
    assert [Client().post(path, {"reply": "confirm"}).status_code for _ in range(5)] == [200] * 5
    assert ReminderAnswer.objects.count() == 1


@pytest.mark.attack("token-guessing")
def test_whatever_is_wrong_with_a_way_in_the_answer_is_the_same() -> None:
    """Unknown, used up, over, taken back: nobody learns which."""
    link = intake.way_in(clinic.PatientFactory(birth_date=BORN), "phq-9")
    code = show_code(by=someone(), link=link)
    withdraw_intake_link(by=someone(), link=link)
    told = [Client().get(reverse("intake:arrive", args=[one])) for one in (code, "B" * 10, "x" * 43)]
    pages = {re.sub(r'(csrf\S*" (?:value|content)=)"[^"]*"', "", answer.content.decode()) for answer in told}
    assert ({answer.status_code for answer in told}, len(pages)) == ({404}, 1)


@pytest.mark.attack("session-theft")
def test_a_pass_of_one_way_in_opens_no_other_and_is_not_made_by_hand() -> None:
    link = intake.way_in(clinic.PatientFactory(birth_date=BORN), "phq-9")
    inside = intake.inside(link)
    assert inside.get(reverse("intake:start")).status_code == 200
    name = intake_pass.COOKIE
    value = inside.cookies[name].value
    forged = Client()
    forged.cookies[name] = value[:-3] + "abc"
    assert forged.get(reverse("intake:start")).headers["Location"] == reverse("intake:enter")
    withdraw_intake_link(by=someone(), link=link)
    assert inside.get(reverse("intake:start")).status_code == 404


@pytest.mark.attack("session-theft")
def test_a_pass_opens_no_page_of_the_house() -> None:
    inside = intake.inside(intake.way_in(clinic.PatientFactory(birth_date=BORN), "phq-9"))
    opened = []
    for url in every_url():
        if url.third_party or url.door is None or url.door.kind == "public":
            continue
        if inside.get(url.path()).status_code not in {302, 401, 405}:
            opened.append(url.name)
    assert opened == []


@pytest.mark.attack("csrf")
def test_a_public_form_wants_its_token() -> None:
    link = intake.way_in(clinic.PatientFactory(birth_date=BORN), "phq-9")
    strict = Client(enforce_csrf_checks=True)
    strict.get(reverse("intake:arrive", args=[show_code(by=someone(), link=link)]))
    assert strict.post(reverse("intake:prove"), {"birth_date": "03/14/1962"}).status_code == 403
    _, path = _offer()
    assert strict.post(path, {"birth_date": "03/14/1962", "answer": "yes"}).status_code == 403


@pytest.mark.attack("error-leak")
@pytest.mark.parametrize(
    "secret", ["x", "%00", "../..", "é" * 20, "x" * 3000], ids=["x", "nul", "dots", "accents", "long"]
)
def test_a_secret_of_any_shape_is_no_error(secret: str) -> None:
    client = Client(raise_request_exception=False)
    failed = []
    for url in every_url():
        if url.name.startswith(DOORS) and url.converters:
            path = url.path().replace("/x/", f"/{secret}/").replace("/x.", f"/{secret}.")
            for send in (client.get, client.post):
                if send(path).status_code >= 500:
                    failed.append((url.name, send.__name__))
    assert failed == []


def _reminder(visit: Any, rule: ReminderRule, secret: str) -> Reminder:
    with transaction.atomic(), acting(someone()):
        return Reminder.objects.create(
            appointment=visit,
            rule=rule,
            channel="email",
            status="sent",
            start_at=visit.start_at,
            recipient="maria@example.org",
            token_hash=reminders.hashed(secret),
            made_at=timezone.now(),
            sent_at=timezone.now(),
        )


@pytest.mark.attack("growth")
def test_strangers_do_not_use_up_the_carriers_messages(
    settings: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing unsigned is counted, and a signature of any letters is a wrong one and no error."""
    settings.SMS_WEBHOOK_KEY = "key"  # type: ignore[attr-defined]
    monkeypatch.setattr(reminder_answers, "MESSAGES", Limit("sms", per_address=2, in_all=2))
    client, path = Client(raise_request_exception=False), reverse("scheduling:sms_incoming")
    body = b'{"id": "1", "from": "+12175550142", "text": "hello"}'

    def send(signature: str) -> int:
        headers = {"X-Signature": signature}
        return client.post(path, body, content_type="application/json", headers=headers).status_code

    assert [send(one) for one in ("", "x", "\xe9", "0" * 64)] == [403] * 4
    assert send(hmac.new(b"key", body, hashlib.sha256).hexdigest()) == 204
