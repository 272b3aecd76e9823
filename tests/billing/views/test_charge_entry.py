"""Charge entry, line after line: by htmx and without, copied, corrected, moved, kept off the claim."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from billing.actions.charges import add_charge
from billing.actions.claims import create_claim
from billing.models import ChargeItem
from clinic.models import Encounter
from emr.accounts.models import User
from emr.shared.errors import DomainError
from tests.factories.billing import FeeFactory, charged, service, submitted, visit

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H02")]

LogIn = Callable[..., Any]


def entry(**said: Any) -> dict[str, Any]:
    """What the form sends."""
    return {
        "coding": "G0463",
        "quantity": "1",
        "diagnosis_ranks": "A",
        "service_date": "2026-03-09",
        "place_of_service": "11",
        "request_token": uuid4(),
        **said,
    }


def url(name: str, encounter: Encounter, *more: Any) -> str:
    """A page of a visit's charges."""
    return reverse(f"billing:{name}", args=[encounter.patient_id, encounter.pk, *more])


def codes(encounter: Encounter) -> list[str]:
    """The services of a visit in the order of its lines."""
    rows = encounter.charge_items.filter(entered_in_error_at=None).order_by("service_date", "rank", "created_at")
    return [row.code for row in rows]


def test_htmx_gets_the_lines_with_an_empty_form_or_its_own_words_back(as_role: LogIn) -> None:
    FeeFactory()
    encounter, client = visit(), as_role("biller")
    page = url("charges_edit", encounter)
    added = client.post(page, entry(), headers={"HX-Request": "true"})
    html = added.content.decode()
    assert (added.status_code, html.lstrip().startswith('<div id="charges"')) == (200, True)
    assert "G0463 is charged." in added.headers["HX-Trigger"]
    # The head of the page offers the claim as soon as there is something to bill.
    assert 'id="charge-actions" hx-swap-oob="true"' in added.content.decode()
    assert 'value="G0463"' not in html
    wrong = client.post(page, entry(quantity="1.5", modifiers="25"), headers={"HX-Request": "true"})
    html = wrong.content.decode()
    assert wrong.status_code == 422
    assert "G0463 is counted in whole units" in html
    assert 'value="1.5"' in html
    assert 'value="25"' in html
    assert codes(encounter) == ["G0463"]


def test_everything_of_a_line_is_taken_shown_copied_and_corrected(biller: User, as_role: LogIn) -> None:
    FeeFactory(amount=Decimal(120))
    encounter, client = visit(codes=["I10", "E11.9"]), as_role("biller")
    page = url("charges_edit", encounter)
    said = entry(
        diagnosis_ranks="BA",
        modifiers="25",
        service_date_end="2026-03-10",
        emergency="on",
        epsdt="AV",
        performer=encounter.practitioner_id,
    )
    assert client.post(page, said).status_code == 303
    first = ChargeItem.objects.get()
    assert (first.service_date_end, first.emergency, first.epsdt, first.amount) == (date(2026, 3, 10), True, "AV", 120)
    html = client.get(page).content.decode()
    assert "to 10-Mar-2026 · emergency · EPSDT AV" in html
    copied = client.get(page, {"copy": first.pk}).content.decode()
    assert 'value="BA"' in copied
    assert "Add a service" in copied
    assert "Correct the service" in client.get(page, {"correct": first.pk}).content.decode()
    again = entry(corrects=first.pk, quantity="2")
    for _ in range(2):
        assert client.post(page, again).status_code == 303
    first.refresh_from_db()
    second = ChargeItem.objects.get(entered_in_error_at=None)
    assert (first.entered_in_error_reason, second.amount, second.rank) == ("Corrected", Decimal(240), first.rank)
    foreign = charged(biller, visit()).charge_items.get()
    refused = client.post(page, entry(corrects=foreign.pk))
    assert "isn&#39;t one of this visit" in refused.content.decode()


def test_lines_move_and_are_kept_off_the_claim(biller: User, as_role: LogIn) -> None:
    encounter = charged(biller, visit(), lines=3)
    made = create_claim(by=biller, encounter=encounter)
    client = as_role("biller")
    third = encounter.charge_items.get(code="G1002")
    for to, order in (("up", "021"), ("up", "201"), ("up", "201"), ("down", "021"), ("nowhere", "021")):
        assert client.post(url("charges_move", encounter, third.pk), {"to": to}).status_code == 303
        assert codes(encounter) == [f"G100{n}" for n in order]
    assert [item.product_or_service for item in made.items.order_by("sequence")] == ["G1000", "G1002", "G1001"]
    assert client.post(url("charges_billable", encounter, third.pk), {"off": "on"}).status_code == 303
    made.refresh_from_db()
    assert (made.total, made.items.count()) == (Decimal(101), 2)
    assert "Not on the claim" in client.get(url("charges_edit", encounter)).content.decode()
    assert client.post(url("charges_billable", encounter, third.pk)).status_code == 303
    made.refresh_from_db()
    assert made.items.count() == 3


def test_what_went_out_stays(biller: User, as_role: LogIn) -> None:
    sent = submitted(biller)
    client, charge = as_role("biller"), sent.items.get().charge_item
    client.post(url("charges_move", sent.encounter, charge.pk), {"to": "up"})
    client.post(url("charges_billable", sent.encounter, charge.pk), {"off": "on"})
    client.post(url("charges_edit", sent.encounter), entry(corrects=charge.pk))
    charge.refresh_from_db()
    assert (charge.status, charge.entered_in_error_at) == ("billed", None)
    assert codes(sent.encounter) == [charge.code]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"service_date": date(2026, 3, 8)}, "service_date"),
        ({"service_date_end": date(2999, 3, 8)}, "service_date_end"),
        ({"quantity": Decimal("0.5")}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"place_of_service": "1x"}, "place_of_service"),
        ({"epsdt": "ZZ"}, "epsdt"),
    ],
)
def test_what_no_line_can_say_is_refused_by_field(biller: User, said: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        add_charge(by=biller, encounter=visit(), coding=service(), unit_price=Decimal(1), **said)
    assert refused.value.field == field


def test_parts_of_units_are_for_miles_and_drugs(biller: User) -> None:
    encounter = visit()
    half = {"quantity": Decimal("1.5"), "unit_price": Decimal(10)}
    drug = {"ndc": "12345678901", "ndc_quantity": Decimal("1.5"), "ndc_unit": "ML"}
    miles = add_charge(by=biller, encounter=encounter, coding=service("A0425"), **half)  # type: ignore[arg-type]
    given = add_charge(by=biller, encounter=encounter, coding=service("J1885"), **half, **drug)  # type: ignore[arg-type]
    assert (miles.amount, given.amount) == (Decimal(15), Decimal(15))
