"""A provider for all tests of log-in by an outside one, and the settings that name it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.emr.accounts.federation import provider


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running provider that knows the test client's address."""
    with provider.running(tmp_path_factory.mktemp("provider"), "http://testserver/accounts/oidc/callback/") as address:
        yield address


@pytest.fixture
def outside(issuer: str, settings: Settings) -> str:
    """The clinic set up with the provider."""
    settings.OIDC_ISSUER = issuer
    settings.OIDC_CLIENT_ID = provider.CLIENT_ID
    settings.OIDC_CLIENT_SECRET = provider.CLIENT_SECRET
    settings.OIDC_NAME = "Riverside ID"
    return issuer
