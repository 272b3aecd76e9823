"""The reports about money: what they say, that their files say the same, and that nobody is named who may not be."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.actions.ledger import Line, post
from billing.actions.payments import refund, reverse_payment, take_payment
from billing.choices import LedgerAccount, PaymentKind, PaymentMethod, TransactionKind
from billing.models import Claim
from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.models import AccessEvent
from emr.shared.dates import clinic_today
from tests.billing.payers import decide
from tests.factories.base import someone
from tests.factories.billing import claim, submitted
from tests.factories.clinic import PatientDenialFactory
from tests.factories.remittances import ClaimResponseFactory, ReconciliationFactory
from tests.factories.statements import BillingAccountFactory, InvoiceFactory, InvoiceLineFactory, PaymentPlanFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H16")]

LogIn = Callable[..., Any]
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


@pytest.fixture
def books(biller: User) -> Books:
    with on(SENT):
        made = Books(submitted(biller), submitted(biller), claim(biller, covered=False))
    with on(DECIDED):
        decide(biller, made.decided, paid=3000, agreed=500, patient=1000)
        pay(biller, made.waiting.patient, "20.00")
    return made


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


class TestAging:
    """Who owes how long, and what it ties to."""

    def test_buckets_of_payers_and_patients_tie_to_the_ledger(self, books: Books, as_role: LogIn) -> None:
        summary = tables(as_role("biller"), "aging", day=TODAY.isoformat())["What is owed on 09-May-2026"]
        assert [row[1:] for row in summary[1:]] == [
            ["0.00", "55.00", "0.00", "0.00", "0.00", "55.00"],
            ["10.00", "50.00", "0.00", "0.00", "0.00", "60.00"],
            [*[""] * 5, "−20.00"],
            [*[""] * 5, "0.00"],
            [*[""] * 5, "95.00"],
            [*[""] * 5, "95.00"],
            [*[""] * 5, "0.00"],
        ]

    @pytest.mark.parametrize(
        ("day", "clock", "insurance", "total"),
        [
            (TODAY, "service", ["0.00", "0.00", "55.00", "0.00", "0.00"], "95.00"),
            (SENT, "submitted", ["100.00", "0.00", "0.00", "0.00", "0.00"], "150.00"),
            (DECIDED - timedelta(days=1), "submitted", ["0.00", "100.00", "0.00", "0.00", "0.00"], "150.00"),
            (SENT + timedelta(days=120), "submitted", ["0.00", "0.00", "0.00", "55.00", "0.00"], "95.00"),
            (SENT + timedelta(days=121), "submitted", ["0.00", "0.00", "0.00", "0.00", "55.00"], "95.00"),
        ],
        ids=["by service", "the first day", "before the decision", "120 days", "121 days"],
    )
    def test_as_of_any_day_by_either_clock(
        self, books: Books, as_role: LogIn, day: date, clock: str, insurance: list[str], total: str
    ) -> None:
        summary = next(iter(tables(as_role("biller"), "aging", day=day.isoformat(), clock=clock).values()))
        assert (summary[1][1:6], summary[5][6], summary[7][6]) == (insurance, total, "0.00")

    def test_leads_down_to_the_claims_of_a_payer(self, books: Books, as_role: LogIn) -> None:
        client = as_role("biller")
        payer = books.waiting.payer
        assert payer is not None
        listed = page(client, "aging", day=TODAY.isoformat())
        down = f"show=claims&amp;payer={payer.pk}"
        assert down in listed
        shown = tables(client, "aging", day=TODAY.isoformat(), show="claims", payer=str(payer.pk))
        assert [row[-1] for row in shown["Insurance by claim"][1:]] == ["50.00", "50.00"]
        claims = page(client, "aging", day=TODAY.isoformat(), show="claims")
        assert reverse("billing:claims_detail", args=[books.waiting.patient_id, books.waiting.pk]) in claims


def test_paper_says_what_the_report_is_about(books: Books, as_role: LogIn) -> None:
    client, payer = as_role("biller"), books.waiting.payer
    assert payer is not None
    said = "From: 01-Mar-2026 · Until: 31-May-2026 · Show: Each payment. Printed "
    assert said in page(client, "payments", group="each", **PERIOD)
    with on(TODAY):
        assert "From: 30-Apr-2026 · Until: 09-May-2026. Printed " in page(client, "journal", first="2026-04-30")
        assert "Days at least: 30 · Amount at least: $2.50. Printed " in page(
            client, "collections", days="30", amount="2.5"
        )
    narrowed = page(client, "aging", day=TODAY.isoformat(), show="claims", payer=str(payer.pk))
    assert f"As of: 09-May-2026 · Show: Insurance by claim · Payer: {payer.name}. Printed " in narrowed


class TestCollections:
    """Whom one asks again."""

    def test_who_owes_for_long_with_all_that_one_looks_at(self, books: Books, as_role: LogIn) -> None:
        owes = books.own.patient
        with on(TODAY):
            invoice = InvoiceFactory(patient=owes, tier=2, issued_on=date(2026, 5, 1), due_on=date(2026, 5, 22))
            InvoiceLineFactory(invoice=invoice)
            PaymentPlanFactory(patient=owes)
            BillingAccountFactory(patient=owes, statements_held=True, statements_held_reason="Asked us to wait")
            client = as_role("biller")
            rows = tables(client, "collections")["Patients who owe"]
            assert [row[0] for row in rows[1:]] == [owes.sort_name, "Total"]
            assert rows[1][2:] == [
                rows[1][2],
                *("50.00", "50.00", "0.00", "60", "1", "", "01-May-2026, tier 2"),
                "50.00 a month; Statements held: Asked us to wait",
            ]
            said = re.findall(r"<dd>([^<]*)</dd>", page(client, "collections"))
            assert said == ["50.00", "10.00", "60.00", "0.00"]

    @pytest.mark.feature("H16")
    def test_no_visit_is_dropped(self, books: Books, biller: User, as_role: LogIn) -> None:
        """What has been owed for long brings what is new with it; and without a limit the file is the ledger."""
        with on(TODAY):
            newer = claim(biller, patient=books.own.patient, covered=False)
            client = as_role("biller")
            rows = file_of(client, "collections", days="30", visits="1")
            assert [row[2] for row in rows[1:-1]] == [books.own.number, newer.number]
            assert file_of(client, "collections", days="0", visits="1")[-1][-1] == "110.00"
            assert file_of(client, "collections", days="61", visits="1")[1:] == []


class TestPayments:
    """What came in and went out."""

    pytestmark = pytest.mark.feature("H22")

    def test_two_equal_payments_are_two_and_what_went_back_is_a_line(
        self, books: Books, biller: User, as_role: LogIn
    ) -> None:
        owes = books.own.patient
        with on(TODAY):
            first, _ = (pay(biller, owes, "25.00", PaymentKind.PAYMENT) for _ in range(2))
            reverse_payment(by=biller, payment=first, reason="Wrong patient")
            refund(
                by=biller,
                patient=books.waiting.patient,
                method=PaymentMethod.CHECK,
                amount=Decimal(5),
                reason="Asked for it",
                reference="7",
            )
        client = as_role("biller")
        rows = tables(client, "payments", group="each", **PERIOD)["Each payment"]
        assert [(row[0], row[1], row[2], row[6], row[10]) for row in rows[1:]] == [
            ("20-Apr-2026", "Insurance payment", str(books.decided.payer), "Other", "30.00"),
            ("20-Apr-2026", "Prepayment", "Patient", "Cash", "20.00"),
            ("09-May-2026", "Payment on the balance", "Patient", "Cash", "25.00"),
            ("09-May-2026", "Payment on the balance", "Patient", "Cash", "25.00"),
            ("09-May-2026", "Taken back: payment on the balance", "Patient", "Cash", "−25.00"),
            ("09-May-2026", "Refund", "Patient", "Check", "−5.00"),
            ("Total", "", "", "", "70.00"),
        ]
        assert re.findall(r"<dd>([^<]*)</dd>", page(client, "payments", **PERIOD)) == ["70.00", "70.00", "0.00"]
        assert tables(client, "payments", group="method", **PERIOD)["By method"][1:] == [
            ["Cash", "4", "70.00", "−25.00", "0.00", "0.00", "0.00", "45.00"],
            ["Check", "1", "0.00", "−5.00", "0.00", "0.00", "0.00", "−5.00"],
            ["Other", "1", "0.00", "0.00", "30.00", "0.00", "0.00", "30.00"],
            ["Total", "6", "70.00", "−30.00", "30.00", "0.00", "0.00", "70.00"],
        ]

    def test_a_practitioner_has_the_part_that_paid_their_visits(
        self, books: Books, biller: User, as_role: LogIn
    ) -> None:
        """A payment on the balance pays a visit; what is beyond is nobody's yet."""
        with on(TODAY):
            pay(biller, books.own.patient, "60.00", PaymentKind.PAYMENT)
        client, doctor = as_role("biller"), books.own.encounter.practitioner
        assert doctor is not None
        asked = {"group": "practitioner", **PERIOD}
        assert [(row[0], row[-1]) for row in tables(client, "payments", **asked)["By practitioner"][1:]] == [
            (doctor.short_name, "80.00"),
            ("No practitioner", "30.00"),
            ("Total", "110.00"),
        ]


