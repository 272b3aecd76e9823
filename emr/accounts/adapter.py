"""allauth's hooks: nobody signs up; an administrator invites."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone

from emr.accounts import tries
from emr.accounts.models import User
from emr.accounts.queries.invitations import open_invitation
from emr.audit.middleware import client_ip

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closed sign-up, the client's address from the trusted hop only, and locks that outlast the cache."""

    _try: tries.Try | None = None

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request) or "0.0.0.0"  # noqa: S104  a rate-limit bucket, nothing listens here

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send, if the mail server takes it: one that is away keeps nobody from a new password or a second factor."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            # Which mail, and not whose; the error's text quotes the address.
            logger.error("No mail was sent (%s): %s", template_prefix, type(error).__name__)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send nothing to whom a link of an invitation that is too old was sent: the manager sends a new one."""
        invitation = open_invitation(user)
        if invitation is None or invitation.expires_at > timezone.now():
            super().send_password_reset_mail(user, email, context)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Check a password. A right one ends the count of wrong ones."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None and self._try is not None:
            tries.succeeded(self._try)
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Raise the same error for an address with too many tries and for a locked account, known or not."""
        super().pre_authenticate(request, **credentials)
        self._try = tries.begin(request, str(credentials.get("email") or credentials.get("username") or ""))
        if self._try.locked:
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count."""
        if self._try is not None:
            tries.failed(self._try)

    def get_login_stages(self) -> list[str]:
        """Ask for the second factor in our own way; no other step is in use."""
        return ["emr.accounts.factors.stages.FactorStage"]
