"""Two charts of one person become one. How a merge is undone stands in :mod:`clinic.actions.unmerges`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from clinic.actions.merge_rows import change_row, make_row, move_rows
from clinic.actions.tasks import complete_tasks_about
from clinic.models import Patient, PatientMerge
from clinic.models.merges import MergeStep
from clinic.models.tasks import POSSIBLE_DUPLICATE
from clinic.patient_columns import PatientColumn, moving_columns
from clinic.queries.merge_choices import Change
from clinic.queries.merge_pairs import others_for
from clinic.queries.merge_plan import Plan, plan_merge
from clinic.rules import visible_to
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.context import acting
from emr.shared.deadlocks import deadlock_refused
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import Recorded

#: What who merges reads where another write to one of the charts was let through first.
BUSY = "Somebody wrote to one of the two charts at the same moment. Nothing was changed: look at both and try again."


@deadlock_refused(BUSY)
@action
def merge_patients(
    *,
    by: User,
    survivor: Patient,
    merged: Patient,
    reason: str,
    confirmed: str | date,
    seen: tuple[datetime, datetime] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> PatientMerge:
    """Make ``merged`` part of the chart of ``survivor``: every row that names the one names the other from then on.

    ``confirmed`` is the survivor's MRN or birth date, entered again. ``chosen`` says by key which value is kept
    (:func:`clinic.queries.merge_choices.choices_between`), ``seen`` the ``updated_at`` of the two rows on the page that
    showed it. Raises Conflict where one of the charts was changed or merged meanwhile; DomainError without the right,
    a reason or the right confirmation, and where something has to be settled first.
    """
    survivor, merged = lock_charts(survivor, merged)
    _check_right(by, survivor, merged)
    if seen is not None and seen != (survivor.updated_at, merged.updated_at):
        raise Conflict("One of the two charts was changed while this page was open. Look at both again.")
    if confirmed not in (survivor.mrn, survivor.birth_date):
        raise DomainError("This is neither the MRN nor the birth date of the chart that is kept.", field="confirmed")
    if not reason.strip():
        raise DomainError("Say why these are one person.", field="reason")
    plan = plan_merge(survivor, merged, by=by, chosen=chosen)
    if plan.blocks:
        raise DomainError(plan.blocks[0])
    with acting(by, reason=f"Two charts merged: {reason.strip()}"[:300]):
        _answer_doubt(by, survivor, merged)
        return _carry_out(plan, by, reason.strip()[:300])


def lock_charts(one: Patient, other: Patient) -> tuple[Patient, Patient]:
    """Both rows, locked in one order, as they stand now. Whatever is being written to either chart comes before or
    after. Raises DomainError for one and the same."""
    if one.pk == other.pk:
        raise DomainError("This is one chart, not two.")
    found = Patient.objects.select_for_update().filter(pk__in=[one.pk, other.pk]).order_by("pk")
    rows = {row.pk: row for row in found}
    return rows[one.pk], rows[other.pk]


def _check_right(by: User, survivor: Patient, merged: Patient) -> None:
    """Who merges two charts may know of both: else the page of the one would tell of the other."""
    if not by.has_perm(Permission.MERGE_PATIENTS):
        raise DomainError("You may not merge charts.")
    for patient in (survivor, merged):
        if patient.replaced_by_id is not None:
            raise Conflict(f"{patient.full_name} was merged into another chart already.")
    if visible_to(by).filter(pk__in=[survivor.pk, merged.pk]).count() != 2:
        raise DomainError("There is no such patient.")


def _answer_doubt(by: User, one: Patient, other: Patient) -> None:
    """Where somebody was asked whether the one may be the other, the merge is the answer.

    It stays done when the merge is undone: then somebody has compared the two and said that they are two people.
    """
    for patient, twin in ((one, other), (other, one)):
        if others_for(patient, Patient.objects.filter(pk=twin.pk)):
            complete_tasks_about(by=by, row=patient, code=POSSIBLE_DUPLICATE, comment="The two charts were merged.")


def _carry_out(plan: Plan, by: User, reason: str) -> PatientMerge:
    survivor, merged = plan.survivor, plan.merged
    merge = PatientMerge.objects.create(
        survivor=survivor, merged=merged, reason=reason, merged_at=timezone.now(), merged_by=by
    )
    for change in plan.changes:
        change_row(merge, MergeStep.MERGE, change)
    for column in moving_columns():
        move_rows(merge, MergeStep.MERGE, column, rows_of(column, merged), survivor.pk)
    change_row(merge, MergeStep.MERGE, Change(merged, {"active": False}, "Its person is found in the other chart."))
    move_rows(merge, MergeStep.MERGE, replaced_by(), [merged], survivor.pk)
    for make in plan.makes:
        if isinstance(make.row, Recorded):
            make.row.created_by = by
        make_row(merge, MergeStep.MERGE, make)
    return merge


def rows_of(column: PatientColumn, patient: Patient) -> list[Any]:
    """The rows of one table that name a patient, locked against a change from elsewhere."""
    found = column.model._base_manager.filter(**{column.field.attname: patient.pk})
    return list(found.select_for_update(of=("self",)).order_by("pk"))


def replaced_by() -> PatientColumn:
    """The column that says into which chart another was merged."""
    return next(one for one in moving_columns() if one.key == "clinic.patient.replaced_by")
