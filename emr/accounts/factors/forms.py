"""allauth's forms for second factors, stricter: a seed is never in clear, a passkey always opens the door alone."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import (
    SECRET_SESSION_KEY,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError

from emr.accounts.models import User
from emr.accounts.tries import Try, counted_factor
from emr.keys import Unreadable


def _pending_secret(*, fresh: bool) -> str:
    session = context.request.session
    waiting = "" if fresh else session.get(SECRET_SESSION_KEY, "")
    if waiting:
        try:
            return str(get_adapter().decrypt(waiting))
        except Unreadable:
            pass  # Its key was retired while the page was open: begin anew, the code is then wrong.
    secret = generate_totp_secret()
    session[SECRET_SESSION_KEY] = get_adapter().encrypt(secret)
    return str(secret)


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey. It is always one that verifies its person and is found without an e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["passwordless"]
        name = self.fields["name"]
        name.label, name.help_text = "Name", "Tells your passkeys apart: this computer, my phone, the blue key."
        name.max_length = 60
        name.widget.attrs["maxlength"] = 60
        self.fields["credential"].error_messages["required"] = "No passkey was made. Try again."

    def clean_name(self) -> str:
        return str(super().clean_name())[:60]


class _CountedCode:
    """Counts the tries with codes for each account, in the database: the library's own counts go with the cache."""

    user: User

    def clean_code(self) -> str:
        with counted_factor(self.user) as this:
            _refuse_locked(this)
            code = str(super().clean_code())  # type: ignore[misc]
            factor = getattr(self, "authenticator", None)
            if factor is not None and factor.type == Authenticator.Type.TOTP and not _spend(factor, code):
                self._emit_authentication_failed(factor)  # type: ignore[attr-defined]
                raise get_adapter().validation_error("incorrect_code")
            return code


def _spend(factor: Authenticator, code: str) -> bool:
    """Whether an app's code is newer than the last that was used (RFC 6238, 5.2), which is then this one.

    The library remembers used codes in the cache; the counter stands in the database, whatever becomes of the cache.
    """
    row = Authenticator.objects.select_for_update(of=("self",)).get(pk=factor.pk)
    secret, last = get_adapter().decrypt(row.data["secret"]), row.data.get("last_counter", -1)
    fits = [
        counter
        for counter in yield_hotp_counters_from_time()
        if counter > last and compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter)))
    ]
    if fits:
        row.data["last_counter"] = max(fits)
        row.save(update_fields=["data"])
    return bool(fits)


class _CountedPasskey:
    """Counts like codes, and tells the log of a passkey that was refused: the library tells it of codes alone."""

    user: User | None
    reauthenticated: bool

    def clean_credential(self) -> Authenticator:
        try:
            if self.user is None:
                # Whose it is stands in what was sent: a stranger must not be able to lock somebody else out.
                return super().clean_credential()  # type: ignore[misc]
            with counted_factor(self.user) as this:
                _refuse_locked(this)
                return super().clean_credential()  # type: ignore[misc]
        except ValidationError:
            authentication_failed.send(
                sender=Authenticator,
                request=context.request,
                user=self.user,
                authenticator=Authenticator(type=Authenticator.Type.WEBAUTHN),
                reauthentication=self.reauthenticated,
            )
            raise


def _refuse_locked(this: Try) -> None:
    if this.locked:
        raise get_account_adapter().validation_error("too_many_login_attempts")


class CodeForm(_CountedCode, AuthenticateForm):  # type: ignore[misc]
    """A code as the second step of a log-in."""


class ConfirmCodeForm(_CountedCode, ReauthenticateForm):  # type: ignore[misc]
    """A code to confirm who one is."""


class EnrolAppForm(_CountedCode, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an authenticator app. Until it is right the new seed waits in the session, encrypted."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        forms.Form.__init__(self, *args, **kwargs)
        self.fields["code"].label = "Code from the app"
        self.secret = _pending_secret(fresh=not self.is_bound)


class PasskeyForm(_CountedPasskey, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second step of a log-in."""


class ConfirmPasskeyForm(_CountedPasskey, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey to confirm who one is."""


class PasskeyLoginForm(_CountedPasskey, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of e-mail and password."""
