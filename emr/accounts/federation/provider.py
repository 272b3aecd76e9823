"""The outside provider, read more strictly than allauth reads it: every ID token is checked in full.

Checked are the issuer of the discovery document, the signature, issuer, audience, times and nonce of the token, and
how long ago its person logged in there (OpenID Connect Core 1.0, 3.1.3.7; Discovery 1.0, 4.3). Nothing but the token
is asked of the provider.
"""

from __future__ import annotations

import hmac
import time
from typing import Any
from urllib.parse import urlsplit

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

#: Asymmetric signatures alone: with a shared secret, whoever reads our settings could sign a log-in.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_CLOCK_SECONDS = 60


class StrictOpenID(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """allauth's OpenID Connect with a nonce and a verified token."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, settings.OIDC_ISSUER)
        self.nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().openid_config
        if config.get("issuer") != settings.OIDC_ISSUER:
            raise OAuth2Error("The provider names another issuer.")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not settings.DEMO and urlsplit(str(config.get(name))).scheme != "https":
                raise OAuth2Error(f"The provider's {name} is not https.")
        return config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return str(build_absolute_uri(request, reverse("oidc_callback")))

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        claims = self._claims(str(kwargs["response"].get("id_token", "")))
        login = self.get_provider().sociallogin_from_response(request, {"id_token": claims})
        # Of what the provider says nothing is kept but the subject.
        login.account.extra_data = {}
        login.email_addresses = []
        login.claims = claims
        return login

    def _claims(self, id_token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key=self._key(id_token),
                algorithms=_ALGORITHMS,
                issuer=settings.OIDC_ISSUER,
                audience=settings.OIDC_CLIENT_ID,
                leeway=_CLOCK_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce", "auth_time"]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error("The ID token is not valid.") from error
        if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
            raise OAuth2Error("The ID token was made for another.")
        if not self.nonce or not hmac.compare_digest(str(claims["nonce"]), self.nonce):
            raise OAuth2Error("The ID token belongs to another log-in.")
        if not _is_recent(claims["auth_time"]):
            raise OAuth2Error("The provider has asked for no log-in of late.")
        return claims

    def _key(self, id_token: str) -> jwt.PyJWK:
        """The provider's key that the token names; the only one where it names none."""
        wanted = jwt.get_unverified_header(id_token).get("kid")
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        found = [
            key
            for key in jwt.PyJWKSet.from_dict(answer.json()).keys
            if key.public_key_use in (None, "sig") and wanted in (None, key.key_id)
        ]
        if len(found) != 1:
            raise OAuth2Error("The provider has no such key.")
        return found[0]


def max_age() -> int:
    """Seconds since the provider saw its user prove who they are, at most.

    A log-in here counts as such a proof, and follows on sessions that ended because nobody was there: the provider's
    own session, which lasts longer, is none (OpenID Connect Core 1.0, 3.1.2.1 and 3.1.3.7).
    """
    return int(settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def _is_recent(auth_time: Any) -> bool:
    return isinstance(auth_time, int | float) and time.time() - auth_time <= max_age() + _CLOCK_SECONDS


class StrictProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """The one provider of the settings."""

    def get_oauth2_adapter(self, request: HttpRequest) -> StrictOpenID:
        return StrictOpenID(request)


class Callback(OAuth2CallbackView):  # type: ignore[misc]
    """The provider's answer, tied to the try that this browser began."""

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, response = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        return state, response
