"""What each story needs."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

#: A busy machine draws late, and what a page asks for every few seconds comes late by itself.
expect.set_options(timeout=20_000)


@pytest.fixture(autouse=True)
def _database_beside_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop in this thread; Django would refuse its database for that alone."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
