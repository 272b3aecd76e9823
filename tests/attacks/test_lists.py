"""Lists, boards, reports and files of the house: a hidden patient leaves nothing in any of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta

import pdfplumber
import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from billing.actions.payments import reverse_payment
from billing.models import Payment
from clinic.models import Patient
from emr.access.roles import ROLES, permissions_of
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui import formats
from scheduling.actions.flow import mark_no_show
from scheduling.actions.recalls import add_attempt, close_recall
from tests.attacks.registry import Town
from tests.factories import clinic, scheduling
from tests.factories.accounts import make_person
from tests.policy.lives import Life
from tests.policy.lookups import query_was_read
from tests.policy.urls import Url, every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A04"), pytest.mark.attack("list-leak")]

#: What a hidden patient's free texts say, wherever there is one.
SAID = "Zq7said"
#: Questions that lists take, each of them tried.
QUERIES = (
    *("", "show=done", "show=closed", "show=offered", "show=coming", "show=booked"),
    *("view=list", "view=print", "columns=rooms"),
)
LISTS = [url for url in every_url() if not url.third_party and url.door is not None and url.door.kind == "staff"]
#: Some in which one's own patient must stand, so that finding nobody else there says something.
LISTED = {
    "billing:payments_day",
    "billing:payments_day_export",
    "clinic:intake_review",
    "scheduling:flow_board",
    "scheduling:no_shows_csv",
    "scheduling:no_shows_report",
    "scheduling:recalls_list",
    "scheduling:schedule_day",
    "scheduling:waitlist_list",
}


def _text(response: HttpResponseBase) -> str:
    """All that an answer says, also on paper."""
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    headers = " ".join(f"{name}: {value}" for name, value in response.headers.items())
    if body.startswith(b"%PDF-"):
        with pdfplumber.open(io.BytesIO(body)) as paper:
            return headers + " ".join(page.extract_text() or "" for page in paper.pages)
    return headers + body.decode(errors="replace")


def _busy_day(life: Life, text: str) -> None:
    """What the front desk has of a patient beside the chart: here today, missed a visit, paid, is there twice."""
    # After the visit that every life has in this hour.
    today = timezone.now().replace(minute=20, second=0, microsecond=0)
    by, patient = make_person("manager"), life.patient
    scheduling.AppointmentFactory(patient=patient, start_at=today, reason=text, comment=text, status="arrived")
    missed = scheduling.AppointmentFactory(patient=patient, start_at=today - timedelta(days=1), reason=text)
    mark_no_show(by=by, appointment=missed)
    _recalls(by, patient, text)
    reverse_payment(by=by, payment=Payment.objects.get(pk=life.keys["payment_id"][0]), reason=text)
    twin = {"family_name": patient.family_name, "given_name": patient.given_name, "birth_date": patient.birth_date}
    clinic.PatientFactory(**twin, restricted=patient.restricted)


def _recalls(by: User, patient: Patient, text: str) -> None:
    """One of each kind: due and tried in vain, coming, booked and ended."""
    today = clinic_today()
    due, _coming, booked, ended = (
        scheduling.RecallFactory(patient=patient, due_on=today + timedelta(days=days), reason=text)
        for days in (-9, 9, -3, -5)
    )
    add_attempt(by=by, recall=due, method="phone", outcome="no_answer", note=text)
    to_come = scheduling.AppointmentFactory(
        patient=patient, start_at=timezone.now().replace(minute=40, second=0, microsecond=0) + timedelta(days=40)
    )
    close_recall(by=by, recall=booked, appointment=to_come)
    close_recall(by=by, recall=ended, reason=text)


def _traces(life: Life) -> set[str]:
    patient = life.patient
    traces = (patient.family_name, patient.mrn, formats.mrn(patient.mrn), str(patient.pk), SAID)
    return {one.upper() for one in traces}


def _answers(client: Client, url: Url, town: Town) -> Iterator[str]:
    """A page that looked at none of the questions answers each of them alike: it is asked one."""
    for path in town.paths(url):
        for query in QUERIES:
            answer = client.get(f"{path}?{query}")
            yield _text(answer).upper()
            if not query_was_read(answer):
                break


def test_no_list_tells_of_a_hidden_patient(town: Town, as_role: Callable[..., Client]) -> None:
    """As somebody who may open every list but those by which the privacy officer keeps watch."""
    hidden = {kind: town.foreign[kind] for kind in ("restricted", "denied")}
    for life in (town.own, *hidden.values()):
        _busy_day(life, SAID if life is not town.own else "Own")
    roles = [role for role in ROLES if role != "privacy_officer"]
    client = as_role(*roles)
    client.raise_request_exception = False
    town.deny(client.user)  # type: ignore[attr-defined]
    held = permissions_of(frozenset(roles))
    urls = [url for url in LISTS if url.door and url.door.permission in held]
    answers = [(url.name, text) for url in urls for text in _answers(client, url, town)]
    traces = {kind: _traces(life) for kind, life in hidden.items()}
    found = {
        (name, kind, one) for name, text in answers for kind, these in traces.items() for one in these if one in text
    }
    assert sorted(found) == []
    own = town.own.patient.sort_name.upper()
    blind = LISTED - {name for name, text in answers if own in text}
    assert blind == set(), "the test has nothing to find"
