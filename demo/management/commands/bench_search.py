"""``manage.py bench_search``: how long the database takes to find one person among a million."""

from __future__ import annotations

import math
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
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
            self.stdout.write(f"{'':56}{'waited':^30}{'computed':^30}")
            self.stdout.write(f"{'typed':42}{'asked':>7}{'found':>7}" + f"{'median':>10}{'p99':>10}{'worst':>10}" * 2)
            asker = self._asker()
            for kind, texts in questions(sample).items():
                self._measure(kind, texts, asker)
        connection.close()

    def _measure(self, kind: str, texts: Sequence[str], asker: User) -> None:
        """All statements of a search together, in milliseconds: how long they were waited for, fetching and reading
        included, and what they cost the server's processor, which says the same on a busy machine and on a quiet one.
        """
        found, waited, computed = 0, [], []
        for text in texts:
            spent = _Stopwatch(_processor_clock())
            with connection.execute_wrapper(spent):
                found += bool(find_patients(text, visible_to(asker)).all)
            waited.append(spent.waited)
            computed.append(spent.computed)
        self.stdout.write(f"{kind:42}{len(texts):7,}{found:7,}{_spread(waited)}{_spread(computed)}")

    def _asker(self) -> User:
        """Somebody of the front desk: the search asks what they may know of, as it does on the page."""
        with acting(service_user("bench")):
            user = User.objects.create_user(email="desk@example.invalid", password=None)
        user.groups.add(*user.groups.model.objects.filter(name=FRONT_DESK.name))
        return user


class _Stopwatch:
    """An execute wrapper that adds up the milliseconds of statements, by the wall and by the server's processor."""

    def __init__(self, processor: Callable[[], float]) -> None:
        self.waited = self.computed = 0.0
        self._processor = processor

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        wall, processor = time.perf_counter(), self._processor()
        try:
            return execute(sql, params, many, context)
        finally:
            self.waited += (time.perf_counter() - wall) * 1000
            self.computed += self._processor() - processor


def _processor_clock() -> Callable[[], float]:
    """The milliseconds that the connection's server process has run, by Linux; of a server elsewhere nothing."""
    file = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    if not file.exists():
        return lambda: math.nan
    return lambda: int(file.read_text(encoding="ascii").split()[0]) / 1e6


def _spread(times: list[float]) -> str:
    """Median, 99th percentile and worst."""
    times = sorted(times)
    shown = (times[len(times) // 2], times[int(len(times) * 0.99)], times[-1])
    return "".join(f"{one:7.1f} ms" for one in shown)
