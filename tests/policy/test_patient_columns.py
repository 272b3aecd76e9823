"""Whose a row is: every column that says it moves in a merge or is excused, and changes in no other way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.utils import timezone

from clinic.actions.unmerges import undo_merge
from clinic.models import Condition, Note, Patient, PatientMerge, PatientMergeRow
from clinic.patient_columns import KEYS_ALONE, STAYS, moving_columns, patient_columns
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import LogEntry
from tests.clinic.notes import a_signed_note
from tests.clinic.twins import merge
from tests.factories.chart import ConditionFactory
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B04")]


def _asked(query: str) -> set[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return set(cursor.fetchall())


def test_what_stays_is_a_column_and_has_a_reason() -> None:
    known = {column.key for column in patient_columns()}
    assert STAYS.keys() - known == set()
    assert [key for key, why in (STAYS | KEYS_ALONE).items() if len(why) < 20] == []


def test_every_key_of_a_patient_points_to_the_patient_or_is_excused() -> None:
    alone = {
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.UUIDField) and field.name in {"patient_id", "for_patient_id", "patient"}
    }
    assert alone == KEYS_ALONE.keys()


def test_every_column_is_kept_by_its_trigger() -> None:
    kept = _asked(
        "SELECT c.relname, convert_from(substring(t.tgargs for length(t.tgargs) - 1), 'UTF8') FROM pg_trigger t"
        " JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname LIKE 'patient\\_stays\\_%' AND t.tgenabled = 'O'"
    )
    assert kept == {(column.table, column.field.column) for column in patient_columns()}


def test_no_frozen_row_keeps_a_merge_from_moving_it() -> None:
    """A trigger that compares whole rows leaves the patient out; a table that takes no change at all can't move."""
    moving = {column.table: column.field.column for column in moving_columns()}
    bodies = _asked(
        "SELECT c.relname, t.tgname, p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND (t.tgtype & 16) > 0 AND (t.tgtype & 2) > 0"
        " AND t.tgname NOT LIKE 'patient\\_stays\\_%'"
    )
    stuck = {
        (table, name)
        for table, name, body in bodies
        if table in moving
        and (
            "append-only" in body or ("to_jsonb(NEW)" in body and "to_jsonb(OLD)" in body and moving[table] not in body)
        )
    }
    assert stuck == set()


def _compares_rows(body: str) -> bool:
    return "to_jsonb(NEW)" in body and "to_jsonb(OLD)" in body


@pytest.fixture
def two(person: Callable[..., User]) -> tuple[User, Patient, Patient]:
    """A manager and two charts."""
    return person("manager"), PatientFactory.create(), PatientFactory.create()


def test_a_row_does_not_change_hands_even_with_an_entry_in_the_log(two: tuple[User, Patient, Patient]) -> None:
    manager, one, other = two
    problem = ConditionFactory(patient=one)
    problem.patient = other
    with pytest.raises(IntegrityError, match="changes by a merge"), transaction.atomic(), acting(manager):
        problem.save(update_fields=["patient"])
    with pytest.raises(IntegrityError, match="changes by a merge"), transaction.atomic(), acting(manager):
        Condition.objects.filter(pk=problem.pk).update(patient=other)


def test_a_signed_note_does_not_change_hands(person: Callable[..., User]) -> None:
    note, other = a_signed_note(person("clinician")), PatientFactory()
    with pytest.raises(IntegrityError, match="changes by a merge"), transaction.atomic(), acting(note.author):
        Note.objects.filter(pk=note.pk).update(patient=other)


def test_nobody_says_by_hand_that_a_chart_was_replaced(two: tuple[User, Patient, Patient]) -> None:
    manager, one, other = two
    with pytest.raises(IntegrityError, match="changes by a merge"), transaction.atomic(), acting(manager):
        Patient.objects.filter(pk=one.pk).update(replaced_by=other, active=False)


def test_nothing_is_written_to_a_merged_chart(two: tuple[User, Patient, Patient]) -> None:
    manager, one, other = two
    merge(manager, one, other)
    with pytest.raises(IntegrityError, match="merged into another"):
        ConditionFactory(patient=other)
    with pytest.raises(IntegrityError, match="clinic_patient_replaced"), transaction.atomic(), acting(manager):
        Patient.objects.filter(pk=other.pk).update(active=True)


def _forge(merged: PatientMerge, row: models.Model, before: UUID, after: UUID, step: str = "merge") -> None:
    PatientMergeRow.objects.create(
        merge=merged,
        step=step,
        kind="moved",
        table_name=row._meta.db_table,
        object_id=row.pk,
        column="patient_id",
        before=str(before),
        after=str(after),
    )


def test_a_forged_row_of_a_merge_moves_nothing_between_other_charts(two: tuple[User, Patient, Patient]) -> None:
    manager, one, other = two
    third = PatientFactory()
    mine, theirs = ConditionFactory(patient=one), ConditionFactory(patient=third)
    merged = merge(manager, one, other)
    tries = [
        (mine, one.pk, other.pk, "merge"),
        (mine, one.pk, other.pk, "undo"),
        (mine, one.pk, third.pk, "merge"),
        (theirs, third.pk, one.pk, "review"),
    ]
    for row, before, after, step in tries:
        with pytest.raises(IntegrityError, match="between the two charts"), transaction.atomic():
            _forge(merged, row, before, after, step)


def test_a_move_that_a_merge_allows_still_needs_its_entry_in_the_log(
    two: tuple[User, Patient, Patient],
) -> None:
    manager, one, other = two
    mine = ConditionFactory(patient=one)
    merged = merge(manager, one, other)
    undo_merge(by=manager, merge=merged, reason="Two people")
    with pytest.raises(IntegrityError, match="unaudited change"), transaction.atomic(), acting(manager):
        _forge(merged, mine, one.pk, other.pk, "review")
        Condition.objects.filter(pk=mine.pk).update(patient=other)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "Another"},
        {"merged_at": timezone.now() - timedelta(days=1)},
        {"undone_at": None, "undone_by": None, "undone_reason": ""},
    ],
    ids=["reason", "time", "undone"],
)
def test_a_merge_says_for_good_what_it_said(change: dict[str, object], two: tuple[User, Patient, Patient]) -> None:
    manager, one, other = two
    merged = merge(manager, one, other)
    undo_merge(by=manager, merge=merged, reason="Two people")
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        PatientMerge.objects.filter(pk=merged.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        PatientMergeRow.objects.filter(merge=merged).update(why="x")


def test_the_log_tells_each_row_that_moved(two: tuple[User, Patient, Patient]) -> None:
    manager, one, other = two
    problem = ConditionFactory(patient=other)
    merge(manager, one, other)
    entry = LogEntry.objects.get(object_pk=problem.pk, action=LogEntry.Action.UPDATE)
    assert entry.changes == {"patient": [str(other.pk), str(one.pk)]}
    assert (entry.actor, entry.patient_id, entry.reason) == (manager, one.pk, "Two charts merged: One person")
