"""``manage.py verify_audit``: names every row of the logs that is not as it was sealed."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from emr.audit.actor import service_user
from emr.audit.seals.actions import record_verification
from emr.audit.seals.files import SealFolder
from emr.audit.seals.findings import Report
from emr.audit.seals.verifying import verify


class Command(BaseCommand):
    help = "Compares the logs with their seals. Exit status 1, and a list, when anything was altered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seals", metavar="DIR", type=Path, help="a copy of the seal files from another host")
        parser.add_argument("--since", metavar="DATE", help="compare only rows that were sealed from this day on (UTC)")
        parser.add_argument("--no-record", action="store_true", help="keep no record of this run in the database")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = SealFolder(options["seals"]) if options["seals"] else None
        if folder is not None and not folder.path.is_dir():
            raise CommandError(f"There is no folder {folder.path}.")
        begun = time.monotonic()
        report = verify(folder=folder, since=_day(options["since"]), progress=_Bar())
        seconds = time.monotonic() - begun
        if not options["no_record"]:
            record_verification(by=service_user("seal"), report=report, seconds=seconds)
        self._tell(report, seconds)
        if report.problems:
            sys.exit(1)

    def _tell(self, report: Report, seconds: float) -> None:
        for finding in report.findings:
            self.stdout.write(str(finding))
        if report.problems > len(report.findings):
            self.stdout.write(f"… and {report.problems - len(report.findings)} more.")
        for note in report.notes:
            self.stdout.write(note)
        self.stdout.write(
            f"{report.rows} sealed entries in {report.blocks} blocks compared in {seconds:.1f} s"
            f" ({report.rows / max(seconds, 0.001):,.0f} a second); {report.purged} purged by policy,"
            f" {report.unsealed} not sealed yet, {report.unproven} whose block is lost."
        )
        self.stdout.write(
            f"{report.problems} problems." if report.problems else "Nothing was altered, deleted, moved or put in."
        )


class _Bar:
    """Progress on standard error: a line that is rewritten on a terminal, a line every ten seconds elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._next = time.monotonic() + (0.2 if self._live else 10)

    def __call__(self, label: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (0.2 if self._live else 10)
        share = done / total if total else 1
        bar = "#" * int(share * 30)
        text = f"{label:<20} [{bar:<30}] {share:>4.0%} {done:,} of about {total:,}"
        sys.stderr.write(f"\r{text}" + ("\n" if done == total else "") if self._live else f"{text}\n")
        sys.stderr.flush()


def _day(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise CommandError("--since takes a day like 2026-11-22.") from error
