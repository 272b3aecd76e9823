"""Why somebody can or can't see a page: the address read, the same question asked as the page asks, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.urls import Resolver404, resolve

from clinic.models import Note, Patient
from clinic.rules import Decision, Step, can
from emr.access.decorators import Door
from emr.access.permissions import Permission
from emr.accounts.models import User

#: What is said in the place of a patient to somebody who may ask about roles alone.
ROLES_ONLY = Step("patient", "What concerns the patient is the privacy officer's to see.", None)


@dataclass(frozen=True)
class Question:
    """What is asked: a right, and of which patient or note. ``about`` says it in words."""

    about: str
    permission: Permission | None
    patient_id: UUID | None = None
    note_id: UUID | None = None
    public: str = ""


def read_address(address: str) -> Question | None:
    """The question that a page's address asks; None for an address that no page has."""
    try:
        match = resolve(urlsplit(address.strip()).path)
    except Resolver404:
        return None
    door: Door | None = getattr(match.func, "door", None)
    if door is None or door.permission is None:
        return Question(match.route, None, public=door.reason if door else "It is part of logging in.")
    keys = match.kwargs
    return Question(f"/{match.route}", door.permission, keys.get("patient_id"), keys.get("note_id"))


def answer(user: User, asked: Question, *, patients: Any) -> Decision:
    """The decision for ``user``, step by step. ``patients`` are those of whom the asker may know the identity; None
    leaves what concerns a patient out. At most four queries.
    """
    if asked.permission is None:
        return Decision(True, f"The page is open to all. {asked.public}", "public")
    if asked.patient_id is None:
        return can(user, asked.permission)
    if patients is None:
        decision = can(user, asked.permission)
        return Decision(decision.allowed, decision.because, decision.rule, (*decision.steps, ROLES_ONLY))
    found = _object(asked, patients)
    if found is None:
        said = "There is no such patient, or no such note of this patient."
        return Decision(False, said, "unknown", (Step("unknown", said, False),))
    return can(user, asked.permission, found)


def _object(asked: Question, patients: Any) -> Patient | Note | None:
    patient: Patient | None = patients.filter(pk=asked.patient_id).first()
    if asked.note_id is None or patient is None:
        return patient
    return Note.objects.filter(pk=asked.note_id, patient=patient).first()
