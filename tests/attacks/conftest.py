"""The town that is attacked."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest

from emr.ui import navigation
from tests.attacks.registry import Town, a_town


@pytest.fixture(autouse=True)
def _without_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number beside "Inbox" has tests of its own; here it would be counted again for each of ten thousand pages."""
    monkeypatch.setattr(navigation, "COUNTS", {})


@pytest.fixture(scope="module")
def standing_town(stage: Callable[[Callable[[], Town]], Town]) -> Town:
    """Made once for the folder, since it takes thousands of statements."""
    return stage(a_town)


@pytest.fixture
def town(standing_town: Town) -> Town:
    """A clinic with one's own patient and every kind of foreign one."""
    return deepcopy(standing_town)
