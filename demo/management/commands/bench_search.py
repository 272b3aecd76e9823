"""``manage.py bench_search``: how long the database takes to find one person among a million."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from clinic.access import visible_to
from clinic.queries.patients import find_patients
from demo.bench.crowd import fill_people, questions
from demo.bench.logs import scratch_database
from emr.access.roles import FRONT_DESK
from emr.accounts.models import User
from emr.audit.actor import acting, service_user


class Command(BaseCommand):
    help = (
        "Fills a scratch database with made-up people, then asks for a thousand of them in each way a name, a date or"
        " a number is typed. Runs as the owner (CHARTROOM_DB_ROLE=owner); the clinic's own database is not touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, default=1_000_000, help="people to make (default: a million)")

    def handle(self, *args: Any, people: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The benchmark makes a database of its own, so it runs on the demo only.")
        with scratch_database():
            call_command("migrate", verbosity=0, skip_checks=True)
            begun = time.perf_counter()
            sample = fill_people(people)
            self.stdout.write(f"{people:,} people written in {time.perf_counter() - begun:.0f} s")
            self.stdout.write(f"{'typed':42}{'asked':>7}{'found':>7}{'median':>10}{'p99':>10}{'worst':>10}")
            asker = self._asker()
            for kind, texts in questions(sample).items():
                self._measure(kind, texts, asker)
        connection.close()

    def _measure(self, kind: str, texts: Sequence[str], asker: User) -> None:
        """The milliseconds that all statements of a search take in the database, fetching included."""
        found, times = 0, []
        for text in texts:
            spent = _Stopwatch()
            with connection.execute_wrapper(spent):
                found += bool(find_patients(text, visible_to(asker)).all)
            times.append(spent.milliseconds)
        times.sort()
        shown = (times[len(times) // 2], times[int(len(times) * 0.99)], times[-1])
        figures = "".join(f"{one:7.1f} ms" for one in shown)
        self.stdout.write(f"{kind:42}{len(texts):7,}{found:7,}{figures}")

    def _asker(self) -> User:
        """Somebody of the front desk: the search asks what they may know of, as it does on the page."""
        with acting(service_user("bench")):
            user = User.objects.create_user(email="desk@example.invalid", password=None)
        user.groups.add(*user.groups.model.objects.filter(name=FRONT_DESK.name))
        return user


class _Stopwatch:
    """An execute wrapper that adds up how long statements take."""

    def __init__(self) -> None:
        self.milliseconds = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.milliseconds += (time.perf_counter() - begun) * 1000
