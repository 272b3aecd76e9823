"""Staff, as the list of people shows them."""

from __future__ import annotations

from django.db.models import QuerySet

from emr.access.roles import ROLES
from emr.accounts.models import User


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
