"""Fees from the clinic's own file, and the dated lists they go to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from billing.actions.charges import add_charge
from billing.actions.csv_files import FileError
from billing.actions.fee_files import import_fees, read_fees
from billing.actions.fees import add_fee_schedule, begin_version, end_fee_schedule, set_fee
from billing.models import FeeScheduleItem
from billing.queries.fees import fee_history, fee_of, fee_schedules, fees_of_payers
from emr.accounts.models import User
from emr.codes.systems import CPT, HCPCS
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.ui import formats
from tests.factories.billing import FeeFactory, FeeScheduleFactory, service, visit
from tests.factories.clinic import PayerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H01")]

HEAD = "code,display,amount\n"


def test_a_file_sets_new_fees_and_changes_known_ones(biller: User) -> None:
    fee = FeeFactory(amount=Decimal(1))
    content = f'{HEAD}g0463,"Visit, clinic","$1,120.50"\n99999,Own service,80\n'.encode()
    assert import_fees(by=biller, schedule=fee.fee_schedule, content=content) == 2
    rows = set(FeeScheduleItem.objects.values_list("system", "code", "display", "amount"))
    assert rows == {(HCPCS, "G0463", "Visit, clinic", Decimal("1120.50")), (CPT, "99999", "Own service", Decimal(80))}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("G0463,Visit,abc", "Line 2: the amount 'abc' is no number."),
        ("G0463,Visit,-1", "Line 2: the amount '-1' is not dollars and cents"),
        ("G0463,Visit,1.005", "Line 2: the amount '1.005' is not dollars and cents"),
        ("G0463,Visit,NaN", "Line 2: the amount 'NaN' is not dollars"),
        ("G04,Visit,1", "Line 2: the code 'G04' has not five letters and digits."),
        (",Visit,1", "Line 2: the code is missing."),
        ("G0463,,1", "Line 2: the words are missing"),
        ("G0463,Visit,1\nG0463,Again,2", "Line 3: G0463 is listed twice."),
        ('G0463,"Visit,1', "Line 2: unexpected end of data."),
        ("", "The file has no fees."),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_taken(biller: User, text: str, complaint: str) -> None:
    schedule = FeeScheduleFactory()
    with pytest.raises(FileError) as refused:
        import_fees(by=biller, schedule=schedule, content=f"{HEAD}{text}\n".encode())
    assert any(line.startswith(complaint) for line in refused.value.complaints), refused.value.complaints
    assert not FeeScheduleItem.objects.exists()


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\x00\x01", "code;display;amount\n".encode("utf-16")])
def test_a_foreign_file_is_refused(content: bytes) -> None:
    with pytest.raises(FileError):
        read_fees(content)


def test_what_spreadsheets_write_is_read() -> None:
    lines = read_fees("\ufeffcode;display;amount;system\r\nJ1885;Crème;12.40;HCPCS\r\n\r\n".encode())
    assert [(line.coding.code, line.coding.display, line.amount) for line in lines] == [
        ("J1885", "Crème", Decimal("12.40"))
    ]


def test_lists_are_dated_versions(biller: User) -> None:
    old = add_fee_schedule(by=biller, name="2025", effective_from=date(2025, 1, 1))
    set_fee(by=biller, schedule=old, coding=service(), amount=Decimal(100))
    with pytest.raises(DomainError, match="already listed for part of that time"):
        add_fee_schedule(by=biller, name="2026", effective_from=date(2026, 1, 1))
    end_fee_schedule(by=biller, schedule=old, effective_until=date(2025, 12, 31))
    new = add_fee_schedule(by=biller, name="2026", effective_from=date(2026, 1, 1))
    set_fee(by=biller, schedule=new, coding=service(), amount=Decimal(110))
    prices = [fee_of(HCPCS, "G0463", day=day) for day in (date(2025, 12, 31), date(2026, 1, 1), date(2024, 1, 1))]
    assert [fee.amount if fee else None for fee in prices] == [100, 110, None]


def test_a_list_doesn_t_grow_into_the_next_one(biller: User, as_role: Callable[..., Any]) -> None:
    old = FeeScheduleFactory(name="2025", effective_from=date(2025, 1, 1), effective_until=date(2025, 12, 31))
    FeeScheduleFactory(name="2026", effective_from=date(2026, 1, 1))
    for day in (date(2025, 6, 30), date(2025, 12, 31)):
        assert end_fee_schedule(by=biller, schedule=old, effective_until=day).effective_until == day
    refused = as_role("biller").post(
        reverse("billing:fees_end", args=[old.pk]), {"effective_until": formats.day(date(2026, 1, 1))}
    )
    assert refused.status_code == 422
    assert "already listed for part of that time" in refused.content.decode()
    old.refresh_from_db()
    assert old.effective_until == date(2025, 12, 31)


@pytest.mark.parametrize("amount", ["1000000", "99999999.99", "-0.01"])
def test_a_fee_that_no_claim_has_room_for_is_refused(amount: str, biller: User, as_role: Callable[..., Any]) -> None:
    """The largest that the column holds could be set, and raising the list by some percent broke."""
    schedule, client = FeeScheduleFactory(), as_role("biller")
    typed = {"system": HCPCS, "code": "G0463", "display": "Visit", "amount": amount}
    assert client.post(reverse("billing:fees_edit", args=[schedule.pk]), typed).status_code == 422
    set_fee(by=biller, schedule=schedule, coding=service(), amount=Decimal("999999.99"))
    raised = begin_version(by=biller, schedule=schedule, effective_from=date(2026, 4, 1), percent=Decimal(100))
    assert raised.items.get().amount == Decimal("1999999.98")


def test_a_year_s_new_fees_are_written_together(
    biller: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    schedule = FeeScheduleFactory()
    codes = [f"G{n:04}" for n in range(200)]
    for cents in (10, 25):
        content = HEAD + "".join(f"{code},Visit,1.{cents}\n" for code in codes)
        with django_assert_max_num_queries(20):
            assert import_fees(by=biller, schedule=schedule, content=content.encode()) == 200
    assert set(schedule.items.values_list("amount", flat=True)) == {Decimal("1.25")}
    assert [(row.before, row.amount) for row in fee_history("G0007")] == [("1.10", "1.25"), ("", "1.10")]


def test_the_pages_of_fees(biller: User) -> None:
    browser = Client()
    browser.force_login(biller, backend="emr.accounts.backends.LoginBackend")
    made = browser.post(reverse("billing:fees_list"), {"name": "Ours", "effective_from": "2026-01-01"})
    address = made.headers["Location"]
    browser.post(address, {"system": HCPCS, "code": "j1885", "display": "Ketorolac", "amount": "12.40"})
    assert "J1885" in browser.get(address).content.decode()
    bad = SimpleUploadedFile("fees.csv", f"{HEAD}G0463,Visit,x\n".encode())
    assert "Line 2: the amount" in browser.post(f"{address}import/", {"file": bad}).content.decode()
    good = SimpleUploadedFile("fees.csv", f"{HEAD}G0463,Visit,120\n".encode())
    assert browser.post(f"{address}import/", {"file": good}).status_code == 303
    assert FeeScheduleItem.objects.count() == 2
    assert browser.post(f"{address}end/", {"effective_until": "2025-01-01"}).status_code == 422
    assert browser.post(f"{address}end/", {"effective_until": "2026-12-31"}).status_code == 303
    again = browser.post(reverse("billing:fees_list"), {"name": "Twice", "effective_from": "2026-06-01"})
    assert "already listed" in again.content.decode()


def test_a_version_takes_over_on_its_day_and_leaves_charges_alone(biller: User) -> None:
    fee = FeeFactory(amount=Decimal("120.00"))
    old = fee.fee_schedule
    charge = add_charge(by=biller, encounter=visit(), coding=service(), modifiers=["25"])
    new = begin_version(by=biller, schedule=old, effective_from=date(2026, 4, 1), percent=Decimal("2.5"))
    old.refresh_from_db()
    assert (old.effective_until, new.effective_from, new.effective_until) == (date(2026, 3, 31), date(2026, 4, 1), None)
    prices = [fee_of(HCPCS, "G0463", day=day) for day in (date(2026, 3, 31), date(2026, 4, 1))]
    assert [price and price.amount for price in prices] == [Decimal("120.00"), Decimal("123.00")]
    set_fee(by=biller, schedule=old, coding=service(), amount=Decimal(500))
    charge.refresh_from_db()
    assert (charge.unit_price, charge.amount) == (Decimal("120.00"), Decimal("120.00"))
    history = fee_history("G0463")
    assert [(row.before, row.amount) for row in history] == [("120.00", "500.00"), ("", "123.00"), ("", "120.00")]
    with pytest.raises(DomainError, match="after this one"):
        begin_version(by=biller, schedule=new, effective_from=date(2026, 4, 1))
    with pytest.raises(DomainError, match="already listed"):
        begin_version(by=biller, schedule=old, effective_from=date(2026, 4, 15))


def test_the_page_says_who_is_charged_by_which_list(biller: User, as_role: Callable[..., Any]) -> None:
    today = clinic_today()
    agreed, other = PayerFactory(name="Agreed Plan"), PayerFactory(name="Other Plan")
    own = FeeScheduleFactory(name="Clinic fees")
    list_of_payer = FeeScheduleFactory(name="Agreed fees", payer=agreed)
    later = begin_version(by=biller, schedule=list_of_payer, effective_from=today + timedelta(days=30))
    told = {row.payer: row for row in fees_of_payers(fee_schedules(), today)}
    assert {name: (row.schedule, row.own, row.upcoming) for name, row in told.items()} == {
        "Self-pay": (own, False, None),
        agreed.name: (list_of_payer, True, later),
        other.name: (own, False, None),
    }
    client = as_role("biller")
    html = client.get(reverse("billing:fees_list")).content.decode()
    assert f"from {formats.day(later.effective_from)}" in html
    version = reverse("billing:fees_version", args=[own.pk])
    refused = client.post(version, {"effective_from": "x", "percent": "3"})
    assert refused.status_code == 422
    assert 'value="3"' in refused.content.decode()
    assert (
        client.post(version, {"effective_from": formats.day(today + timedelta(days=9)), "percent": "3"}).status_code
        == 303
    )
    FeeFactory(fee_schedule=own)
    html = client.get(reverse("billing:fees_edit", args=[own.pk]), {"code": "G0463"}).content.decode()
    assert "How the fee of G0463 came about" in html
