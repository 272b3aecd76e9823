"""A merge is undone: every row goes back to the chart from which it came, and says again what it said.

What was added to the survivor since stays there, but for the parts of rows that go back. What was changed since is
not written over. Both are told, so that a person looks at them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from clinic.actions.merge_rows import by_table, change_row, make_row, move_rows, said
from clinic.actions.merges import BUSY, lock_charts, replaced_by
from clinic.actions.tasks import create_task
from clinic.models import Patient, PatientMerge, PatientMergeRow
from clinic.models.merges import MergeRowKind, MergeStep
from clinic.patient_columns import PatientColumn, moving_columns
from clinic.queries.merge_choices import Change, Make
from clinic.queries.merge_endings import again, ending_of
from clinic.queries.merge_plan import kind_of, row_words
from clinic.queries.merge_since import Since, added_since, belonging, torn
from clinic.rules import visible_to
from emr.access.permissions import Permission
from emr.access.roles import PRIVACY_OFFICER
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.context import acting
from emr.audit.registry import recorded_models
from emr.shared.deadlocks import deadlock_refused
from emr.shared.errors import Conflict, DomainError

REVIEW_PROTECTION = "review-unmerged-chart"


@dataclass
class Undone:
    """What the undoing of a merge did: how many rows went back, what went along, what was left as it is, and why."""

    merge: PatientMerge
    moved: int = 0
    went_along: int = 0
    left: list[str] = field(default_factory=list)


@deadlock_refused(BUSY)
@action
def undo_merge(*, by: User, merge: PatientMerge, reason: str) -> Undone:
    """Take the two charts apart again.

    Raises Conflict where it was undone already; DomainError without the right or a reason, and while the survivor is
    itself merged into another chart: that merge is undone first.
    """
    if not reason.strip():
        raise DomainError("Say why these are two people after all.", field="reason")
    survivor, merged = lock_charts(merge.survivor, merge.merged)
    merge = PatientMerge.objects.select_for_update().get(pk=merge.pk)
    _check(by, merge, survivor)
    with acting(by, reason=f"Merge undone: {reason.strip()}"[:300]):
        added = added_since(merge)
        merge.undone_at, merge.undone_by, merge.undone_reason = timezone.now(), by, reason.strip()[:300]
        merge.save(update_fields=["undone_at", "undone_by", "undone_reason"])
        undone = Undone(merge)
        rows = list(PatientMergeRow.objects.filter(merge=merge, step=MergeStep.MERGE).order_by("id"))
        _bring_back(undone, rows, merged)
        _along(undone, added, rows)
        guarded = _stays_protected(undone, added, rows)
        _say_again(undone, [row for row in rows if row.pk not in guarded])
        _end_made(undone, [row for row in rows if row.pk not in guarded], by)
        if guarded:
            _ask_officer(by, survivor)
    return undone


@deadlock_refused(BUSY)
@action
def move_to_unmerged(*, by: User, merge: PatientMerge, table: str, row_id: UUID, reason: str) -> None:
    """Give one row that was added to the survivor while the merge stood to the chart that was taken out again.

    Its parts go along. Raises DomainError where the merge stands, the row isn't one of them, is one side of what
    has two, or can't stand there.
    """
    survivor, merged = lock_charts(merge.survivor, merge.merged)
    merge = PatientMerge.objects.select_for_update().get(pk=merge.pk)
    if not by.has_perm(Permission.MERGE_PATIENTS) or visible_to(by).filter(pk__in=[survivor.pk, merged.pk]).count() < 2:
        raise DomainError("There is no such patient.")
    if merge.undone_at is None:
        raise DomainError("The two charts are one now: undo the merge first.")
    if not reason.strip():
        raise DomainError("Say why it belongs to the other chart.", field="reason")
    added = to_review(merge)
    one = next((row for row in added if row.key == (table, row_id)), None)
    if one is None:
        raise DomainError("This row is not one of those added while the charts were one.")
    with acting(by, reason=f"Moved after a merge was undone: {reason.strip()}"[:300]):
        along = belonging(added, {one.key}, survivor.pk)
        if torn(added, along | {one.key}):
            raise DomainError(
                f"{one.kind}: {row_words(one.row)} is one side of a booking. Move the payment that it is of instead."
            )
        for row in added:
            if row.key == one.key or row.key in along:
                _move_or_refuse(merge, row, merged, reason.strip()[:300])


def to_review(merge: PatientMerge) -> list[Since]:
    """What was added to the survivor while the merge stood, and still stands there."""
    until = merge.undone_at
    return [one for one in added_since(merge) if until is None or one.at <= until]


def _check(by: User, merge: PatientMerge, survivor: Patient) -> None:
    stands = survivor.replaced_by_id or survivor.pk
    if not by.has_perm(Permission.MERGE_PATIENTS) or not visible_to(by).filter(pk=stands).exists():
        raise DomainError("You may not undo this merge.")
    if merge.undone_at is not None:
        raise Conflict("This merge was undone already.")
    if survivor.replaced_by_id is not None:
        raise DomainError("The chart was merged into another one since. Undo that merge first.")


def _bring_back(undone: Undone, rows: list[PatientMergeRow], merged: Patient) -> None:
    """Every row that still is where the merge put it goes back. The chart itself comes first: it takes rows again."""
    columns = {(column.table, column.field.column): column for column in moving_columns()}
    moved = by_table(row for row in rows if row.kind == MergeRowKind.MOVED)
    chart = (replaced_by().table, replaced_by().field.column)
    for key in sorted(moved, key=lambda one: one != chart):
        column = columns[key]
        wanted = {row.object_id: row for row in moved[key]}
        found = column.model._base_manager.filter(pk__in=list(wanted)).select_for_update(of=("self",)).order_by("pk")
        groups: dict[UUID | None, list[models.Model]] = {}
        for row in found:
            said_now = said(column.field, getattr(row, column.field.attname))
            if said_now != wanted[row.pk].after:
                undone.left.append(f"{kind_of(column.model)}: {row_words(row)} was moved since.")
                continue
            before = wanted[row.pk].before
            groups.setdefault(UUID(before) if before else None, []).append(row)
        # Of the charts themselves the merged one first: those that it had replaced go back to it.
        for to, group in sorted(groups.items(), key=lambda pair: pair[0] is not None):
            move_rows(undone.merge, MergeStep.UNDO, column, group, to)
            undone.moved += len(group)


def _along(undone: Undone, added: list[Since], rows: list[PatientMergeRow]) -> None:
    back = {(row.table_name, row.object_id) for row in rows if row.kind == MergeRowKind.MOVED}
    going = belonging(added, back, undone.merge.survivor_id)
    groups: dict[str, tuple[PatientColumn, list[models.Model]]] = {}
    for one in added:
        if one.key in going:
            groups.setdefault(one.column.key, (one.column, []))[1].append(one.row)
    for column, group in groups.values():
        move_rows(undone.merge, MergeStep.UNDO, column, group, undone.merge.merged_id, "It is part of what went back.")
        undone.went_along += len(group)


def _stays_protected(undone: Undone, added: list[Since], rows: list[PatientMergeRow]) -> set[UUID]:
    """The rows of the merge that protect the survivor, where something was added since or another merge needs them.

    What was written while the chart was closed to somebody may be about the other person, so it doesn't open by itself.
    """
    protecting = {
        row.pk
        for row in rows
        if (row.table_name, row.column) == (Patient._meta.db_table, "restricted")
        or (row.table_name in PROTECTING and row.kind != MergeRowKind.MOVED)
    }
    others = PatientMerge.objects.standing().filter(survivor=undone.merge.survivor_id, merged__restricted=True)
    left = [one for one in to_review(undone.merge) if one.column.table != Patient._meta.db_table]
    return protecting if left or others.exists() else set()


#: Tables whose rows say who may know of a chart.
PROTECTING = frozenset({"clinic_patientdenial", "clinic_patientusergrant", "clinic_patientgroupgrant"})


def _ask_officer(by: User, survivor: Patient) -> None:
    create_task(
        by=by,
        code=REVIEW_PROTECTION,
        description="A merge was undone: look at who may open the chart that was kept. It is as closed as before.",
        owner_role=PRIVACY_OFFICER.name,
        about=survivor,
    )


def _say_again(undone: Undone, rows: list[PatientMergeRow]) -> None:
    """Values that the merge wrote are as they were before, the last first, unless somebody changed them since."""
    models_by_table = {model._meta.db_table: model for model in recorded_models()}
    changed = [row for row in rows if row.kind == MergeRowKind.CHANGED]
    groups: dict[tuple[str, UUID, str], list[PatientMergeRow]] = {}
    for row in reversed(changed):
        # Of a patient each value stands for itself; elsewhere the values of one row belong together.
        alone = row.column if row.table_name == Patient._meta.db_table else ""
        groups.setdefault((row.table_name, row.object_id, alone), []).append(row)
    for (table, key, _), parts in groups.items():
        if table in PROTECTING:
            _give_again(undone, models_by_table[table], key)
            continue
        _restore(undone, models_by_table[table]._base_manager.select_for_update(of=("self",)).get(pk=key), parts)


def _restore(undone: Undone, row: models.Model, parts: list[PatientMergeRow]) -> None:
    fields = {part.column: next(f for f in row._meta.concrete_fields if f.column == part.column) for part in parts}
    now = {part.column: said(fields[part.column], getattr(row, fields[part.column].attname)) for part in parts}
    noun = f"{kind_of(type(row))}: {row_words(row)}"
    if any(now[part.column] != part.after for part in parts):
        undone.left.append(f"{noun} was changed since.")
        return
    values = {fields[part.column].attname: _read(fields[part.column], part.before) for part in parts}
    try:
        with transaction.atomic():
            change_row(undone.merge, MergeStep.UNDO, Change(row, values, "As it was before the merge."))
    except IntegrityError:
        undone.left.append(f"{noun} stays: another one took its place since.")


def _give_again(undone: Undone, model: type[models.Model], key: UUID) -> None:
    """A grant that the merge ended is given again: what has ended stays ended."""
    made = again(model._base_manager.get(pk=key))
    if made is not None:
        make_row(undone.merge, MergeStep.UNDO, Make(made, "It held before the merge."))


def _end_made(undone: Undone, rows: list[PatientMergeRow], by: User) -> None:
    """What the merge added is ended or entered in error; nothing is deleted."""
    models_by_table = {model._meta.db_table: model for model in recorded_models()}
    for made in rows:
        if made.kind == MergeRowKind.MADE:
            row = models_by_table[made.table_name]._base_manager.select_for_update(of=("self",)).get(pk=made.object_id)
            values = ending_of(row, by, timezone.now())
            if values:
                change_row(undone.merge, MergeStep.UNDO, Change(row, values, "The merge had added it."))


def _move_or_refuse(merge: PatientMerge, one: Since, merged: Patient, why: str) -> None:
    try:
        with transaction.atomic():
            move_rows(merge, MergeStep.REVIEW, one.column, [one.row], merged.pk, why)
    except IntegrityError as refused:
        said_of = f"{one.kind}: {row_words(one.row)}"
        raise DomainError(f"{said_of} can't stand in the other chart beside what is there.") from refused


def _read(column: models.Field[Any, Any], value: Any) -> Any:
    target = column.target_field if isinstance(column, models.ForeignKey) else column
    return value if isinstance(column, models.JSONField) else target.to_python(value)
