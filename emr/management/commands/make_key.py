"""``manage.py make_key``: a fresh key for ENCRYPTION_KEYS or AUDIT_SIGNING_KEY."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from emr.keys import new_key


class Command(BaseCommand):
    help = "Print a new key, for ENCRYPTION_KEYS (put it first, before the others) or for AUDIT_SIGNING_KEY."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(new_key())
