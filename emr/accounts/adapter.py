"""allauth's hooks: nobody signs up; an administrator invites."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from emr.audit.middleware import client_ip


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closed sign-up, and the client's address from the trusted hop only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request) or "0.0.0.0"  # noqa: S104  a rate-limit bucket, nothing listens here

    def get_login_stages(self) -> list[str]:
        """Ask for the second factor in our own way; no other step is in use."""
        return ["emr.accounts.factors.stages.FactorStage"]
