"""``manage.py bench``: the busiest pages as ratios to a hello-world page behind the same middleware."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, transaction
from django.test.utils import override_settings

from clinic.models import Patient
from demo.bench.browser import Browser
from demo.bench.measure import WrongAnswer, measure, price_of_the_door, profile, table
from demo.bench.pages import NothingToMeasure, pages
from emr.accounts.actions.people import add_person
from emr.accounts.clinic import in_clinic_zone
from emr.accounts.models import User
from emr.audit.actor import service_user
from emr.services.folder import Folder
from emr.services.setup import prepare

#: May open every page that is measured.
_ROLES = ("clinician", "front_desk")


class Command(BaseCommand):
    help = "Measures the busiest pages of the demo clinic, in turn, as ratios to a hello-world page. Writes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--runs", type=int, default=60, help="how often each page is asked (default: 60)")
        parser.add_argument("--profile", metavar="PAGE", help='where the time of one page goes, e.g. "chart summary"')

    def handle(self, *args: Any, runs: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The benchmark opens charts, so it runs on the demo clinic only (CHARTROOM_DEMO=1).")
        if runs < 2:
            raise CommandError("--runs must be 2 or more.")
        if not _is_filled():
            prepare(Folder(settings.BASE_DIR))
        try:
            with transaction.atomic(), override_settings(ROOT_URLCONF="demo.bench.urls"), in_clinic_zone():
                self._run(runs, options["profile"])
                transaction.set_rollback(True)
        except (NothingToMeasure, WrongAnswer) as error:
            raise CommandError(str(error)) from error

    def _run(self, runs: int, profiled: str | None) -> None:
        browser = Browser(reader())
        measured = pages()
        if profiled is not None:
            page = next((page for page in measured if page.name == profiled), None)
            if page is None:
                raise CommandError(f"--profile takes one of: {', '.join(page.name for page in measured)}.")
            self.stdout.write(profile(browser, page, runs))
            return
        results = measure(browser, measured, runs)
        self.stdout.write("\n".join(table(results)))
        self.stdout.write(price_of_the_door(results))
        self.stdout.write(
            f"{runs} runs of each page in turn, in one process, through the WSGI application and all its middleware;"
            " written rows are checked and rolled back. Only ratios compare across machines."
        )


def _is_filled() -> bool:
    try:
        with transaction.atomic():
            return Patient.objects.exists()
    except ProgrammingError:
        return False  # No tables yet.


def reader() -> User:
    """Someone who may open the pages; gone with the transaction."""
    return add_person(
        by=service_user("bench"), email="bench@example.invalid", first_name="B", last_name="Ench", roles=_ROLES
    )
