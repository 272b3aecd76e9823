"""allauth's hooks for second factors: their seeds are encrypted at rest, their names are plain."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

from emr import keys
from emr.accounts.models import User


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seeds of authenticator apps and of recovery codes lie in the database under ``ENCRYPTION_KEYS``."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This is not right, or it was used already. Try again with a new one.",
    }

    def encrypt(self, text: str) -> str:
        return keys.encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return keys.decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002  its name
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return "Passkey" if number == 1 else f"Passkey {number}"

    def _get_site_name(self) -> str:
        return "Chartroom"
