"""What every page asks about whoever is logged in, read with the account itself: one query instead of several."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef

from emr.accounts.models import User

#: Conditions on an account by name, over ``OuterRef("pk")``; an upper floor adds its own when it starts.
CONDITIONS: dict[str, Callable[[], Exists]] = {}


def account(key: UUID) -> User | None:
    """The account with its roles and what :data:`CONDITIONS` say of it. One query."""
    mine = User.groups.through._default_manager.filter(user=OuterRef("pk")).values("group__name")
    rows = User.objects.filter(pk=key).annotate(read_roles=ArraySubquery(mine))
    user = rows.annotate(**{f"read_{name}": condition() for name, condition in CONDITIONS.items()}).first()
    if user is not None:
        user._role_names = frozenset(user.read_roles)
    return user


def may(user: User, name: str) -> bool:
    """Whether a condition may hold: False only where it was read with the account, at the request's beginning."""
    known: Hashable = getattr(user, f"read_{name}", None)
    return known is not False