@pytest.mark.feature("H22")
def test_the_slip_has_payers_checks_by_number_and_tells_transfers_by_trace(
    books: Books, biller: User, as_role: LogIn
) -> None:
    client = as_role("biller")
    for method in ("CHK", "ACH"):
        made = submitted(biller)
        decide(biller, made, paid=4000, method=method)
    pay(biller, books.own.patient, "15.00", method=PaymentMethod.CHECK, reference="1027")
    day = clinic_today()
    shown = client.get(reverse("billing:payments_day")).content.decode()
    assert "From payers" in shown
    client.post(reverse("billing:payments_close", args=[day]), {"counted_cash": "0", "payments_seen": "1"})
    content = client.get(reverse("billing:payments_deposit", args=[day])).content
    words = "\n".join(one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(content))
    assert re.search(r"Check 1027\s+2\s+15\.00", words)
    assert re.search(r"Check EFT\d+ of Example Health\s+40\.00", words)
    assert re.search(r"2 checks in all\s+55\.00\s+Total of the deposit\s+55\.00", words)
    assert re.search(r"Example Health\s+EFT\d+\s+Bank transfer\s+40\.00", words)


@pytest.mark.feature("H22")
def test_productivity_by_month_with_the_time_that_claims_took(books: Books, biller: User, as_role: LogIn) -> None:
    with on(TODAY):
        said = {"payer": books.waiting.payer, "status": "active", "posted_at": timezone.now(), "posted_by": biller}
        ClaimResponseFactory(claim=books.waiting, reconciliation=ReconciliationFactory(**said))
    # What the drawer lacks is nobody's payment.
    short = [Line(LedgerAccount.FUNDS, -500), Line(LedgerAccount.OVER_SHORT, 500)]
    post(by=biller, kind=TransactionKind.OVER_SHORT, business_date=TODAY, lines=short)
    found = tables(as_role("biller"), "productivity", **PERIOD)
    doctor = books.own.encounter.practitioner
    assert doctor is not None
    assert found["By practitioner and month"][1:] == [
        [doctor.short_name, "March 2026", "3", "150.00", "0.00", "0.00", "0.0", "1.0", ""],
        [doctor.short_name, "April 2026", "0", "0.00", "30.00", "5.00", "", "", "41.0"],
        ["No practitioner", "April 2026", "0", "0.00", "20.00", "0.00", "", "", ""],
        ["Total", "", "3", "150.00", "50.00", "5.00", f"{100 * 50 / 145:.1f}", "1.0", "41.0"],
    ]
    assert found["Denials by payer"][-1] == ["Total", "2", "1", "50.0"]


