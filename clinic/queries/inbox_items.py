"""The rows of the inbox in words: what waits, about whom, for whom it is done, until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from clinic.choices import CRITICAL, Interpretation
from clinic.models import (
    CommunicationRecipient,
    Delegation,
    DiagnosticReport,
    DocumentReference,
    Note,
    Observation,
    Patient,
    RefillRequest,
    Task,
)
from clinic.models.tasks import DONE_ELSEWHERE, TaskPriority
from clinic.queries.delegations import covering
from clinic.queries.inbox import BY_NAME, KINDS, Kind, Rows, whose
from clinic.queries.tasks import place_of
from clinic.rules import visible_to
from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui import formats

#: The most of one kind that a page shows.
SHOWN = 200
ABNORMAL = (Interpretation.LOW, Interpretation.HIGH, Interpretation.ABNORMAL)
_RANKS = {"Critical": 0, str(TaskPriority.STAT.label): 0, "Urgent": 1, "Abnormal": 2}


@dataclass(frozen=True)
class Item:
    """One thing that waits, or that was done. ``value`` names it in forms; ``acts`` is what the list itself can do;
    ``detail`` leads to the task itself where its work has a page of its own."""

    kind: Kind
    id: UUID
    title: str
    sub: str
    url: str
    patient: Patient | None
    sender: str
    owner: str
    until: str
    """How long the owner is away, for whom the reader stands in; empty for all else."""
    shared: bool
    mark: str
    due: date | None
    since: datetime
    unread: bool = False
    acts: frozenset[str] = frozenset()
    detail: str = ""
    done_at: datetime | None = None
    comment: str = ""

    @property
    def value(self) -> str:
        """``tasks:0190…``."""
        return f"{self.kind.name}:{self.id}"

    @property
    def covered(self) -> bool:
        """Whether it is done for somebody who is away."""
        return bool(self.until)

    @property
    def late(self) -> bool:
        """Whether its last day is over."""
        return self.due is not None and self.due < clinic_today()

    @property
    def rank(self) -> tuple[int, date, datetime]:
        """The urgent first, then what is due first, then what waits longest."""
        return _RANKS.get(self.mark, 3), self.due or date.max, self.since


@dataclass(frozen=True)
class _Words:
    """What one kind says of a row beside what all rows have."""

    title: str
    url: str
    sender: str
    sub: str = ""
    mark: str = ""
    due: date | None = None
    unread: bool = False
    acts: frozenset[str] = frozenset()
    detail: str = ""
    comment: str = ""


def inbox(user: User, kinds: Iterable[Kind] = KINDS) -> list[Item]:
    """What waits, the urgent first. One query a kind, one for those who are away."""
    scope, away, found = whose(user), covering(user), []
    for kind in kinds:
        rows = _known(kind.open(scope), kind, user).order_by("created_at", "pk")[:SHOWN]
        found += [_item(kind, row, user, away) for row in rows]
    return sorted(found, key=lambda item: item.rank)


def done(user: User, kinds: Iterable[Kind] = KINDS) -> list[Item]:
    """What the person has done lately, the newest first. One query a kind."""
    found = []
    for kind in kinds:
        rows = _known(kind.done(user), kind, user).order_by(f"-{kind.done_at}", "-pk")[:50]
        found += [_item(kind, row, user, {}) for row in rows]
    return sorted(found, key=lambda item: item.done_at or item.since, reverse=True)


def rows_of(user: User, values: Iterable[str]) -> list[tuple[Kind, Any]]:
    """The rows that a form of the inbox names, of those that wait for this person. What else it names is left out."""
    wanted: dict[str, set[UUID]] = {}
    for value in values:
        name, _, key = value.partition(":")
        try:
            wanted.setdefault(name, set()).add(UUID(key))
        except ValueError:
            continue
    scope = whose(user)
    return [
        (kind, row)
        for kind in KINDS
        if kind.name in wanted
        for row in _known(kind.open(scope), kind, user).filter(pk__in=wanted[kind.name]).order_by("created_at")
    ]


def _known(rows: Rows, kind: Kind, user: User) -> Rows:
    """Those about patients of whom the reader may know, loaded with what the words need."""
    known = rows.filter(Q(**{f"{kind.patient}__in": visible_to(user).order_by()}) | Q(**{kind.patient: None}))
    if kind.name == "results":
        standing = Observation.objects.standing().filter(report=OuterRef("pk"))
        known = known.annotate(
            critical=Exists(standing.filter(interpretation__in=CRITICAL)),
            abnormal=Exists(standing.filter(interpretation__in=ABNORMAL)),
        )
    return known.select_related(kind.patient, *kind.with_rows)


def _item(kind: Kind, row: Any, user: User, away: Mapping[UUID, Delegation]) -> Item:
    words = _SAID[kind.name](row, user)
    key = getattr(row, "owner_key", None)
    patient = row
    for part in kind.patient.split("__"):
        patient = getattr(patient, part)
    for_whom = away.get(key) if key is not None and key != user.pk else None
    return Item(
        kind=kind,
        id=row.pk,
        patient=patient,
        owner=_owner(row, key, user, for_whom),
        until=formats.day_short(for_whom.period_end) if for_whom is not None else "",
        shared=key != user.pk and for_whom is None,
        since=row.created_at,
        done_at=getattr(row, kind.done_at),
        **vars(words),
    )


def _owner(row: Any, key: UUID | None, user: User, for_whom: Delegation | None) -> str:
    if for_whom is not None:
        return f"For {for_whom.user}"
    if key == user.pk:
        return "You"
    role = ROLES.get(getattr(row, "owner_role", ""))
    return role.label if role else "Any clinician"


def _result(row: DiagnosticReport, user: User) -> _Words:
    flags = vars(row)
    return _Words(
        title=row.display,
        url=reverse("clinic:results_detail", args=[row.patient_id, row.pk]),
        sender=row.performer or (str(row.based_on.requester) if row.based_on else ""),
        sub=f"{row.get_status_display()}, {formats.day(row.effective_at)}",
        mark="Critical" if flags["critical"] else "Abnormal" if flags["abnormal"] else "",
        acts=frozenset({"assign"}),
    )


def _document(row: DocumentReference, user: User) -> _Words:
    dated = f"dated {formats.day(row.document_date)}" if row.document_date else ""
    category = str(row.get_category_display()) if row.description else ""
    return _Words(
        title=str(row),
        url=reverse("clinic:documents_detail", args=[row.patient_id, row.pk]),
        sender=str(row.created_by),
        sub=", ".join(filter(None, [category, dated])),
        acts=frozenset({"done", "assign"}),
        comment=row.review_comment,
    )


def _message(row: CommunicationRecipient, user: User) -> _Words:
    message = row.communication
    return _Words(
        title=message.subject,
        url=reverse("clinic:messages_thread", args=[message.pk]),
        sender=str(message.created_by),
        sub=message.text.strip().splitlines()[0][:90],
        mark="Urgent" if message.urgent else "",
        unread=row.read_at is None,
        acts=frozenset({"done"}),
    )


def _refill(row: RefillRequest, user: User) -> _Words:
    asked = f"{row.get_source_display()}{f', {row.pharmacy}' if row.pharmacy else ''}"
    return _Words(
        title=f"Refill: {row.medication}",
        url=reverse("clinic:refills_decide", args=[row.patient_id, row.pk]),
        sender=asked,
        sub=row.comment,
        acts=frozenset({"assign"}),
        comment=row.decision_reason,
    )


def _task(row: Task, user: User) -> _Words:
    bound, place, detail = (
        row.code in DONE_ELSEWHERE,
        place_of(row, user),
        reverse("clinic:tasks_detail", args=[row.pk]),
    )
    return _Words(
        title=row.description,
        url=place or detail,
        detail=detail if place else "",
        sender=str(row.created_by),
        mark=str(row.get_priority_display()) if row.priority != TaskPriority.ROUTINE else "",
        due=row.due_date,
        acts=frozenset({"assign", "due"}) if bound else frozenset({"done", "assign", "due"}),
        comment=row.comment,
    )


def _note(row: Note, user: User) -> _Words:
    own = row.author_id == user.pk
    return _Words(
        title=str(row),
        url=reverse("clinic:notes_edit" if own else "clinic:notes_sign", args=[row.patient_id, row.pk]),
        sender="You" if own else str(row.author),
        sub=f"Visit of {formats.day(row.encounter.period_start)}",
    )


def _cosign(row: Note, user: User) -> _Words:
    return _Words(
        title=str(row),
        url=reverse("clinic:notes_cosign", args=[row.patient_id, row.pk]),
        sender=str(row.signed_by),
        sub=f"Signed {formats.day(row.signed_at)}",
    )


_SAID: dict[str, Any] = {
    "results": _result,
    "documents": _document,
    "messages": _message,
    "refills": _refill,
    "tasks": _task,
    "unsigned": _note,
    "cosign": _cosign,
}
assert set(_SAID) == set(BY_NAME)  # noqa: S101  each kind has its words
