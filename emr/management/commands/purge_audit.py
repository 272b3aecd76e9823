"""``manage.py purge_audit``: purges what is older than the policy, unless a legal hold keeps it. Runs as the owner."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.models import Log
from emr.audit.retention.purging import purge
from emr.audit.retention.queries import due
from emr.shared.errors import DomainError


class Command(BaseCommand):
    help = "Says what is older than the policy; with --as it goes into an encrypted archive and out of the logs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as", dest="person", metavar="E-MAIL", help="purge, as this member of staff")

    def handle(self, *args: Any, person: str | None, **options: Any) -> None:
        by = self._person(person) if person else None
        refused = []
        for log in Log:
            found = due(log, timezone.now())
            if found.before is None:
                self.stdout.write(f"{log.label}: kept for good.")
                continue
            self.stdout.write(
                f"{log.label}: {found.rows} entries before {found.before:%Y-%m-%d} ({found.years} years)."
                + (f" {found.kept}" if found.kept else "")
            )
            if by is not None and found.rows:
                try:
                    gone = purge(by=by, log=log, now=timezone.now())
                except DomainError as error:
                    refused.append(error.message)
                else:
                    self.stdout.write(f"  purged; archive {gone.archive if gone else ''}")
        if refused:
            raise CommandError(" ".join(refused))

    def _person(self, email: str) -> User:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError("There is no active account with this e-mail.")
        return user
