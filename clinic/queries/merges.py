"""Merges of charts as pages show them, and which charts were ever one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet

from clinic.models import PatientMerge, PatientMergeRow
from clinic.models.merges import MergeRowKind, MergeStep
from clinic.queries.merge_plan import is_plain, kind_of
from clinic.rules import visible_to
from emr.accounts.models import User

#: The most that one page shows.
SHOWN = 200
#: Tables whose rows say who may know of a chart, or hold its logs: no page of merges tells of them.
_UNTOLD = frozenset({"clinic_patientdenial", "clinic_patientusergrant", "clinic_patientgroupgrant", "audit_legalhold"})


@dataclass(frozen=True)
class Written:
    """One value that a merge changed, in words."""

    what: str
    field: str
    before: str
    after: str
    why: str


@dataclass(frozen=True)
class Told:
    """What a merge did: rows moved by kind, values changed and rows added."""

    moved: tuple[tuple[str, int], ...]
    changed: tuple[Written, ...]
    made: tuple[tuple[str, str], ...]


def linked_charts(patient_id: UUID) -> list[UUID]:
    """The charts that were ever one with this one, directly or by way of others, whether they still are or not."""
    known, ask = {patient_id}, {patient_id}
    while ask:
        pairs = PatientMerge.objects.filter(Q(survivor__in=ask) | Q(merged__in=ask)).values_list("survivor", "merged")
        ask = {key for pair in pairs for key in pair} - known
        known |= ask
    return sorted(known - {patient_id})


def merges_visible_to(user: User) -> QuerySet[PatientMerge]:
    """The merges of charts of which the user may know, newest first.

    While a merge stands, its survivor decides; once it is undone, both charts do.
    """
    seen = visible_to(user).order_by()
    known = Q(survivor__in=seen) | Q(survivor__replaced_by__in=seen)
    also = Q(undone_at=None) | Q(merged__in=seen) | Q(merged__replaced_by__in=seen)
    found = PatientMerge.objects.filter(known, also)
    return found.select_related("survivor", "merged", "merged_by", "undone_by").order_by("-merged_at", "-pk")


def told(merge: PatientMerge) -> Told:
    """What a merge did, in words. Two queries."""
    rows = PatientMergeRow.objects.filter(merge=merge, step=MergeStep.MERGE).exclude(table_name__in=_UNTOLD)
    counts: Counter[str] = Counter()
    changed, made = [], []
    for row in rows.exclude(table_name="clinic_patient", column__in=["active", "restricted"]).order_by("id"):
        model = _model(row.table_name)
        kind = kind_of(model)
        if row.kind == MergeRowKind.MOVED:
            counts[kind] += (row.table_name, row.object_id) != ("clinic_patient", merge.merged_id)
        elif row.kind == MergeRowKind.MADE:
            made.append((kind, row.why))
        else:
            changed.append(_written(model, kind, row))
    return Told(tuple((kind, count) for kind, count in counts.items() if count), tuple(changed), tuple(made))


def _written(model: type[models.Model], kind: str, row: PatientMergeRow) -> Written:
    field = next(one for one in model._meta.concrete_fields if one.column == row.column)
    labels = dict(field.flatchoices)
    before, after = (_text(labels.get(value, value)) for value in (row.before, row.after))
    secret = field.is_relation or not is_plain(model)
    label = str(field.verbose_name).capitalize()
    return Written(kind, label, "" if secret else before, "" if secret else after, row.why)


def _text(value: object) -> str:
    if value is None or value == "" or value == []:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _model(table: str) -> type[models.Model]:
    return next(model for model in apps.get_models(include_auto_created=True) if model._meta.db_table == table)
