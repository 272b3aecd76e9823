"""Claims are drawn and remittances posted in bulk: floors so low that only a collapse falls through them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from billing.choices import BatchStyle
from billing.models import Claim, LedgerEntry
from billing.queries.ledger_findings import ledger_findings
from demo.bench.billing import draw, post, take_in, take_off
from demo.bench.claims import batch_of, fill_claims
from demo.management.commands.bench_billing import ENVELOPE
from emr.accounts.models import User
from tests.factories.billing import submitted

CLAIMS = 60


@pytest.mark.feature("H04", "H05", "H11")
def test_many_claims_are_drawn_decided_and_posted(
    committed_db: str, person: Callable[..., User], settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    biller = person("biller")
    claims = list(fill_claims(biller, submitted(biller), CLAIMS))
    batch = batch_of(biller, claims)
    assert draw(batch, BatchStyle.DATA_ONLY).rate > 10
    assert draw(batch, BatchStyle.X12, ENVELOPE).rate > 50
    whole = Claim.objects.filter(number__startswith="B").on_ledger().prefetch_related("items")
    measured, file = take_in(biller, whole, date(2026, 3, 20))
    assert (measured.claims, measured.rate > 10) == (CLAIMS, True)
    posted = post(biller, file)
    assert (posted.claims, posted.rate > 5) == (CLAIMS, True)
    assert set(file.reconciliations.get().responses.values_list("state", flat=True)) == {"posted"}
    assert LedgerEntry.objects.filter(transaction__reconciliation__file=file).count() == CLAIMS * 4
    taken_off = take_off(biller, file)
    assert (taken_off.claims, taken_off.rate > 5) == (CLAIMS, True)
    assert set(Claim.objects.filter(number__startswith="B").values_list("state", flat=True)) == {"submitted"}
    assert ledger_findings() == []
