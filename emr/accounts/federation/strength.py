"""Whether the outside provider says that it has asked for two factors."""

from __future__ import annotations

from typing import Any

from django.conf import settings

#: A method of authentication that means two factors by itself (RFC 8176, section 2).
_TWO_FACTORS = "mfa"


def is_strong_login(claims: dict[str, Any]) -> bool:
    """Whether a log-in counts as one with a second factor.

    So it does when the token's ``amr`` holds ``mfa``, when its ``acr`` is one of OIDC_STRONG_ACR, or when the clinic
    trusts the provider always to ask for two (OIDC_TRUSTED).
    """
    methods = claims.get("amr")
    return (
        settings.OIDC_TRUSTED
        or (isinstance(methods, list) and _TWO_FACTORS in methods)
        or str(claims.get("acr", "")) in settings.OIDC_STRONG_ACR
    )
