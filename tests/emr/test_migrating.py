"""Runs of migration operations leave the same state, and lose no operation."""

from __future__ import annotations

import pytest
from django.db import connection, models
from django.db.migrations import AddConstraint, AddField, CreateModel, RemoveConstraint
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from emr.migrating import Run, in_runs

pytestmark = pytest.mark.feature("M01")


def _flat(operations: list[Operation]) -> list[Operation]:
    return [one for found in operations for one in (found.operations if isinstance(found, Run) else [found])]


@pytest.mark.django_db
def test_every_operation_of_every_migration_is_kept_in_its_order() -> None:
    for migration in MigrationLoader(connection).disk_migrations.values():
        assert _flat(in_runs(migration.operations)) == list(migration.operations), migration


def test_a_run_leaves_the_state_that_its_operations_leave() -> None:
    key = models.ForeignKey("house.Owner", models.PROTECT)
    operations = [
        CreateModel("Owner", [("id", models.AutoField(primary_key=True))]),
        CreateModel("Pet", [("id", models.AutoField(primary_key=True)), ("name", models.TextField())]),
        AddField("pet", "owner", key),
        AddField("owner", "age", models.IntegerField(null=True)),
        AddConstraint("pet", models.UniqueConstraint(fields=["owner", "name"], name="one_name")),
        AddConstraint("owner", models.CheckConstraint(condition=models.Q(age__gt=0), name="born")),
        AddConstraint("owner", models.CheckConstraint(condition=models.Q(age__lt=150), name="alive")),
        AddField("owner", "street", models.TextField(default="")),
        AddField("owner", "city", models.TextField(default="")),
        RemoveConstraint("owner", "born"),
    ]
    one_by_one, together = ProjectState(), ProjectState()
    for state, steps in ((one_by_one, operations), (together, in_runs(operations))):
        assert list(state.apps.get_models()) == []  # drawn, so that each step has to draw anew
        for step in steps:
            step.state_forwards("house", state)
    assert len(in_runs(operations)) == 5
    assert together == one_by_one
    for name in ("Owner", "Pet"):
        drawn = [
            [str(field) for field in state.apps.get_model("house", name)._meta.get_fields()]
            for state in (one_by_one, together)
        ]
        assert drawn[0] == drawn[1]
    owner, pet = together.apps.get_model("house", "Owner"), together.apps.get_model("house", "Pet")
    assert [rule.name for rule in owner._meta.constraints] == ["alive"]
    assert [rule.name for rule in pet._meta.constraints] == ["one_name"]
    assert pet._meta.get_field("owner").related_model is owner
