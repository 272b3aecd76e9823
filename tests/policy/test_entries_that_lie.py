"""An entry of the log covers what it tells and nothing else, whoever writes it by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction

from clinic.models import MedicationStatement
from emr.accounts.models import User
from emr.audit.models import LogEntry
from tests.factories.base import someone
from tests.factories.chart import MedicationFactory, ObservationFactory
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.feature("K01"), pytest.mark.usefixtures("committed_db")]


def _entry(model: str, key: object, action: int, changes: dict[str, Any]) -> tuple[str, list[Any]]:
    return (
        "INSERT INTO audit_logentry (object_pk, object_repr, action, changes, content_type_id, actor_id, timestamp,"
        " cid, reason) SELECT %s, '', %s, %s::jsonb, min(id), %s, now(), '', '' FROM django_content_type"
        " WHERE model = %s",
        [key, action, json.dumps(changes), someone().pk, model],
    )


def _run(*statements: tuple[str, list[Any]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)


def _given_name(name: str, key: object) -> tuple[str, list[Any]]:
    return "UPDATE clinic_patient SET given_name = %s WHERE id = %s", [name, key]


@pytest.mark.parametrize(
    ("model", "change", "written"),
    [
        ("note", ["Maria", "Ann"], "Ann"),
        ("patient", ["Somebody", "Ann"], "Ann"),
        ("patient", ["Maria", "Somebody"], "Ann"),
        ("patient", {"type": "m2m", "operation": "add", "objects": ["Ann"]}, "Ann"),
        ("patient", ["Maria", "Somebody"], "2020-01-01T00:00:00+00:00"),
        ("patient", "Ann", "Ann"),
        ("patient", {"0": "Maria", "1": "Ann"}, "Ann"),
    ],
    ids=["of another table", "before", "after", "as if it were a list", "like an instant", "bare", "numbered"],
)
def test_a_change_that_is_told_otherwise_is_refused(model: str, change: Any, written: str) -> None:
    patient = PatientFactory(given_name="Maria")
    with pytest.raises(DatabaseError, match=r"unaudited change of clinic\.patient .* given_name"):
        _run(_entry(model, patient.pk, 1, {"given_name": change}), _given_name(written, patient.pk))
    patient.refresh_from_db()
    assert patient.given_name == "Maria"


def test_the_same_change_told_as_it_is_passes() -> None:
    patient = PatientFactory(given_name="Maria")
    _run(_entry("patient", patient.pk, 1, {"given_name": ["Maria", "Ann"]}), _given_name("Ann", patient.pk))
    patient.refresh_from_db()
    assert patient.given_name == "Ann"


@pytest.mark.parametrize(
    ("column", "told", "written"),
    [
        ("created_at", ["2026-01-01 00:00:00", "2026-01-02 00:00:00"], "1999-01-01"),
        ("value_quantity", ["1", "5"], "999"),
    ],
    ids=["instant", "decimal"],
)
def test_instants_and_numbers_are_compared_too(column: str, told: list[str], written: str) -> None:
    row = ObservationFactory()
    with pytest.raises(DatabaseError, match=f"unaudited change .* {column}"):
        _run(
            _entry("observation", row.pk, 1, {column: told}),
            (f"UPDATE clinic_observation SET {column} = %s WHERE id = %s", [written, row.pk]),
        )


@pytest.mark.parametrize("told", [{}, {"display": [None, "Aspirin 81 mg"]}], ids=["nothing", "a part"])
def test_a_new_row_is_told_whole(told: dict[str, Any]) -> None:
    row, key = MedicationFactory(display="Aspirin 81 mg"), UUID("01900000-0000-7000-8000-0000000000aa")
    copy = (
        "INSERT INTO clinic_medicationstatement SELECT (jsonb_populate_record(m, %s::jsonb)).*"
        " FROM clinic_medicationstatement m WHERE id = %s",
        [json.dumps({"id": str(key), "display": "Warfarin 5 mg", "status": "completed"}), row.pk],
    )
    with pytest.raises(DatabaseError, match=r"unaudited insert of clinic\.medicationstatement .*display"):
        _run(_entry("medicationstatement", key, 0, told), copy)
    assert list(MedicationStatement.objects.values_list("pk", flat=True)) == [row.pk]


def _one_more(told: dict[str, Any]) -> None:
    """A row as another, but for key, name and status, with the other's entry, but for what is told otherwise."""
    row, key = MedicationFactory(display="Aspirin 81 mg"), UUID("01900000-0000-7000-8000-0000000000aa")
    entry = LogEntry.objects.get(object_pk=row.pk, action=LogEntry.Action.CREATE)
    other = {"id": str(key), "display": "Warfarin 5 mg", "status": "completed"}
    changes = {**(entry.changes or {}), **{name: [None, value] for name, value in other.items()}, **told}
    copy = (
        "INSERT INTO clinic_medicationstatement SELECT (jsonb_populate_record(m, %s::jsonb)).*"
        " FROM clinic_medicationstatement m WHERE id = %s",
        [json.dumps(other), row.pk],
    )
    _run(_entry("medicationstatement", key, 0, changes), copy)


def test_a_new_row_that_is_told_as_it_is_passes() -> None:
    _one_more({})
    assert sorted(MedicationStatement.objects.values_list("display", flat=True)) == ["Aspirin 81 mg", "Warfarin 5 mg"]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("display", "Warfarin 5 mg"),
        ("display", {"1": "Warfarin 5 mg"}),
        ("display", ["Warfarin 5 mg"]),
        ("display", ["Warfarin 5 mg", None]),
        ("patient", [None, "01900000-0000-7000-8000-0000000000bb"]),
        ("created_at", [None, "2026-01-01 00:00:00"]),
    ],
    ids=["bare", "numbered", "one", "before", "foreign key", "instant"],
)
def test_a_column_of_a_new_row_that_is_told_otherwise_is_refused(column: str, told: Any) -> None:
    with pytest.raises(DatabaseError, match=rf"(?m)unaudited insert .* {column}(_id)?$"):
        _one_more({column: told})
    assert MedicationStatement.objects.get().display == "Aspirin 81 mg"


@pytest.mark.feature("A03")
def test_a_role_is_told_by_its_name(person: Callable[..., User]) -> None:
    nurse, manager = person("nurse"), Group.objects.get(name="manager")
    told = {"groups": {"type": "m2m", "operation": "add", "objects": ["biller"]}}
    give = ("INSERT INTO accounts_user_groups (user_id, group_id) VALUES (%s, %s)", [nurse.pk, manager.pk])
    with pytest.raises(DatabaseError, match="unaudited change of the roles"):
        _run(_entry("user", nurse.pk, 1, told), give)
    assert User.objects.get(pk=nurse.pk).role_names == {"nurse"}


@pytest.mark.feature("A03")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE auth_group SET name = name || '2'",
        "INSERT INTO accounts_user_user_permissions (user_id, permission_id) VALUES (NULL, 1)",
        "DELETE FROM auth_group_permissions",
        "UPDATE django_content_type SET model = 'x' WHERE model = 'patient'",
    ],
)
def test_the_lists_of_roles_and_of_kinds_are_not_the_apps_to_write(statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        _run((statement, []))
