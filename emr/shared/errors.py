"""Errors that a person can read and act on."""

from __future__ import annotations

from collections.abc import Callable


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


class SentBefore(Conflict):
    """A form's token made something already, and it was not this: the form shows again, with a token of its own."""

    def __init__(self) -> None:
        super().__init__(
            "This form was sent for somebody else already, and nothing was saved. Look through it, and send it again."
        )


#: What a constraint of the database says to the user, by the constraint's name: for rules that every path must keep.
#: The app that owns the constraint adds it.
REFUSALS: dict[str, Callable[[], DomainError]] = {}
