"""Notes that wait: for their author's signature, for a cosignature, to be begun at all. Each with its age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from clinic.choices import EncounterStatus, NoteType
from clinic.models import Encounter, Note, NoteDraft, NoteVersion, Patient
from clinic.queries.notes import named
from clinic.rules import notes_visible_to
from emr.access.permissions import Permission
from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.shared.dates import clinic_zone

_DIAGNOSED = Q(encounter__diagnoses__entered_in_error_at=None)
#: The groups whose members sign.
_SIGNING = [role.name for role in ROLES.values() if Permission.SIGN_NOTES in role.permissions]
_SEEN = (EncounterStatus.ARRIVED, EncounterStatus.TRIAGED, EncounterStatus.IN_PROGRESS, EncounterStatus.FINISHED)


@dataclass(frozen=True)
class UnfinishedNote:
    """A row of the worklist. ``days`` have passed on the clinic's calendar since the visit.

    ``unlocked`` is why it was opened again after it had been signed.
    """

    id: UUID
    patient: Patient
    title: str
    author: str
    visit: str
    visit_at: datetime
    changed_at: datetime
    days: int
    has_draft: bool
    has_diagnosis: bool
    unlocked: str


@dataclass(frozen=True)
class WaitingNote:
    """A signed note that waits for a cosignature; ``days`` since it was signed."""

    id: UUID
    patient: Patient
    title: str
    visit: str
    visit_at: datetime
    signed_by: str
    signed_at: datetime
    cosigner: str
    days: int


@dataclass(frozen=True)
class BareVisit:
    """A visit of which nobody has begun a note yet; ``days`` since it began."""

    id: UUID
    patient: Patient
    title: str
    visit_at: datetime
    days: int


def unfinished(user: User, visible: QuerySet[Patient]) -> tuple[list[UnfinishedNote], int]:
    """A person's own unsigned notes, oldest visit first, and the number of those in charts they may not open now.

    Two queries. ``visible`` are the patients of whom the user may know.
    """
    rows = Note.objects.open().filter(author=user)
    found = _told(rows.filter(patient__in=visible), user)
    return found, rows.count() - len(found)


def left_to_sign(user: User) -> list[UnfinishedNote]:
    """Notes that their author doesn't sign, oldest visit first, as :func:`left_to` says. One query."""
    return _told(notes_visible_to(user, Note.objects.open().filter(left_to(user.pk))), user)


def left_to(user: UUID) -> Q:
    """Of open notes those that their author doesn't sign, a nurse's or of a colleague who has left: of the visits of
    ``user``, and of those that nobody who works here holds.
    """
    signers = User.objects.filter(is_active=True, groups__name__in=_SIGNING)
    holder = "encounter__practitioner__user"
    nobodys = Q(encounter__practitioner=None) | Q(**{f"{holder}__isnull": True}) | Q(**{f"{holder}__is_active": False})
    return (Q(**{holder: user}) | nobodys) & ~Q(author=user) & ~Q(author__in=signers)


def _told(rows: QuerySet[Note], user: User) -> list[UnfinishedNote]:
    draft = NoteDraft.objects.filter(note=OuterRef("pk"), user=user).order_by("-saved_at").values("saved_at")[:1]
    unlocked = NoteVersion.objects.filter(note=OuterRef("pk")).order_by("-number").values("reason")[:1]
    diagnoses = Count("encounter__diagnoses", filter=_DIAGNOSED, distinct=True)
    shown = (
        rows.select_related("patient", "encounter", "author__practitioner")
        .annotate(draft_at=Subquery(draft), diagnoses=diagnoses, unlocked=Subquery(unlocked))
        .order_by("encounter__period_start", "created_at")
    )
    return [_unfinished(row) for row in shown]


def bare_visits(user: User, visible: QuerySet[Patient]) -> list[BareVisit]:
    """A person's own visits without any note, oldest first. One query; none for who has no practitioner's part."""
    notes = Note.objects.filter(encounter=OuterRef("pk"), entered_in_error_at=None).exclude(type=NoteType.NURSE)
    rows = (
        Encounter.objects.filter(practitioner__user=user, status__in=_SEEN, entered_in_error_at=None)
        .filter(~Exists(notes), patient__in=visible)
        .select_related("patient")
        .order_by("period_start", "pk")
    )
    return [BareVisit(row.pk, row.patient, str(row), row.period_start, _days(row.period_start)) for row in rows]


def awaiting_cosignature(user: User, *, everybody: bool = False) -> list[WaitingNote]:
    """The notes that ``user`` is asked to cosign, the longest waiting first; or those that anybody may. One query.

    A note that names no cosigner waits for everybody, and so does one whose cosigner has left.
    """
    rows = notes_visible_to(user, Note.objects.awaiting_cosignature()).exclude(signed_by=user)
    return _waiting(
        rows if everybody else rows.filter(Q(cosigner=user) | Q(cosigner=None) | Q(cosigner__is_active=False))
    )


def own_awaiting(user: User) -> list[WaitingNote]:
    """The notes that ``user`` has signed and somebody has yet to cosign. One query."""
    return _waiting(notes_visible_to(user, Note.objects.awaiting_cosignature()).filter(signed_by=user))


def _waiting(rows: QuerySet[Note]) -> list[WaitingNote]:
    people = ("signed_by__practitioner", "cosigner__practitioner")
    return [_to_cosign(row) for row in rows.select_related("patient", "encounter", *people).order_by("signed_at")]


def _to_cosign(row: Any) -> WaitingNote:
    return WaitingNote(
        id=row.pk,
        patient=row.patient,
        title=str(row),
        visit=str(row.encounter),
        visit_at=row.encounter.period_start,
        signed_by=named(row.signed_by),
        signed_at=row.signed_at,
        cosigner=named(row.cosigner) if row.cosigner else "",
        days=_days(row.signed_at),
    )


def _unfinished(row: Any) -> UnfinishedNote:
    return UnfinishedNote(
        id=row.pk,
        patient=row.patient,
        title=str(row),
        author=named(row.author),
        visit=str(row.encounter),
        visit_at=row.encounter.period_start,
        changed_at=row.draft_at or row.updated_at,
        days=_days(row.encounter.period_start),
        has_draft=row.draft_at is not None,
        has_diagnosis=row.diagnoses > 0 or row.type == NoteType.NURSE,
        unlocked=row.unlocked or "",
    )


def _days(since: datetime) -> int:
    zone = clinic_zone()
    return (timezone.now().astimezone(zone).date() - since.astimezone(zone).date()).days
