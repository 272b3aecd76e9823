"""Which models are recorded, and what guards them: the only place that touches django-auditlog.

``@recorded(patient="patient_id")`` over a model does three things: django-auditlog writes every change of it,
a deferred trigger refuses any change that it did not write, and the running app can't delete its rows.
``@exempt("why")`` says that a model is no part of the record. A policy test demands one of the two of each model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TypeVar
from uuid import UUID

import pgtrigger
from auditlog.registry import auditlog
from django.db import models

M = TypeVar("M", bound=models.Model)

#: Tables to which the running app may only add rows.
APPEND_ONLY_TABLES: set[str] = set()

_patients: dict[type[models.Model], Callable[[models.Model], UUID | None]] = {}
_words: dict[type[models.Model], frozenset[str]] = {}
_exempt: dict[type[models.Model], str] = {}
_deletable: set[type[models.Model]] = set()

#: Columns that may differ without an entry: kept by the database or by Django, they say nothing new.
_IGNORED_COLUMNS = ("updated_at", "last_login", "password")

_GUARD = """
    PERFORM audit_require(
        TG_OP, '{label}',
        CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END,
        CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END,
        '{ignored}'::text[]
    );
    RETURN NULL;
"""

_REFUSE = """
    RAISE EXCEPTION '{table} is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
"""


def recorded(
    *,
    patient: str | None,
    exclude: Iterable[str] = (),
    m2m: Iterable[str] = (),
    deletable: bool = False,
    words: Iterable[str] = (),
) -> Callable[[type[M]], type[M]]:
    """Record every change of a model.

    ``patient`` is the dotted path to the patient's id (``"patient_id"``, ``"note.patient_id"``), or None for a model
    that belongs to no patient. ``exclude`` names fields whose value must not stand in the log (a password) or that
    the database derives; ``m2m`` the many-to-many fields to record. ``deletable`` is for rows that are no part of the
    record themselves, such as a grant that is taken back: their deletion is recorded like any change. ``words`` names
    short fields in somebody's own words, which the audit pages hide like long texts (emr.audit.values).
    """

    def decorate(model: type[M]) -> type[M]:
        excluded = ["updated_at", *exclude]
        auditlog.register(model, exclude_fields=excluded, m2m_fields=set(m2m))
        if deletable:
            _deletable.add(model)
        _words[model] = frozenset(words)
        _patients[model] = attrgetter(patient) if patient else _nobody
        ignored = "{" + ",".join(sorted({*_IGNORED_COLUMNS, *exclude})) + "}"
        guard = pgtrigger.Trigger(
            name="audit_guard",
            when=pgtrigger.After,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            timing=pgtrigger.Deferred,
            func=_GUARD.format(label=model._meta.label_lower, ignored=ignored),
        )
        pgtrigger.register(guard)(model)
        return model

    return decorate


def exempt(reason: str) -> Callable[[type[M]], type[M]]:
    """Say that a model is not recorded, and why."""

    def decorate(model: type[M]) -> type[M]:
        _exempt[model] = reason
        return model

    return decorate


def append_only(model: type[M]) -> type[M]:
    """Rows are added, never changed, deleted or truncated: by trigger, and by the grants of the app's role."""
    APPEND_ONLY_TABLES.add(model._meta.db_table)
    pgtrigger.register(
        pgtrigger.Trigger(
            name="append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=_REFUSE.format(table=model._meta.db_table),
        ),
        pgtrigger.Trigger(
            name="no_truncate",
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            level=pgtrigger.Statement,
            func=_REFUSE.format(table=model._meta.db_table),
        ),
    )(model)
    return model


_FIXED = """
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - '{but}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{but}'::text[] THEN
        RAISE EXCEPTION '{table} is fixed once it is written: % refused', TG_OP USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


def fixed(*, but: Iterable[str]) -> Callable[[type[M]], type[M]]:
    """A row says for good what it said when it was made, except in the columns named.

    For what is append-only in itself, but moves with its patient when two charts are merged (``but=("patient_id",)``).
    """

    def decorate(model: type[M]) -> type[M]:
        table, columns = model._meta.db_table, "{" + ",".join(sorted({"updated_at", *but})) + "}"
        pgtrigger.register(
            pgtrigger.Trigger(
                name="fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=_FIXED.format(table=table, but=columns),
            )
        )(model)
        return model

    return decorate


def recorded_models() -> list[type[models.Model]]:
    """Every recorded model."""
    return list(_patients)


def kept_models() -> list[type[models.Model]]:
    """Every recorded model whose rows are never deleted."""
    return [model for model in _patients if model not in _deletable]


def exempt_models() -> dict[type[models.Model], str]:
    """Every model that is not recorded, with the reason."""
    return dict(_exempt)


def words_of(model: type[models.Model]) -> frozenset[str]:
    """The short fields of a recorded model that hold somebody's own words."""
    return _words.get(model, frozenset())


def patient_of(instance: models.Model) -> UUID | None:
    """The id of the patient to whom a recorded row belongs."""
    return _patients[type(instance)](instance)


def _nobody(instance: models.Model) -> None:
    return None
