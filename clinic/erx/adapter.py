"""The way to the pharmacies: one interface, chosen by the setting ``ERX_BACKEND``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from clinic.erx.messages import Incoming, Reply, Request


class Unsent(Exception):
    """A message did not arrive. Its words are for the page, and quote nothing of what was sent."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message arrived: what the other side said, and the same in words for the page."""

    reply: Reply
    words: str


class Adapter(Protocol):
    """Carries a message to a pharmacy and brings back its first answer, well under a minute; gives what came back.

    Raises Unsent.
    """

    #: A short name, for the log.
    name: str

    def send(self, message: Request) -> Sent:
        """Bring the message to the pharmacy that its header names. One of an id that it has already does nothing."""
        ...

    def fetch(self) -> Sequence[Incoming]:
        """What pharmacies sent, the oldest first: each again and again, until it is taken."""
        ...

    def taken(self, message: Incoming) -> None:
        """The message is kept here, and needn't come again."""
        ...


class Paper:
    """No electronic way: what is to be sent has to be printed."""

    name = "paper"

    def send(self, message: Request) -> Sent:
        """Nothing goes out. Raises Unsent, always."""
        raise Unsent("No electronic way to pharmacies is set up.")

    def fetch(self) -> Sequence[Incoming]:
        """Nothing comes in."""
        return ()

    def taken(self, message: Incoming) -> None:
        """There is none."""


def chosen() -> Adapter:
    """The adapter that the settings name; paper where they name none."""
    adapter: Adapter = import_string(settings.ERX_BACKEND)() if settings.ERX_BACKEND else Paper()
    return adapter


def is_electronic() -> bool:
    """Whether messages can be sent at all."""
    return bool(settings.ERX_BACKEND)
