"""What the patient banner shows, as a plain value: the chart's queries fill it, the component only prints it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class AllergyState(StrEnum):
    """Four states that must never be confused: an empty list says nothing about the patient."""

    KNOWN = "known"
    NONE_KNOWN = "none-known"
    NOT_RECORDED = "not-recorded"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class BannerAllergy:
    """One allergy: substance and its worst reaction in words."""

    substance: str
    reaction: str = ""
    severe: bool = False


@dataclass(frozen=True)
class BannerAllergies:
    """The allergy line. ``confirmed_by`` and ``confirmed_at`` belong to ``NONE_KNOWN``."""

    state: AllergyState
    items: tuple[BannerAllergy, ...] = ()
    confirmed_by: str = ""
    confirmed_at: datetime | date | None = None


@dataclass(frozen=True)
class Banner:
    """A patient's identity for the top of every chart page, in words ready to print.

    ``allergies`` is ``None`` for roles that do not see clinical items: that is no fifth state, the line is not there.
    """

    family: str
    given: str
    born: str
    age: str
    sex: str
    mrn: str
    url: str
    preferred: str = ""
    pronouns: str = ""
    photo_url: str = ""
    coverage: str = ""
    alerts: tuple[str, ...] = ()
    allergies: BannerAllergies | None = None
    restricted: bool = False
    inactive: bool = False
    deceased: str = ""
    """Date and age at death in words; empty for the living."""
    details: tuple[tuple[str, str], ...] = field(default=())
    """Label and value of what opens on demand: address, telephone, next of kin."""
    salutation: str = ""
    """The patient's title (Dr, Mrs), after the given name."""
    balance_url: str = ""
    """Where the balance is asked for, by roles that see money; empty for others."""

    @property
    def title(self) -> str:
        """The page title's first words: ``SMITH John (61y)``."""
        return f"{self.family.upper()} {self.given} {self.age}".strip()
