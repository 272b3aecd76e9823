"""The life that a module's tests attack."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest

from emr.ui import navigation
from tests.factories.accounts import make_person
from tests.policy.lives import Life, a_life


@pytest.fixture(autouse=True)
def _without_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number beside "Inbox" has tests of its own; here it would be counted again for each of ten thousand pages."""
    monkeypatch.setattr(navigation, "COUNTS", {})


def a_standing_life() -> Life:
    """A patient with a row in each recorded table."""
    return a_life(make_person("clinician"), make_person("biller"))


@pytest.fixture(scope="module")
def standing_life(stage: Callable[[Callable[[], Life]], Life]) -> Life:
    """Made once for the folder."""
    return stage(a_standing_life)


@pytest.fixture
def life(standing_life: Life) -> Life:
    """A patient with a row in each recorded table."""
    return deepcopy(standing_life)
