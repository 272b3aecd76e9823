"""Two people at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

from django.db import connection

from billing.actions.batches import create_batch
from billing.actions.charges import add_charge
from billing.actions.claims import create_claim, submit_claims
from billing.models import Claim, ClaimBatch
from emr.accounts.models import User
from emr.jobs.models import Job
from emr.shared.errors import Conflict
from tests.factories.billing import charged, claim, service, submitted, visit


def test_two_billers_at_once_make_one_claim(committed_db: str, person: Callable[..., User]) -> None:
    user = person("biller")
    encounter = charged(user, visit())

    def make(_: int) -> str:
        try:
            return str(create_claim(by=user, encounter=encounter).pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        made = set(pool.map(make, range(6)))
    assert len(made) == 1
    assert Claim.objects.count() == 1


def test_two_billers_at_once_submit_once(committed_db: str, person: Callable[..., User]) -> None:
    user = person("biller")
    claims = [claim(user), claim(user)]

    def submit(order: int) -> str:
        try:
            submit_claims(by=user, claims=claims[::order])
        except Conflict:
            return "conflict"
        finally:
            connection.close()
        return "submitted"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(submit, [1, -1, 1, -1]))
    assert outcomes == ["conflict"] * 3 + ["submitted"]


def test_a_double_click_prints_once(committed_db: str, person: Callable[..., User]) -> None:
    user = person("biller")
    claims, token = [submitted(user)], uuid4()

    def send(_: int) -> str:
        try:
            return str(create_batch(by=user, claims=claims, request_token=token).pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        made = set(pool.map(send, range(6)))
    assert len(made) == 1
    assert (ClaimBatch.objects.count(), Job.objects.count()) == (1, 1)


def test_a_double_click_charges_once(committed_db: str, person: Callable[..., User]) -> None:
    user = person("biller")
    encounter, token = visit(), uuid4()

    def send(_: int) -> str:
        try:
            return str(
                add_charge(
                    by=user, encounter=encounter, coding=service(), unit_price=Decimal(1), request_token=token
                ).pk
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(send, range(6)))) == 1
