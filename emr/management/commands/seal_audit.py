"""``manage.py seal_audit``: seals the logs now; the beat does it every few minutes by itself."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from emr.audit.queries.seals import lateness
from emr.audit.seals.blocks import public_key_text
from emr.audit.seals.files import SealFolder
from emr.audit.seals.logs import LOGS
from emr.audit.seals.sealing import SealRefused, seal
from emr.audit.seals.session import own_session
from emr.audit.seals.stored import stored
from emr.keys import signing_key


class Command(BaseCommand):
    help = "Seals what came to the logs since the last time, in signed blocks. Safe to run at any time, and twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wait", action="store_true", help="first wait for the transactions that run now")
        parser.add_argument(
            "--after-restore",
            action="store_true",
            help="the database was restored from a backup: say so in the chain, and go on from there",
        )
        parser.add_argument(
            "--rewrite-files",
            action="store_true",
            help="write all files anew from the database; the old are kept aside",
        )
        parser.add_argument(
            "--public-key", action="store_true", help="print the key that verifies, and do nothing else"
        )
        parser.add_argument(
            "--check", metavar="MINUTES", type=int, help="do nothing; fail when something is unsealed for longer"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["public_key"]:
            self.stdout.write(public_key_text(signing_key()))
            return
        if options["check"] is not None:
            self._check(timedelta(minutes=options["check"]))
            return
        if options["rewrite_files"]:
            _rewrite_files()
        try:
            done = seal(after_restore=options["after_restore"], wait=options["wait"])
        except SealRefused as error:
            raise CommandError(error.message) from error
        if done.busy:
            self.stdout.write("Another run is sealing.")
            return
        told = ", ".join(f"{log.label.lower()} {count}" for log, count in done.rows.items())
        self.stdout.write(f"Sealed: {told}. {done.blocks} blocks, {done.repaired} written to the files belatedly.")

    def _check(self, limit: timedelta) -> None:
        late = lateness(timezone.now())
        if late is not None and late > limit:
            raise CommandError(f"Entries are not sealed for {late.total_seconds() / 60:.0f} minutes.")
        self.stdout.write("Sealed in time.")


def _rewrite_files() -> None:
    folder = SealFolder()
    folder.set_aside(datetime.now(UTC))
    with own_session() as session:
        for log in LOGS:
            for _, block in stored(session, log):
                folder.append(block)
