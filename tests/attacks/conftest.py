"""The town that is attacked."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest

from tests.attacks.registry import Town, a_town


@pytest.fixture(scope="module")
def standing_town(stage: Callable[[Callable[[], Town]], Town]) -> Town:
    """Made once for a module, since it takes thousands of statements."""
    return stage(a_town)


@pytest.fixture
def town(standing_town: Town) -> Town:
    """A clinic with one's own patient and every kind of foreign one."""
    return deepcopy(standing_town)
