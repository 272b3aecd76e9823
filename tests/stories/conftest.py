"""What each story needs."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _database_beside_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop in this thread; Django would refuse its database for that alone."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
