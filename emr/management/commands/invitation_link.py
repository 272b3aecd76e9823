"""``manage.py invitation_link``: the link of an invitation that waits, for a clinic without mail."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from emr.accounts.actions.invitations import hand_over_invitation
from emr.accounts.models import User
from emr.accounts.queries.invitations import open_invitation
from emr.shared.errors import DomainError


class Command(BaseCommand):
    help = "Prints a new link for an invitation that waits; it works once, and the one that was mailed works no longer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="E-MAIL", help="whom the manager has invited")
        parser.add_argument("--host", help="the name under which browsers reach the clinic: the first of ALLOWED_HOSTS")

    def handle(self, *args: Any, email: str, host: str | None, **options: Any) -> None:
        """Print it. The log names the manager who invited, and the security events that it was printed here."""
        user = User.objects.filter(email__iexact=email).first()
        invitation = open_invitation(user) if user is not None else None
        if user is None or invitation is None:
            raise CommandError("Nobody with this e-mail has an invitation that waits.")
        path = reverse("accounts:invitations_accept", args=["x"]).removesuffix("x/")
        base = f"{'http' if settings.DEMO else 'https'}://{host or _first_host()}{path}"
        try:
            link = hand_over_invitation(by=invitation.invited_by, user=user, link_base=base)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(link)


def _first_host() -> str:
    """The first name that is no pattern for several."""
    named = [name for name in settings.ALLOWED_HOSTS if not name.startswith(".")]
    if not named:
        raise CommandError("Give --host: ALLOWED_HOSTS has patterns alone.")
    return str(named[0])