@pytest.mark.feature("X27")
def test_the_journal_sums_to_zero_and_leads_to_claims(books: Books, as_role: LogIn) -> None:
    client = as_role("biller")
    found = tables(client, "journal", **PERIOD)
    balance = found["Trial balance on 31-May-2026"]
    assert balance[-1][0::4] == ["Total", "0.00"]
    assert balance[-1][2] == balance[-1][3]
    assert ["Due from payers", "0.00", "100.00", "45.00", "55.00"] in balance
    kinds = found["By kind"]
    assert ["Charged", "Charges", "0.00", "150.00"] in kinds
    assert len(found["Entries"]) == 2 + 6 + 4 + 2
    html = page(client, "journal", **PERIOD)
    assert reverse("billing:claims_detail", args=[books.own.patient_id, books.own.pk]) in html
    narrowed = tables(client, "journal", kind="charge", account="revenue", **PERIOD)["Entries"]
    assert [row[8] for row in narrowed[1:]] == ["50.00", "50.00", "50.00", "150.00"]
    # Before the decision the same accounts stood otherwise.
    early = tables(client, "journal", first="2026-04-01", last="2026-04-19")["Trial balance on 19-Apr-2026"]
    assert ["Due from payers", "100.00", "0.00", "0.00", "100.00"] in early


