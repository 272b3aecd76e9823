"""Takes the place of django-auditlog's command of this name, which empties the log."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "There is no such command here: the log is only ever purged by its policy (purge_audit)."

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError("The log is append-only. What is older than the policy is purged by purge_audit.")
