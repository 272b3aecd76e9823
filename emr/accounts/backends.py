"""Log-in by e-mail; what the account may do is a matter of roles, not of Django's permission rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser


class LoginBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's log-in without ModelBackend's permission queries."""

    @classmethod
    def _stash_user(cls, user: AbstractBaseUser | None) -> AbstractBaseUser | None:
        """Hold nobody: a closed account gets the answer of one that is not there, right password or wrong."""
        stashed: AbstractBaseUser | None = super()._stash_user(None)
        return stashed

    def get_user(self, user_id: UUID) -> AbstractBaseUser | None:
        """Whoever a session says it belongs to, with what every page asks about them; nobody for a closed account."""
        from emr.accounts.standing import account

        user = account(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None

    def _get_permissions(self, user_obj: Any, obj: Any, from_name: str) -> set[str]:
        return set()
