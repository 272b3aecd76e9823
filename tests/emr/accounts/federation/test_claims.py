"""An ID token opens nothing unless all of it is right: who signed it and how, for whom, when and for which try."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import RequestFactory
from pytest_django import Settings

from emr.accounts.federation.provider import StrictOpenID

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A02")]

KEY, STRANGERS = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
NONCE = "n" * 32


def _jwk(key: rsa.RSAPrivateKey, **more: str) -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": "one", "use": "sig", **more}


class _Provider(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/jwks_uri")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        issuer = f"http://{self.headers['Host']}"
        names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
        about = {"issuer": issuer, **{name: f"{issuer}/{name}" for name in names}}
        answer = json.dumps({"keys": [_jwk(KEY)]} if self.path == "/jwks_uri" else about).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def strict(issuer: str, settings: Settings) -> StrictOpenID:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = issuer, "chartroom", "s" * 32
    adapter = StrictOpenID(RequestFactory().get("/"))
    adapter.nonce = NONCE
    return adapter


def _token(issuer: str, *, key: Any = KEY, algorithm: str = "RS256", headers: Any = None, **changed: Any) -> str:
    now = int(time.time())
    said = {"iss": issuer, "sub": "a", "aud": "chartroom", "iat": now, "exp": now + 300, "nonce": NONCE}
    claims = {**said, "auth_time": now - 200, **changed}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "one", **(headers or {})})


def test_a_right_token_is_read(strict: StrictOpenID, issuer: str) -> None:
    assert strict._claims(_token(issuer))["sub"] == "a"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"aud": None},
        {"azp": "another"},
        {"exp": 1},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"auth_time": None},
        {"auth_time": 1},
        {"auth_time": "just now"},
    ],
    ids=str,
)
def test_a_token_for_another_time_place_or_try_is_refused(
    changed: dict[str, Any], strict: StrictOpenID, issuer: str
) -> None:
    with pytest.raises(OAuth2Error):
        strict._claims(_token(issuer, **changed))


def test_a_token_of_another_key_is_refused(strict: StrictOpenID, issuer: str) -> None:
    with pytest.raises(OAuth2Error):
        strict._claims(_token(issuer, key=STRANGERS))
    with pytest.raises(OAuth2Error):
        strict._claims(_token(issuer, headers={"kid": "two"}))
    head, _, signature = _token(issuer).split(".")
    with pytest.raises(OAuth2Error):
        strict._claims(f"{head}.{_token(issuer, sub='b').split('.')[1]}.{signature}")


def test_a_key_that_the_token_brings_is_not_asked(strict: StrictOpenID, issuer: str) -> None:
    brought = {"jwk": _jwk(STRANGERS), "jku": f"{issuer}/elsewhere"}
    with pytest.raises(OAuth2Error):
        strict._claims(_token(issuer, key=STRANGERS, headers=brought))


def test_no_signature_and_a_shared_secret_are_none(strict: StrictOpenID, issuer: str) -> None:
    """``none``, the client's secret, and the public key taken for a secret: the classic ways to sign for another."""
    with pytest.raises(OAuth2Error):
        strict._claims(_token(issuer, key="", algorithm="none"))
    with pytest.raises(OAuth2Error):
        strict._claims(_token(issuer, key="s" * 32, algorithm="HS256"))
    with pytest.raises((OAuth2Error, jwt.InvalidKeyError)):
        strict._claims(_token(issuer, key=PUBLIC.replace(b"-----", b""), algorithm="HS256"))


def test_a_provider_that_leads_elsewhere_is_not_followed(issuer: str) -> None:
    with get_adapter().get_requests_session() as session:
        assert session.get(f"{issuer}/jwks_uri").status_code == 200
        with pytest.raises(requests.TooManyRedirects):
            session.get(f"{issuer}/moved")
