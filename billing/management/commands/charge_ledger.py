"""``manage.py charge_ledger``: puts the claims of before on the ledger, each once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from billing.actions.charging import charge_before
from billing.queries.ledger_findings import uncharged
from emr.audit.actor import service_user


class Command(BaseCommand):
    help = (
        "Charges the claims that went out, or became the patient's to pay, before the ledger kept charges. "
        "Run it once after the upgrade, before a payer's decisions are posted; running it again does nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        by, claims = service_user("ledger"), uncharged()
        for claim in claims:
            charge_before(by=by, claim=claim)
        self.stdout.write(f"{len(claims)} claims charged." if claims else "Every claim is charged already.")
