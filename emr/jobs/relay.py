"""Hands due jobs to the broker. Any number of relays may run; each row is taken by one of them.

A job is marked and published in one short transaction: if the relay dies in between, or the broker doesn't answer, the
row is back in the queue. A message may so be sent twice, never lost, and the second does nothing (execute.py).
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError as BrokerError

from emr.celery import app
from emr.jobs.choices import JobStatus
from emr.jobs.models import Job
from emr.jobs.queue import CHANNEL
from emr.jobs.rescue import rescue_stranded

logger = logging.getLogger(__name__)

POLL_EVERY = 2.0  # seconds; a safety net under NOTIFY, and what ends a back-off in time
RESCUE_EVERY = 15.0
LONGEST_PAUSE = 10.0


@dataclass
class Outage:
    """One of the two servers is away: says so once, waits longer each time, says so when it is back."""

    server: str
    failures: int = 0

    def begin_or_go_on(self, error: Exception) -> float:
        """Note a failure; returns the seconds to wait."""
        if self.failures == 0:
            logger.warning("%s doesn't answer (%s); jobs wait.", self.server, type(error).__name__)
        self.failures += 1
        return float(min(0.5 * 2 ** (self.failures - 1), LONGEST_PAUSE))

    def end(self) -> None:
        """Note a success."""
        if self.failures:
            logger.warning("%s answers again.", self.server)
        self.failures = 0


class Relay:
    """The loop of ``manage.py relay``."""

    def __init__(self) -> None:
        self._broker = Outage("The broker")
        self._database = Outage("The database")
        self._rescued_at = float("-inf")
        self._listening_on: Any = None

    def run(self) -> None:
        """Work until the process is told to stop (by an exception from its signal handler)."""
        while True:
            self.step(POLL_EVERY)

    def step(self, wait: float) -> None:
        """Hand over all that is due, then wait up to ``wait`` seconds for more. Survives either server's absence."""
        try:
            self._listen()
            self._database.end()
            self._rescue_at_times()
            pause = self._hand_over_due()
            self._wait(pause or wait, for_notice=pause is None)
        except DatabaseError as error:
            seconds = self._database.begin_or_go_on(error)
            connection.close()
            time.sleep(seconds)

    def _listen(self) -> None:
        """Subscribe the session; again after a reconnection."""
        connection.ensure_connection()
        if connection.connection is not self._listening_on:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listening_on = connection.connection

    def _rescue_at_times(self) -> None:
        if time.monotonic() - self._rescued_at >= RESCUE_EVERY:
            rescue_stranded()
            self._rescued_at = time.monotonic()

    def _hand_over_due(self) -> float | None:
        """Hand over all that is due; returns the seconds to leave the broker alone when it doesn't answer."""
        try:
            if self._broker.failures:
                _probe_broker()  # so that no row stays locked while a broker that was away keeps us waiting
                self._broker.end()
            while _hand_over_one():
                pass
        except BrokerError as error:
            return self._broker.begin_or_go_on(error)
        return None

    def _wait(self, seconds: float, *, for_notice: bool) -> None:
        """Wait the given time, or only until a notification comes. Raises DatabaseError when the session is lost."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            with connection.wrap_database_errors:
                noticed = list(connection.connection.notifies(timeout=left, stop_after=1))
            if noticed and for_notice:
                return


@transaction.atomic
def _hand_over_one() -> bool:
    """Publish the job that waits longest; False when none is due. Raises BrokerError and leaves it queued."""
    job_id = Job.objects.due().select_for_update(skip_locked=True).values_list("id", flat=True).first()
    if job_id is None:
        return False
    Job.objects.filter(pk=job_id).update(status=JobStatus.HANDED_OVER, handed_over_at=Now())
    app.send_task("emr.jobs.tasks.run_job", args=[str(job_id)])
    return True


def _probe_broker() -> None:
    """Raise BrokerError unless the broker answers."""
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1)
