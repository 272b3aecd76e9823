"""A file that is not taken."""

from __future__ import annotations


class Refused(Exception):
    """The file is not taken; ``message`` says why, in a sentence for the sender. ``recorded`` is for the security log:
    a sentence of ours without anything of the file, empty where the refusal is an everyday one.
    """

    def __init__(self, message: str, *, recorded: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.recorded = recorded
