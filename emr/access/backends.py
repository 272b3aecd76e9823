"""Roles as an authentication backend, so that ``user.has_perm(Permission.X)`` asks the lists of roles.py."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser

from emr.access.permissions import Permission
from emr.access.roles import permissions_of
from emr.accounts.models import User


class RoleBackend(BaseBackend):
    """Grants what the user's roles grant. It authenticates nobody, and object permissions are not its matter."""

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: Any = None) -> bool:
        """Whether an active user's roles hold ``perm``; False for anonymous and deactivated users."""
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return False
        return perm in self.permissions(user_obj)

    def permissions(self, user: User) -> frozenset[Permission]:
        """The user's permissions, read once for each user object (that is, once a request)."""
        cached: frozenset[Permission] | None = getattr(user, "_role_permissions", None)
        if cached is None:
            cached = permissions_of(user.role_names)
            user._role_permissions = cached  # type: ignore[attr-defined]
        return cached
