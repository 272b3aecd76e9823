"""Fill the database with the sample clinic: ``manage.py seed_demo``."""

from __future__ import annotations

import time as stopwatch
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo import guard
from demo.seed import SIZES, seed_clinic
from emr.audit.actor import service_user
from emr.audit.seals.actions import record_verification
from emr.audit.seals.sealing import seal
from emr.audit.seals.verifying import verify
from emr.shared.errors import DomainError


class Command(BaseCommand):
    help = "Fills an empty database with the sample clinic: invented people, a year of visits, today's schedule."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there is a clinic already")
        parser.add_argument("--size", choices=sorted(SIZES), default="full", help="how much (default: full)")
        parser.add_argument("--seed", type=int, default=1, help="another number, another year (default: 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and settings.DEMO and guard.is_filled():
            self.stdout.write("Already filled: nothing to do.")
            return
        try:
            guard.check_may_load()
            seed_clinic(seed=options["seed"], size=SIZES[options["size"]], say=self._say)
        except DomainError as error:
            raise CommandError(error.message) from error
        self._seal()

    def _seal(self) -> None:
        """Seal what was told and compare it with its seals, so that the page of the seals has something to show."""
        begun = stopwatch.monotonic()
        seal(wait=True)
        report = verify()
        record_verification(by=service_user("demo"), report=report, seconds=stopwatch.monotonic() - begun)
        self._say(f"Sample clinic: logs sealed and verified after {stopwatch.monotonic() - begun:.0f} s.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
