"""Log-in by e-mail; what the account may do is a matter of roles, not of Django's permission rows."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend


class LoginBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's log-in without ModelBackend's permission queries."""

    def _get_permissions(self, user_obj: Any, obj: Any, from_name: str) -> set[str]:
        return set()
