"""``manage.py bench_billing``: claims drawn a second, remittances posted, memory."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from billing.choices import BatchStyle
from billing.models import Claim
from billing.x12.professional import Envelope
from demo.bench import billing
from demo.bench.claims import batch_of, fill_claims
from demo.bench.logs import scratch_database
from demo.seed import SIZES, seed_clinic
from emr.accounts.models import User
from emr.audit.actor import service_user
from emr.shared.dates import clinic_today

_FEW = 10
ENVELOPE = Envelope(
    sender_qualifier="ZZ",
    sender_id="BENCH01",
    receiver_qualifier="ZZ",
    receiver_id="BENCH02",
    usage="T",
    control_number=1,
    created=datetime(2026, 1, 1, 12),
    submitter="Riverside Clinic",
    contact_name="Billing office",
    contact_phone="2175550101",
    receiver="Bench",
)


class Command(BaseCommand):
    help = (
        "Fills a scratch database with claims that went out, draws them on paper and as an 837P, takes a remittance"
        " over them in, posts it and takes it back. Runs as the owner (CHARTROOM_DB_ROLE=owner); the clinic's own"
        " database is not touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--claims", type=int, default=10_000, help="claims of the remittance (default: 10000)")
        parser.add_argument("--drawn", type=int, default=5_000, help="claims that are drawn (default: 5000)")

    def handle(self, *args: Any, claims: int, drawn: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The benchmark makes a database of its own, so it runs on the demo only.")
        with scratch_database():
            call_command("migrate", verbosity=0, skip_checks=True)
            seed_clinic(seed=1, size=SIZES["small"], say=lambda text: None)
            self._run(service_user("bench"), claims, drawn)
        connection.close()

    def _run(self, by: User, count: int, drawn: int) -> None:
        source = (
            Claim.objects.standing().filter(submitted_at__isnull=False, order=1, frequency="1").order_by("-total")[0]
        )
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        claims = list(fill_claims(by, source, count))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.stdout.write(f"{'':34}{'claims':>8}{'time':>12}{'rate':>12}{'memory':>11}{'grown':>11}")
        few, many = (batch_of(by, claims[:number]) for number in (_FEW, drawn))
        for batch in (few, many):
            self.stdout.write(str(billing.draw(batch, BatchStyle.DATA_ONLY)))
            self.stdout.write(str(billing.draw(batch, BatchStyle.X12, ENVELOPE)))
        whole = Claim.objects.filter(pk__in=[claim.pk for claim in claims]).on_ledger().prefetch_related("items")
        measured, file = billing.take_in(by, whole.iterator(chunk_size=500), clinic_today())
        del claims
        self.stdout.write(str(measured))
        self.stdout.write(str(billing.post(by, file)))
        self.stdout.write(str(billing.take_off(by, file)))