def test_each_file_has_the_cells_of_its_page(books: Books, biller: User, as_role: LogIn) -> None:
    with on(TODAY):
        pay(biller, books.waiting.patient, "1234.00")
    client = as_role("biller")
    for name, asked in REPORTS:
        html = page(client, name, **asked)
        screens = list(Tables(html).found.values())
        slugs = re.findall(r"[?&;]table=([a-z-]+)", html)
        assert len(screens) == len(slugs) >= 1
        for slug, screen in zip(slugs, screens, strict=True):
            assert [[plain(cell) for cell in row] for row in screen] == file_of(client, name, table=slug, **asked), slug


def test_whom_one_may_not_know_of_counts_without_a_name(books: Books, as_role: LogIn) -> None:
    client, other = as_role("biller"), as_role("manager")
    hidden = books.decided.patient
    PatientDenialFactory(patient=hidden, user=client.user)
    known, totals = (hidden.sort_name, str(hidden.pk), books.decided.number), 0
    for name, asked in REPORTS:
        mine, theirs = ({k: v[-1][1:] for k, v in tables(c, name, **asked).items()} for c in (client, other))
        assert mine == theirs
        totals += len(mine)
        for content in (page(client, name, **asked), str(file_of(client, name, **asked))):
            assert [words for words in known if words in content] == [], (name, asked)
    assert totals > len(REPORTS)
    assert not AccessEvent.objects.filter(user=client.user, patient_id=hidden.pk).exists()


def test_who_is_named_is_on_record(books: Books, as_role: LogIn) -> None:
    client = as_role("biller")
    page(client, "aging", show="claims")
    file_of(client, "aging", show="claims")
    page(client, "aging", show="payers")
    page(client, "productivity")
    events = AccessEvent.objects.filter(user=client.user).values_list("patient_id", "action", "url_name")
    assert set(events) == {
        (one.patient_id, action, f"billing:reports_aging{more}")
        for one in (books.decided, books.waiting)
        for action, more in (("view", ""), ("export", "_export"))
    }
    assert len(events) == 4


def test_each_asks_as_much_for_thirty_as_for_one(books: Books, as_role: LogIn) -> None:
    client = as_role("biller")

    def queries() -> list[int]:
        counts = []
        for name, asked in REPORTS:
            with CaptureQueriesContext(connection) as captured:
                page(client, name, **asked)
            counts.append(len(captured))
        return counts

    queries()
    one = queries()
    _more(someone())
    assert queries() == one


def _more(by: User) -> None:
    with transaction.atomic(), on(TODAY):
        for _ in range(10):
            decide(by, submitted(by), paid=1000, patient=500)
            pay(by, claim(by, covered=False).patient, "3.00")


def test_nonsense_shows_the_usual_and_pages_lead_on(
    books: Books, as_role: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_role("biller")
    for name, asked in [
        ("aging", {"day": "x", "show": "y"}),
        ("collections", {"days": "-1"}),
        ("journal", {"first": "2"}),
    ]:
        page(client, name, start="z", **asked)
    assert client.get(reverse("billing:reports_aging_export"), {"table": "x"}).status_code == 404
    monkeypatch.setattr("billing.views.reports.PAGE_SIZE", 4)
    first = page(client, "journal", **PERIOD)
    assert (first.count("<tr data-row>"), "start=4" in first) == (
        page(client, "journal", start="4", **PERIOD).count("<tr data-row>"),
        True,
    )
