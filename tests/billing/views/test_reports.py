"""What all reports about money have in common: file and page agree, and nobody is named who may not be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.accounts.models import User
from emr.audit.models import AccessEvent
from tests.billing.payers import decide
from tests.billing.views.report_pages import (
    PERIOD,
    REPORTS,
    TODAY,
    Books,
    Tables,
    file_of,
    on,
    page,
    pay,
    plain,
    tables,
)
from tests.factories.base import someone
from tests.factories.billing import claim, submitted
from tests.factories.clinic import PatientDenialFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H16")]

LogIn = Callable[..., Any]


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
