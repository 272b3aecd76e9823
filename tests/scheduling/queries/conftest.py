"""What the tests of queries share with those of pages."""

from tests.scheduling.views.conftest import queries

__all__ = ["queries"]
