"""``manage.py bench_audit``: how fast the logs are sealed, verified and asked, on millions of rows of their own."""

from __future__ import annotations

import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from demo.bench.logs import fill_reads, scratch_database, who_opened
from emr.audit.seals.files import SealFolder
from emr.audit.seals.sealing import seal
from emr.audit.seals.verifying import verify


class Command(BaseCommand):
    help = (
        "Fills a scratch database with reads of a year, then measures the question who opened a chart, sealing and"
        " verifying. Runs as the owner (CHARTROOM_DB_ROLE=owner); the clinic's own database is not touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rows", type=int, default=1_000_000, help="reads to make (default: a million)")

    def handle(self, *args: Any, rows: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The benchmark makes a database of its own, so it runs on the demo only.")
        with scratch_database(), tempfile.TemporaryDirectory() as folder:
            call_command("migrate", verbosity=0, skip_checks=True)
            self._timed(f"{rows:,} reads written", rows, lambda: fill_reads(rows))
            for question, asked in who_opened().items():
                times = sorted(self._seconds(asked) for _ in range(7))
                self.stdout.write(f"{question}: {times[3] * 1000:.1f} ms (slowest of 7: {times[-1] * 1000:.1f} ms)")
            files = SealFolder(Path(folder) / "seals")
            self._timed("sealed", rows, lambda: seal(wait=True, folder=files))
            report = self._timed("verified", rows, lambda: verify(folder=files))
            self.stdout.write(f"{report.rows:,} rows, {report.blocks:,} blocks, {report.problems} problems")
        connection.close()

    def _timed(self, label: str, rows: int, work: Any) -> Any:
        begun = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - begun
        self.stdout.write(f"{label}: {seconds:.1f} s, {rows / seconds:,.0f} rows a second")
        return result

    def _seconds(self, work: Any) -> float:
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun
