"""Books with a little of everything, and the reports about them as a page and as a file have them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import time_machine
from django.test import Client
from django.urls import reverse

from billing.actions.payments import take_payment
from billing.choices import PaymentKind, PaymentMethod
from billing.models import Claim
from clinic.models import Patient
from emr.accounts.models import User

SENT, DECIDED, TODAY = date(2026, 3, 10), date(2026, 4, 20), date(2026, 5, 9)
PERIOD = {"first": "2026-03-01", "last": "2026-05-31"}
#: Each report with each of its tables.
REPORTS: list[tuple[str, dict[str, str]]] = [
    *(("aging", {"show": show}) for show in ("payers", "insurance-practitioners", "claims", "patients")),
    *(("aging", {"show": show}) for show in ("patient-practitioners", "visits")),
    ("collections", {"days": "0"}),
    ("collections", {"days": "0", "visits": "1"}),
    *(
        ("payments", {"group": group, **PERIOD})
        for group in ("day", "method", "kind", "from", "practitioner", "person")
    ),
    ("payments", {"group": "each", **PERIOD}),
    ("productivity", PERIOD),
    ("journal", PERIOD),
]


def on(day: date) -> Any:
    """The clinic at ten in the morning of a day."""
    return time_machine.travel(datetime(day.year, day.month, day.day, 16, tzinfo=UTC))


@dataclass(frozen=True)
class Books:
    """What happened: a claim that was decided, one that waits, a visit that its patient pays."""

    decided: Claim
    waiting: Claim
    own: Claim

    @property
    def patients(self) -> list[Patient]:
        return [one.patient for one in (self.decided, self.waiting, self.own)]


def pay(by: User, patient: Patient, amount: str, kind: PaymentKind = PaymentKind.PREPAYMENT, **more: Any) -> Any:
    said = {"method": PaymentMethod.CASH, **more}
    return take_payment(by=by, patient=patient, kind=kind, amount=Decimal(amount), **said)


class Tables(HTMLParser):
    """The cells of a page's tables, by their captions."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] = []
        self._in = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._rows = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        self._in = tag if tag in ("td", "th", "caption") else self._in

    def handle_endtag(self, tag: str) -> None:
        self._in = "" if tag in ("td", "th", "caption", "table") else self._in

    def handle_data(self, data: str) -> None:
        if self._in == "caption" and data.strip():
            self.found[data.strip()] = self._rows
        elif self._in and self._in != "caption":
            self._rows[-1][-1] += data.strip()


def page(client: Client, name: str, **asked: str) -> str:
    response = client.get(reverse(f"billing:reports_{name}"), asked)
    assert response.status_code == 200
    return str(response.content.decode())


def tables(client: Client, name: str, **asked: str) -> dict[str, list[list[str]]]:
    return Tables(page(client, name, **asked)).found


def file_of(client: Client, name: str, **asked: str) -> list[list[str]]:
    content = b"".join(client.get(reverse(f"billing:reports_{name}_export"), asked)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


def plain(cell: str) -> str:
    """A number of the screen as the file has it."""
    return cell.replace("−", "-").replace(",", "") if re.fullmatch(r"−?[\d,]+(\.\d+)?", cell) else cell
