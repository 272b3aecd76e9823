"""What was answered to claims before anybody decided on them stands where the claims do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from tests.billing.actions.test_acknowledgements import LEVELS, batch_of, of_claim, response_999, take_in
from tests.billing.x12.builder import envelope, message
from tests.factories.billing import submitted
from tests.pages import said

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H10")]


def text_of(answer: Any) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", said(answer)).split())


def test_the_batch_and_its_claims_say_what_was_answered(as_role: Callable[..., Client], biller: User) -> None:
    client, claim = as_role("biller"), submitted(biller)
    batch = batch_of(biller, claim)
    batch_page = reverse("billing:batches_detail", args=[batch.pk])
    claim_page = reverse("billing:claims_detail", args=[claim.patient_id, claim.pk])
    for page in (batch_page, claim_page):
        assert "Acknowledgement (999)" not in text_of(client.get(page))
    take_in(biller, response_999("417", ("IK3", "HI", "22", "2300", "8"), ("CTX", ("CLM01", claim.number)), code="E"))
    take_in(biller, envelope("HN", "005010X214", message("277", [*LEVELS, *of_claim(4, claim, "A7", "U")])))
    assert "Acknowledgement (999): accepted with errors" in text_of(client.get(batch_page))
    told = text_of(client.get(claim_page))
    rejected = told.index("Claim acknowledgement (277CA): rejected Refused before it was looked at: A7:20:PR")
    assert rejected < told.index("Acknowledgement (999): accepted with errors HI in loop 2300")
