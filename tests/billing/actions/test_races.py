"""Two people at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from billing.actions.claims import create_claim, submit_claims
from billing.models import Claim
from emr.accounts.models import User
from emr.shared.errors import Conflict
from tests.factories.billing import charged, claim, visit


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
