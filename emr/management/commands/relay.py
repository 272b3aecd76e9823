"""``manage.py relay``: hands the jobs of the outbox to the broker until it is stopped."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from emr.jobs.relay import Relay


class Command(BaseCommand):
    help = "Hands queued jobs to the broker, and queues again what a dead worker left. Safe to run more than once."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        Relay().run()


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Leave at once: an open transaction rolls back, and its job stays queued."""
    sys.exit(0)
