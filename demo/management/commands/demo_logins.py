"""Print the log-ins of the sample clinic: ``manage.py demo_logins``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from demo.logins import table


class Command(BaseCommand):
    help = "Prints the log-ins of the sample clinic, one for each role."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(table())
