"""The payments of a day: listed, counted, closed and deposited."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.actions.payments import take_payment
from billing.choices import PaymentKind, PaymentMethod
from billing.models import DayClose, Payment
from billing.queries.open_items import open_items
from billing.queries.payments_day import COLUMNS
from clinic.models import Patient
from emr.audit.models import AccessEvent
from emr.shared.dates import clinic_today, clinic_zone
from emr.shared.records import uuid7
from scheduling.models import Appointment
from tests.billing.views.counter import form, panel_url, words
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import someone
from tests.factories.billing import SEEN_AT, SEEN_ON, DiagnosisFactory, EncounterFactory, SignedNoteFactory, charged
from tests.factories.clinic import PatientDenialFactory
from tests.factories.scheduling import AppointmentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D05")]


def _paid(client: Client, patient: Patient, count: int) -> None:
    for _ in range(count):
        take_payment(
            by=client.user,
            patient=patient,
            kind=PaymentKind.COPAY,
            method=PaymentMethod.CARD,
            amount=Decimal("25.00"),
        )


@pytest.mark.feature("D09")
@pytest.mark.parametrize("page", ["panel", "day"])
def test_pages_ask_as_often_for_thirty_as_for_one(
    as_role: Callable[..., Client], patient: Patient, visit: Appointment, page: str
) -> None:
    client = as_role("biller")
    address = panel_url(patient, visit) if page == "panel" else reverse("billing:payments_day")
    counts = []
    for more in (1, 29):
        _paid(client, patient, more)
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(address).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.feature("D09")
def test_a_long_list_says_that_it_is_not_all(
    as_role: Callable[..., Client], patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_role("front_desk")
    _paid(client, patient, 3)
    whole = client.get(panel_url(patient)).content.decode()
    monkeypatch.setattr("billing.queries.payments._SHOWN", 2)
    part = client.get(panel_url(patient)).content.decode()
    assert ["The latest 2." in page for page in (whole, part)] == [False, True]
    assert [page.count("<tr data-row>") for page in (whole, part)] == [3, 2]
    assert '<span class="meta">3</span>' in part


@pytest.mark.feature("D09")
def test_the_file_of_the_day_is_the_screen(as_role: Callable[..., Client], patient: Patient) -> None:
    client = as_role("biller")
    _paid(client, patient, 2)
    client.post(panel_url(patient), form("12.50"))
    content = b"".join(client.get(reverse("billing:payments_day_export"), {"method": "cash"})).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    page = client.get(reverse("billing:payments_day"), {"method": "cash"}).content.decode()
    assert rows[0] == COLUMNS
    assert [(row[0], row[7]) for row in rows[1:]] == [("3", "12.50"), ("1 payment", "12.50")]
    assert all(cell in page for cell in rows[1] if cell)
    assert page.count("<tr data-row>") == 1


@pytest.mark.feature("D09")
def test_a_patient_one_may_not_know_of_counts_without_a_name(as_role: Callable[..., Client], patient: Patient) -> None:
    taker, biller = as_role("front_desk"), as_role("biller")
    _paid(taker, patient, 1)
    PatientDenialFactory(patient=patient, user=biller.user)
    page = biller.get(reverse("billing:payments_day")).content.decode()
    assert patient.sort_name not in page
    assert "Restricted chart" in page
    assert "25.00" in page
    assert not AccessEvent.objects.filter(user=biller.user).exists()


@pytest.mark.feature("D09")
def test_a_day_is_counted_closed_and_deposited(as_role: Callable[..., Client], patient: Patient) -> None:
    client = as_role("biller")
    _paid(client, patient, 1)
    client.post(panel_url(patient), form("40.00"))
    client.post(panel_url(patient), form("60.00", method="check", reference="1027"))
    address = reverse("billing:payments_close", args=[clinic_today()])
    refused = client.post(address, {"counted_cash": "39.00", "payments_seen": "3"})
    assert refused.status_code == 422
    assert "$1.00 less" in refused.content.decode()
    client.post(address, {"counted_cash": "39.00", "difference_reason": "Change given twice", "payments_seen": "3"})
    close = DayClose.objects.get()
    assert (close.total, close.expected_cash, close.counted_cash) == (Decimal(125), Decimal(40), Decimal(39))
    assert {row["method"]: row["amount"] for row in close.totals} == {
        "cash": "40.00",
        "check": "60.00",
        "card": "25.00",
    }
    page = client.get(address).content.decode()
    assert "Change given twice" in page
    slip = words(client.get(reverse("billing:payments_deposit", args=[clinic_today()])).content)
    assert "Check 1027" in slip
    assert "99.00" in slip


@pytest.mark.feature("D09")
def test_the_slip_has_the_checks_that_lie_in_the_drawer(as_role: Callable[..., Client], patient: Patient) -> None:
    today, yesterday = clinic_today(), clinic_today() - timedelta(days=1)

    def check(client: Client, number: str, amount: str) -> Payment:
        client.post(panel_url(patient), form(amount, method="check", reference=number))
        return Payment.objects.get(reference=number)

    with time_machine.travel(datetime.combine(yesterday, time(12), tzinfo=clinic_zone())):
        bounced = check(as_role("biller"), "1001", "10.00")
    client = as_role("biller")
    kept, handed_back = check(client, "1002", "20.00"), check(client, "1003", "40.00")
    for gone in (bounced, handed_back):
        client.post(reverse("billing:payments_reverse", args=[patient.pk, gone.pk]), {"reason": "No good"})
    own = {"amount": "5.00", "method": "check", "reference": "77", "reason": "Moved away", "request_token": uuid7()}
    client.post(reverse("billing:payments_refund", args=[patient.pk]), own)
    for day, count in ((yesterday, "1"), (today, "5")):
        said = {"counted_cash": "0", "payments_seen": count}
        assert client.post(reverse("billing:payments_close", args=[day]), said).status_code == 303
    slips = [words(client.get(reverse("billing:payments_deposit", args=[day])).content) for day in (yesterday, today)]
    assert [re.findall(r"Check (\d+)", slip) for slip in slips] == [["1001"], [kept.reference]]
    assert [re.findall(r"Total of the deposit\s+([\d.]+)", slip) for slip in slips] == [["10.00"], ["20.00"]]


@pytest.mark.feature("D09")
def test_the_open_work_of_a_day_is_told_by_its_kinds(as_role: Callable[..., Client], patient: Patient) -> None:
    doctor = PractitionerFactory()
    visits = [EncounterFactory(patient=patient, practitioner=doctor) for _ in range(3)]
    for visit in visits[:2]:
        DiagnosisFactory(encounter=visit)
    SignedNoteFactory(encounter=visits[0])
    charged(someone(), visits[0])
    AppointmentFactory(patient=patient, start_at=SEEN_AT)
    told = {item.label: item.count for item in open_items(SEEN_ON)}
    assert told == {
        "Visits not checked out": 0,
        "Visits that nobody came to, not marked": 1,
        "Visits without a signed note": 2,
        "Visits without a diagnosis": 1,
        "Visits without charges": 2,
    }
    page = as_role("manager").get(reverse("billing:payments_close", args=[SEEN_ON])).content.decode()
    assert reverse("scheduling:schedule_day", args=[SEEN_ON]) in page


@pytest.mark.feature("D09")
def test_a_payment_that_came_meanwhile_keeps_the_day_open(as_role: Callable[..., Client], patient: Patient) -> None:
    client = as_role("biller")
    _paid(client, patient, 1)
    answer = client.post(
        reverse("billing:payments_close", args=[clinic_today()]), {"counted_cash": "0", "payments_seen": "0"}
    )
    assert (answer.status_code, DayClose.objects.count()) == (409, 0)
    assert 'name="payments_seen" value="1"' in answer.content.decode()


@pytest.mark.feature("D09")
@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 8, 23, 59, tzinfo=ZoneInfo("America/Chicago")),
        datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/Chicago")),
        datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZoneInfo("America/Chicago")),
        datetime(2026, 11, 2, 0, 0, tzinfo=ZoneInfo("America/Chicago")),
        datetime(2026, 12, 31, 23, 59, tzinfo=ZoneInfo("America/Chicago")),
    ],
    ids=["spring forward", "first half past one", "second half past one", "midnight", "last minute of the year"],
)
def test_money_counts_on_the_day_of_the_clinics_clock(
    as_role: Callable[..., Client], patient: Patient, moment: datetime
) -> None:
    with time_machine.travel(moment, tick=False):
        client = as_role("front_desk")
        client.post(panel_url(patient), form())
        page = client.get(reverse("billing:payments_day")).content.decode()
    made = Payment.objects.get()
    assert made.business_date == moment.date()
    assert f"{moment:%H:%M}" in page


@pytest.mark.feature("D09")
def test_earlier_days_that_nobody_closed_are_named(as_role: Callable[..., Client], patient: Patient) -> None:
    yesterday = clinic_today() - timedelta(days=1)
    with time_machine.travel(datetime.combine(yesterday, time(12), tzinfo=clinic_zone())):
        _paid(as_role("biller"), patient, 1)
    page = as_role("manager").get(reverse("billing:payments_day")).content.decode()
    assert reverse("billing:payments_close", args=[yesterday]) in page


@pytest.mark.parametrize("asked", ["day=2026-02-30", "day=9999-12-31", "method=gold", "user=me", "kind=x", "day=%00"])
def test_nonsense_in_the_address_shows_today(as_role: Callable[..., Client], patient: Patient, asked: str) -> None:
    assert as_role("front_desk").get(f"{reverse('billing:payments_day')}?{asked}").status_code == 200
