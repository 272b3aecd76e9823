"""The mark that says which class of attack a test tries."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark, since marks are strict."""
    config.addinivalue_line("markers", "attack(class): the class of tests/attacks/classes.py that this test tries")
