"""People of the money floor."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emr.accounts.models import User


@pytest.fixture
def biller(db: None, person: Callable[..., User]) -> User:
    """Somebody who bills."""
    return person("biller")
