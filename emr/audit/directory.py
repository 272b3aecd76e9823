"""What the audit pages call a patient. The patients live a floor above; that floor registers who can tell.

A privacy officer reads the log of every chart, restricted ones too: there the number alone stands, the name only where
the officer may know of the patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from emr.accounts.models import User


@dataclass(frozen=True)
class Label:
    """A patient as audit pages name one: MRN in groups, and the name, empty where the reader may not know it."""

    id: UUID
    mrn: str
    name: str = ""

    def __str__(self) -> str:
        return f"MRN {self.mrn} {self.name}".strip()


class Directory(Protocol):
    """Who can name patients and find them."""

    def labels(self, user: User, ids: Iterable[UUID]) -> Mapping[UUID, Label]:
        """The labels of patients for one reader, in a fixed number of queries; an id of nobody is left out."""

    def find(self, user: User, text: str) -> Sequence[Label]:
        """The patients whom a typed name or MRN fits; a restricted one only by the whole MRN."""

    def linked(self, patient_id: UUID) -> Sequence[UUID]:
        """The charts that were merged into this one: their logs are the patient's too."""


_registered: list[Directory] = []


def register(directory: Directory) -> None:
    """Make ``directory`` the one that the audit pages ask. The last one counts."""
    _registered[:] = [directory]


def labels(user: User, ids: Iterable[UUID | None]) -> Mapping[UUID, Label]:
    """The labels of patients; empty where nobody is registered."""
    wanted = {key for key in ids if key is not None}
    return _registered[0].labels(user, wanted) if _registered and wanted else {}


def find(user: User, text: str) -> Sequence[Label]:
    """The patients whom a typed text fits."""
    return _registered[0].find(user, text) if _registered else []


def charts_of(patient_id: UUID) -> list[UUID]:
    """A patient's chart, and those that were merged into it."""
    return [patient_id, *(_registered[0].linked(patient_id) if _registered else ())]
