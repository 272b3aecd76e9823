"""A coded value outside the database: what a form gives and an action takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Coding:
    """FHIR Coding: the system's URL, the code, and the words shown when it was chosen.

    Text without a code has an empty ``system`` and ``code``; ``display`` holds what was said.
    """

    system: str
    code: str
    display: str

    @property
    def label(self) -> str:
        """Code and words on one line, as the search field shows them."""
        return f"{self.code} {self.display}" if self.code else self.display
