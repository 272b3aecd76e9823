"""Staff, as the list of people shows them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.accounts.queries.invitations import open_invitation
from emr.accounts.sessions.ending import open_sessions
from emr.accounts.tries import locked_until


def staff() -> QuerySet[User]:
    """Everybody with an account but the services, with roles and practitioner: three queries however many."""
    return (
        User.objects.filter(is_service=False)
        .select_related("practitioner")
        .prefetch_related("groups")
        .order_by("-is_active", "last_name", "first_name")
    )


def role_labels(user: User) -> list[str]:
    """The labels of the roles of a person from :func:`staff`."""
    return sorted(ROLES[group.name].label for group in user.groups.all() if group.name in ROLES)


def way_in(user: User) -> dict[str, Any]:
    """How it stands with a person's log-in: open sessions, a lock, an invitation that waits."""
    return {
        "sessions": open_sessions(user),
        "locked_until": locked_until(user),
        "invitation": open_invitation(user),
        "now": timezone.now(),
    }
