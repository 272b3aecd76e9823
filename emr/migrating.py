"""Migrations in fewer steps: operations of one kind that follow each other change Django's picture of the models once.

Django draws that picture anew after each operation, and with it every model that is related: as every table points to
the accounts, nearly all of them. For some nine hundred operations that was most of the time of ``migrate``. The
statements that the database gets stay the same, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    CreateModel,
    Migration,
    RemoveConstraint,
    RemoveIndex,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Model
from pgtrigger.migrations import AddTrigger, RemoveTrigger

#: Operations after which every model has the fields and relations that it had: only what was written down about one of
#: them changes in the picture, and none is drawn anew.
WRITTEN_DOWN = (AddIndex, AddConstraint, AddTrigger, RemoveIndex, RemoveConstraint, RemoveTrigger)
#: Operations that don't look at what the one before them has changed; those that Django's picture must follow at once
#: (a field altered, a model renamed) stand alone.
TOGETHER = (CreateModel, AddField, *WRITTEN_DOWN)


class Run(Operation):
    """Operations of one kind, one after another."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change the state by each, and draw the models that were touched once."""
        models = state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        if models is None:
            return
        state.__dict__["apps"] = models
        touched = {(app_label, _model(operation).lower()) for operation in self.operations}
        if isinstance(self.operations[0], WRITTEN_DOWN):
            for key in touched:
                _write_down(models.get_model(*key), state.models[key])
        else:
            state.reload_models(list(touched), delay=all(map(_is_plain, self.operations)))

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """What each does to the database."""
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """For ``migrate`` with more words."""
        return "; ".join(operation.describe() for operation in self.operations)


def _write_down(model: type[Model], state: ModelState) -> None:
    """Give a drawn model the indexes, constraints and triggers of its state."""
    for option in ("indexes", "constraints", "triggers"):
        if option in state.options:
            setattr(model._meta, option, list(state.options[option]))


def _is_plain(operation: Operation) -> bool:
    """Whether it adds a field that leads nowhere: then no more is drawn than what leads to its model."""
    return isinstance(operation, AddField) and not operation.field.is_relation


def _model(operation: Operation) -> str:
    name: str = operation.name if isinstance(operation, CreateModel) else operation.model_name  # type: ignore[attr-defined]
    return name


def in_runs(operations: Iterable[Operation]) -> list[Operation]:
    """The same operations, neighbours of one kind put together."""
    found: list[Operation] = []
    for kind, neighbours in groupby(operations, type):
        run = list(neighbours)
        found += [Run(run)] if kind in TOGETHER and (len(run) > 1 or kind in WRITTEN_DOWN) else run
    return found


def shorten(plan: Sequence[tuple[Migration, bool]], **said: Any) -> None:
    """Receiver of ``pre_migrate``: what is about to be applied forwards is put into runs."""
    for migration, backwards in plan:
        if not backwards:
            migration.operations = in_runs(migration.operations)  # type: ignore[misc]  # an object read from its file
