"""Rows of the logs in words, for pages and files alike: what the one shows, the other holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.audit import directory
from emr.audit.directory import Label
from emr.audit.models import AccessEvent, LogEntry, SecurityEvent, SecurityKind
from emr.audit.queries.reports import Log
from emr.audit.sections import part_of
from emr.audit.values import changes_of, noun_of, row_of
from emr.ui import formats

_DONE = {0: "Made", 1: "Changed", 2: "Removed"}


@dataclass(frozen=True)
class Row:
    """One row in words. ``cells`` fit the columns of its log; ``lines`` are the changes, one a field."""

    key: str
    when: str
    user: str
    patient: Label | None
    cells: tuple[str, ...]
    place: str
    lines: tuple[str, ...] = ()
    alarming: bool = False


#: What stands between the person and the address, in each log.
COLUMNS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "changes": (("What was done", "action"), ("Kind", "section"), ("What", "")),
    "reads": (("How", "action"), ("Part", "section"), ("Purpose", "purpose"), ("Outcome", "outcome"), ("Reason", "")),
    "events": (("What happened", "kind"), ("About", ""), ("More", "")),
}


def told(log: Log, rows: Sequence[Any], reader: User) -> list[Row]:
    """Rows in words, with what the reader may know of the patients. A fixed number of queries."""
    named = directory.labels(reader, [getattr(row, "patient_id", None) for row in rows])
    if log.name == "changes":
        nameless = {key for key, label in named.items() if not label.name}
        changes = changes_of(rows, words=False, nameless=nameless)
        return [_change(row, said, named) for row, said in zip(rows, changes, strict=True)]
    tell: Callable[[Any, Mapping[UUID, Label]], Row] = _read if log.name == "reads" else _event
    return [tell(row, named) for row in rows]


def _change(entry: LogEntry, changes: Sequence[object], named: Mapping[UUID, Label]) -> Row:
    patient = _patient(entry.patient_id, named)
    # A patient's own row is called by the name: where the reader may not know that, by the number, as are all others
    # of that patient, since a name, an address or a phone is what some of them are called.
    whose = patient is not None and (noun_of(entry) == "patient" or not patient.name)
    name = str(patient) if whose else row_of(entry)
    return Row(
        key=str(entry.pk),
        when=formats.instant(entry.timestamp),
        user=str(entry.actor),
        patient=patient,
        cells=(_DONE.get(entry.action, ""), noun_of(entry).capitalize(), name),
        place=_place(entry.remote_addr),
        lines=tuple(map(str, changes)) + ((f"because: {entry.reason}",) if entry.reason else ()),
    )


def _read(event: AccessEvent, named: Mapping[UUID, Label]) -> Row:
    return Row(
        key=str(event.pk),
        when=formats.instant(event.at),
        user=str(event.user),
        patient=_patient(event.patient_id, named),
        cells=(
            event.get_action_display(),
            part_of(event.section),
            event.get_purpose_display(),
            event.get_outcome_display(),
            event.reason,
        ),
        place=_place(event.remote_addr),
        alarming=event.outcome == "denied",
    )


def _event(event: SecurityEvent, named: Mapping[UUID, Label]) -> Row:
    return Row(
        key=str(event.pk),
        when=formats.instant(event.at),
        user=str(event.user or "Nobody logged in"),
        patient=None,
        cells=(event.get_kind_display(), str(event.target_user or ""), _more(event)),
        place=_place(event.remote_addr),
        alarming=event.kind in {"login_failed", "locked", "permission_denied", "mfa_failed", "reauth_failed"},
    )


def _more(event: SecurityEvent) -> str:
    """The detail in words: a change of roles stands there by their names, an emergency access by its key."""
    if event.kind == SecurityKind.ROLE_CHANGED:
        return ", ".join(_role(part) for part in event.detail.split(", "))
    if event.kind == SecurityKind.BREAK_GLASS:
        return event.detail.partition(" ")[2].capitalize()
    return event.detail


def _role(change: str) -> str:
    """``+nurse`` as ``Nurse given``."""
    role = ROLES.get(change[1:])
    return f"{role.label if role else change[1:]} {'given' if change.startswith('+') else 'taken'}" if change else ""


def _patient(key: UUID | None, named: Mapping[UUID, Label]) -> Label | None:
    """The patient's label; one who is on no list any more is told by the key alone."""
    return None if key is None else named.get(key, Label(key, str(key)[:8]))


def _place(address: str | None) -> str:
    return address or "the clinic's own service"
