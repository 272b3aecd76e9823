"""``manage.py bench_chart``: the chart of somebody with twenty years in it, among a million visits of others."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections import Counter
from statistics import median
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.test.utils import override_settings
from django.urls import reverse

from clinic.models import Patient
from demo.bench.browser import Answer, Browser
from demo.bench.logs import scratch_database
from demo.bench.long_life import OBSERVATIONS, VISITS, fill_lives
from demo.bench.measure import Result, measure, profile
from demo.bench.pages import Page
from demo.bench.statements import Heard, raw_seconds
from demo.management.commands.bench import reader
from emr.accounts.clinic import in_clinic_zone
from emr.accounts.models import Clinic
from emr.audit.actor import acting, service_user


class Command(BaseCommand):
    help = (
        "Fills a scratch database with visits, then opens the chart of one person with a long history. Runs as the"
        " owner (CHARTROOM_DB_ROLE=owner); the clinic's own database is not touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--encounters", type=int, default=1_000_000, help="visits of others (default: a million)")
        parser.add_argument("--profile", metavar="PAGE", help='where the time of one page goes, e.g. "chart summary"')
        parser.add_argument("--runs", type=int, default=60, help="how often each page is asked (default: 60)")

    def handle(self, *args: Any, encounters: int, runs: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The benchmark makes a database of its own, so it runs on the demo only.")
        call_command("collectstatic", verbosity=0, interactive=False)
        with scratch_database():
            call_command("migrate", verbosity=0, skip_checks=True)
            begun = time.perf_counter()
            patient = fill_lives(encounters)
            took = time.perf_counter() - begun
            self.stdout.write(f"{encounters:,} visits of others written in {took:.0f} s")
            self.stdout.write(f"one chart with {VISITS} visits and {OBSERVATIONS:,} observations")
            with transaction.atomic(), override_settings(ROOT_URLCONF="demo.bench.urls"), in_clinic_zone():
                self._run(patient, runs, options["profile"])
                transaction.set_rollback(True)
        connection.close()

    def _run(self, patient: Patient, runs: int, profiled: str | None) -> None:
        with acting(service_user("bench")):
            Clinic(name="Bench", npi="1234567893", tax_id="123456789", phone="2125550100").save()
        browser = Browser(reader())
        pages = _pages(patient)
        if profiled is not None:
            page = next(page for page in pages if page.name == profiled)
            self.stdout.write(profile(browser, page, runs))
            return
        results = measure(browser, pages, runs)
        hello, common = median(results[0].total), _heard(browser, pages[0])
        self.stdout.write(
            f"{'page':<20}{'median':>10}{'p95':>10}{'SQL':>6}{'raw SQL':>11}{'3 × (hello + raw)':>20}{'of it':>8}"
        )
        for result in results:
            raw = raw_seconds(_heard(browser, result.page) - common, runs)
            self.stdout.write(_row(result, raw, 3 * (hello + raw)))


def _row(result: Result, raw: float, allowed: float) -> str:
    took = median(result.total)
    return (
        f"{result.page.name:<20}{_ms(took)}{_ms(result.p95)}{max(result.statements):>6}{_ms(raw):>11}"
        f"{_ms(allowed):>20}{took / allowed:>8.2f}"
    )


def _heard(browser: Browser, page: Page) -> Counter[Any]:
    """What one run of a page asks the database, as often as it does."""
    heard = Heard()
    with connection.execute_wrapper(heard):
        browser.ask(page.path, page.form, lambda _: None)
    return heard.asked


def _pages(patient: Patient) -> list[Page]:
    summary, timeline = (reverse(f"clinic:chart_{name}", args=[patient.pk]) for name in ("summary", "timeline"))
    return [
        Page("hello world", reverse("bench_hello"), lambda answer: answer.body == b"Hello, world."),
        Page("chart summary", summary, _is_page),
        Page("timeline", timeline, _is_page),
        Page("timeline, text", timeline, _is_page, {"text": "Problem 19"}),
    ]


def _is_page(answer: Answer) -> bool:
    return answer.status == 200 and b"</html>" in answer.body


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:>7.2f} ms"
