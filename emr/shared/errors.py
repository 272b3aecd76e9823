"""Errors that a person can read and act on."""

from __future__ import annotations


class DomainError(Exception):
    """A rule of the clinic refused the action.

    ``message`` is a sentence for the user: what, where, how to mend it. ``field`` names the form field it belongs to.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Conflict(DomainError):
    """Somebody else was first: the row changed, or the slot went, since the page was loaded (HTTP 409)."""
