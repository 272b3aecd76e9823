"""Fees from the clinic's own file, and the dated lists they go to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from billing.actions.csv_files import FileError
from billing.actions.fee_files import import_fees, read_fees
from billing.actions.fees import add_fee_schedule, end_fee_schedule, set_fee
from billing.models import FeeScheduleItem
from billing.queries.fees import fee_of
from emr.accounts.models import User
from emr.codes.systems import CPT, HCPCS
from emr.shared.errors import DomainError
from tests.factories.billing import FeeFactory, FeeScheduleFactory, service

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
    assert browser.post(f"{address}end/", {"effective_until": "2025-01-01"}).status_code == 200
    assert browser.post(f"{address}end/", {"effective_until": "2026-12-31"}).status_code == 303
    again = browser.post(reverse("billing:fees_list"), {"name": "Twice", "effective_from": "2026-06-01"})
    assert "already listed" in again.content.decode()
