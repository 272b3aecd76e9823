"""What the log-in library tells by its signals, written to the log of security events."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.contrib.auth import signals as auth_signals
from django.dispatch import receiver
from django.http import HttpRequest

from emr.accounts import tries
from emr.accounts.actions.invitations import note_own_password
from emr.accounts.models import User
from emr.audit.security import SecurityKind, record_security_event


@receiver(auth_signals.user_logged_in)
def on_login(request: HttpRequest, user: User, **_: Any) -> None:
    """Somebody has passed every step of the log-in."""
    record_security_event(SecurityKind.LOGIN, user=user, request=request)


@receiver(auth_signals.user_logged_out)
def on_logout(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Somebody has left."""
    if user is not None:
        record_security_event(SecurityKind.LOGOUT, user=user, request=request)


@receiver(auth_signals.user_login_failed)
def on_login_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A wrong password, at the log-in or where one confirms who one is. An unknown address is not written down."""
    user = getattr(request, "user", None)
    if isinstance(user, User):
        record_security_event(SecurityKind.REAUTH_FAILED, user=user, request=request)
        return
    typed = str(credentials.get("email") or credentials.get("username") or "")
    account = User.objects.filter(email__iexact=typed).first() if typed else None
    record_security_event(SecurityKind.LOGIN_FAILED, request=request, target=account)


@receiver(account_signals.authentication_step_completed)
def on_step(request: HttpRequest, user: User, method: str, **more: Any) -> None:
    """Somebody who is logged in has confirmed who they are."""
    if more.get("reauthenticated"):
        record_security_event(SecurityKind.REAUTHENTICATED, user=user, request=request, detail=f"by {method}")


@receiver(account_signals.password_changed)
@receiver(account_signals.password_set)
def on_password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    """Somebody has changed their own password."""
    record_security_event(
        SecurityKind.PASSWORD_CHANGED, user=user, request=request, target=user, detail="by themselves"
    )


@receiver(account_signals.password_reset)
def on_password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    """Somebody has set a new password by a link that was mailed to them."""
    record_security_event(SecurityKind.PASSWORD_CHANGED, request=request, target=user, detail="by a link in a mail")
    # Who reads the account's mail is its owner: wrong passwords of before don't keep them out.
    tries.forget_passwords(user)
    note_own_password(by=user)


@receiver(mfa_signals.authenticator_added)
def on_factor_added(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    """A second factor was set up."""
    record_security_event(SecurityKind.MFA_ADDED, user=user, request=request, target=user, detail=authenticator.type)


@receiver(mfa_signals.authenticator_removed)
def on_factor_removed(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    """A second factor was taken away."""
    record_security_event(SecurityKind.MFA_REMOVED, user=user, request=request, target=user, detail=authenticator.type)


@receiver(mfa_signals.authenticator_reset)
def on_factor_reset(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    """New recovery codes have taken the place of the old."""
    record_security_event(SecurityKind.MFA_RESET, user=user, request=request, target=user, detail=authenticator.type)


@receiver(mfa_signals.authentication_failed)
def on_factor_failed(request: HttpRequest, user: User, authenticator: Any = None, **_: Any) -> None:
    """A wrong code after a right password, or where one confirms who one is."""
    detail = authenticator.type if authenticator is not None else ""
    record_security_event(SecurityKind.MFA_FAILED, request=request, target=user, detail=detail)
