"""The way to a payer: one interface, chosen by the setting ``ELIGIBILITY_BACKEND``."""

from __future__ import annotations

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class Unreachable(Exception):
    """No answer came. ``code`` is for the log, ``words`` for the page; neither quotes what was sent."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


class Adapter(Protocol):
    """Carries one 270 to a payer or clearinghouse and brings its 271 back.

    An adapter waits at most as long as it says itself, well under a minute, and raises Unreachable when nothing came.
    """

    #: A short name, kept with each answer.
    name: str

    def ask(self, question: str) -> str:
        """The 271 to a 270. Raises Unreachable."""
        ...


def chosen() -> Adapter:
    """The adapter that the settings name. Raises Unreachable where none is set up."""
    path = settings.ELIGIBILITY_BACKEND
    if not path:
        raise Unreachable("not-set-up", "No way to the payers is set up. A manager sets ELIGIBILITY_BACKEND.")
    adapter: Adapter = import_string(path)()
    return adapter
