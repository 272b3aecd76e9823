"""Decisions that wait, as a biller works them off; and irregular remittances, and those posted in error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.actions.posting import post_remittance
from billing.models import Claim, PaymentReconciliation
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.records import uuid7
from tests.billing.actions.test_remittances import doe, remitted, take_in, told
from tests.billing.actions.test_responses import unmatched
from tests.billing.x12 import builder

pytestmark = [pytest.mark.feature("H11"), pytest.mark.django_db]
LIST = reverse("billing:responses_list")


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_it_is_found_by_what_fits_and_posted_there(as_role: Callable[..., Client], biller: User) -> None:
    client, claim, other = as_role("biller"), doe(biller), doe(biller)
    waiting = unmatched(biller, claim, ("CO", "45", 1000), ("PR", "3", 500))
    listed = text(client.get(LIST))
    for words in ("OLD77", "No claim that went out has the number OLD77.", "35.00", "Segment"):
        assert words in listed
    address = reverse("billing:responses_detail", args=[waiting.pk])
    page = text(client.post(address, {"number": claim.number}))
    for words in (claim.number, other.number, "patient, charge", "35.00 paid, 10.00 written off, 5.00 to the patient"):
        assert words in page
    lay = reverse("billing:responses_lay", args=[waiting.pk])
    assert client.post(lay, {"claim": claim.pk}).status_code == 303
    assert client.post(lay, {"claim": claim.pk}).status_code == 303
    assert client.post(lay, {"claim": other.pk}).status_code == 409
    assert "Nothing waits" in text(client.get(LIST))
    assert f"Laid on claim {claim.number}" in text(client.get(address))


def test_its_money_is_used_given_back_or_settled(as_role: Callable[..., Client], biller: User) -> None:
    client, claim = as_role("biller"), doe(biller)
    waiting = unmatched(biller, claim, ("CO", "45", 1000))
    use = reverse("billing:responses_use", args=[waiting.pk])
    sent = {"number": "nobody", "amount": "5", "request_token": str(uuid7())}
    refused = client.post(use, sent)
    assert (refused.status_code, "No claim that went out has this number" in text(refused)) == (422, True)
    assert client.post(use, sent | {"number": claim.number.lower()}).status_code == 303
    refused = client.post(use, {"number": claim.number, "amount": "36", "request_token": str(uuid7())})
    assert "$35.00 is kept of this decision" in text(refused)
    back = reverse("billing:responses_give_back", args=[waiting.pk])
    assert client.post(back, {"back_reason": ""}).status_code == 422
    assert client.post(back, {"back_reason": "Check 12"}).status_code == 303
    settle = reverse("billing:responses_settle", args=[waiting.pk])
    assert client.post(settle, {"reason": "Done"}).status_code == 303
    waiting.refresh_from_db()
    assert waiting.resolution == "Given back to the payer: Check 12"


def test_the_pages_cost_the_same_for_one_and_thirty(
    as_role: Callable[..., Client], biller: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client, claim = as_role("biller"), doe(biller)
    waiting = unmatched(biller, claim, ("CO", "45", 1000))
    claim.refresh_from_db()
    detail = reverse("billing:responses_detail", args=[waiting.pk])
    with django_assert_max_num_queries(13):
        client.get(LIST)
    with django_assert_max_num_queries(22):
        client.get(detail)
    strangers = [builder.Claim(f"X{number}", [builder.Line(100)]) for number in range(30)]
    post_remittance(by=biller, reconciliation=remitted(biller, *strangers))
    for _ in range(5):
        doe(biller)
    with django_assert_max_num_queries(13):
        assert b"X29" in client.get(LIST).content
    with django_assert_max_num_queries(22):
        client.get(detail)


def test_what_is_irregular_is_looked_at_before_it_is_posted(as_role: Callable[..., Client], biller: User) -> None:
    client, claim = as_role("biller"), doe(biller)
    payment = builder.Payment([told(claim, ("CO", "45", 1000))])
    content = builder.remittance(payment).replace(b"*C*CHK*", b"*Q*CHK*")
    (row,) = take_in(biller, content)
    with acting(biller):
        row.payer = claim.payer
        row.save(update_fields=["payer", "updated_at"])
    page = text(client.get(reverse("billing:remittances_detail", args=[row.pk])))
    assert "Q says neither credit nor debit." in page
    post = reverse("billing:remittances_post", args=[row.pk])
    refused = client.post(post)
    assert (refused.status_code, "Look at this first" in text(refused)) == (422, True)
    assert client.post(post, {"looked": "on"}).status_code == 303
    row.refresh_from_db()
    assert row.status == "active"


@pytest.mark.feature("H12")
def test_a_posted_one_is_taken_back_with_a_reason(as_role: Callable[..., Client], biller: User) -> None:
    client, claim = as_role("biller"), doe(biller)
    row = remitted(biller, told(claim, ("CO", "45", 1000)))
    post_remittance(by=biller, reconciliation=row)
    address = reverse("billing:remittances_take_back", args=[row.pk])
    assert "is there again afterwards" in text(client.get(address))
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Wrong clinic"}).status_code == 303
    assert sorted(PaymentReconciliation.objects.values_list("status", flat=True)) == ["draft", "entered-in-error"]
    assert Claim.objects.get().state == "submitted"
    assert client.post(address, {"reason": "Again"}).status_code == 409
