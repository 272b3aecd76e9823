"""The life that a module's tests attack."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest

from tests.factories.accounts import make_person
from tests.policy.lives import Life, a_life


@pytest.fixture(scope="module")
def standing_life(stage: Callable[[Callable[[], Life]], Life]) -> Life:
    """Made once for a module."""
    return stage(lambda: a_life(make_person("clinician"), make_person("biller")))


@pytest.fixture
def life(standing_life: Life) -> Life:
    """A patient with a row in each recorded table."""
    return deepcopy(standing_life)
