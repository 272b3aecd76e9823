"""An authenticator app as people have on their phones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value

from emr.accounts.models import User

PERIOD_SECONDS = 30


@dataclass(frozen=True)
class App:
    """What scanned the QR code."""

    secret: str

    def code(self) -> str:
        """The six digits that it shows now."""
        return format_hotp_value(hotp_value(self.secret, int(time.time()) // PERIOD_SECONDS))


@contextmanager
def standing_clock() -> Iterator[None]:
    """The moment in which one looks at the app is that in which the code arrives: else now and then a new code, and
    the end of this one, comes between.
    """
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield


def enrol_app(user: User) -> App:
    """An app that is set up, as if some time ago."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return App(secret)


def recovery_codes(user: User) -> list[str]:
    """The recovery codes of a person."""
    return RecoveryCodes.activate(user).get_unused_codes()
