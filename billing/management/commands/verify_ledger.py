"""``manage.py verify_ledger``: says what is wrong with the ledger, if anything."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from billing.models import LedgerTransaction
from billing.queries.ledger_findings import ledger_findings


class Command(BaseCommand):
    help = "Looks whether every sum of the ledger holds. Exit status 1, and a list, when one doesn't."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = ledger_findings()
        for finding in findings:
            self.stdout.write(str(finding))
        count = LedgerTransaction.objects.count()
        self.stdout.write(
            f"{len(findings)} findings in {count} transactions."
            if findings
            else f"{count} transactions: all sums hold."
        )
        if findings:
            sys.exit(1)
