"""Two people at once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

from billing.actions.batches import create_batch
from billing.actions.charges import add_charge
from billing.actions.claims import create_claim, submit_claims
from billing.models import ChargeItem, Claim, ClaimBatch
from emr.accounts.models import User
from emr.jobs.models import Job
from emr.shared.errors import DomainError
from tests.factories.billing import charged, claim, service, submitted, visit
from tests.races import at_once


def test_two_billers_at_once_make_one_claim(committed_db: str, person: Callable[..., User]) -> None:
    user = person("biller")
    encounter = charged(user, visit())
    made = at_once(6, lambda _: create_claim(by=user, encounter=encounter).pk)
    assert set(made) == {Claim.objects.get().pk}


def test_two_billers_at_once_submit_once(committed_db: str, person: Callable[..., User]) -> None:
    user = person("biller")
    claims = [claim(user), claim(user)]
    outcomes = at_once(4, lambda n: submit_claims(by=user, claims=claims[:: 1 if n % 2 else -1]))
    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict"] * 3 + ["list"], outcomes


def test_a_double_click_prints_once(committed_db: str, person: Callable[..., User]) -> None:
    user = person("biller")
    claims, token = [submitted(user)], uuid4()
    made = at_once(6, lambda _: create_batch(by=user, claims=claims, request_token=token).pk)
    assert set(made) == {ClaimBatch.objects.get().pk}
    assert Job.objects.count() == 1


def test_a_double_click_charges_once(committed_db: str, person: Callable[..., User]) -> None:
    user = person("biller")
    encounter, token = visit(), uuid4()
    common: dict[str, Any] = {"by": user, "encounter": encounter, "coding": service(), "unit_price": Decimal(1)}
    made = at_once(6, lambda _: add_charge(**common, request_token=token).pk)
    assert set(made) == {ChargeItem.objects.get().pk}


def test_who_charges_and_who_submits_wait_for_each_other(committed_db: str, person: Callable[..., User]) -> None:
    """Whoever comes first: nobody reads of a deadlock, and no claim goes out without a service of its visit."""
    user = person("biller")
    for n in range(3):
        made = claim(user)
        new: dict[str, Any] = {"encounter": made.encounter, "coding": service(f"G200{n}"), "unit_price": Decimal(1)}
        works = (partial(submit_claims, by=user, claims=[made]), partial(add_charge, by=user, **new))
        outcomes = at_once(2, lambda at, works=works: works[at]())  # type: ignore[misc]
        assert not any(isinstance(one, Exception) and not isinstance(one, DomainError) for one in outcomes), outcomes
        row = Claim.objects.get(pk=made.pk)
        charged_now = set(made.encounter.charge_items.values_list("pk", flat=True))
        assert set(row.items.values_list("charge_item", flat=True)) == charged_now
