"""How a person proves who they are, as the pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings

from emr.accounts.models import User

_WORDS = {
    Authenticator.Type.TOTP: "Authenticator app",
    Authenticator.Type.WEBAUTHN: "Passkey",
    Authenticator.Type.RECOVERY_CODES: "Recovery codes",
}


@dataclass(frozen=True)
class Factor:
    """One factor of a person: its kind and name in words, when it was set up and last used."""

    kind: str
    name: str
    added_at: datetime
    used_at: datetime | None


def factors_of(user: User) -> list[Factor]:
    """All factors of a person, the oldest first. One query; no secret is read."""
    rows = Authenticator.objects.filter(user=user).order_by("created_at")
    return [
        Factor(
            kind=_WORDS[Authenticator.Type(row.type)],
            name=row.data.get("name", "") if row.type == Authenticator.Type.WEBAUTHN else "",
            added_at=row.created_at,
            used_at=row.last_used_at,
        )
        for row in rows
    ]


def identity_of(user: User) -> SocialAccount | None:
    """The outside log-in of a person with the provider that is set now; None without a provider."""
    if not settings.OIDC_ISSUER:
        return None
    return SocialAccount.objects.filter(user=user, provider=settings.OIDC_ISSUER).first()
