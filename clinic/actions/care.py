"""Care team, goals and care plans."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic.actions.errors import refuse_errored
from clinic.actions.lists import add_row, change_row
from clinic.models import CarePlan, CareTeamMember, Goal, Patient
from clinic.models.care import CarePlanStatus, GoalAchievement, GoalStatus
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError

_PLAN_OVER = (CarePlanStatus.COMPLETED, CarePlanStatus.REVOKED)


@action
def add_member(*, by: User, patient: Patient, **fields: Any) -> CareTeamMember:
    """Add somebody to the care team: a practitioner, a related person, or a name from outside, with a role."""
    return add_row(by=by, row=CareTeamMember(patient=patient, **fields), check=check_member, field="who")


@action
def change_member(*, by: User, member: CareTeamMember, seen: str = "", **fields: Any) -> CareTeamMember:
    """Mend what was written of a member."""
    return change_row(row=member, values=fields, seen=seen, check=check_member, field="who")


@action
def end_member(*, by: User, member: CareTeamMember, on: date | None = None, seen: str = "") -> CareTeamMember:
    """Say that somebody is no longer on the care team."""
    if member.period_end is not None:
        raise DomainError("That ended already.")
    values = {"period_end": on or clinic_today()}
    return change_row(row=member, values=values, seen=seen, check=check_member, field="on")


def check_member(row: CareTeamMember) -> None:
    """Raise DomainError, with the field to mend, for a member who can't be so, or who is on the team already."""
    chosen = [one for one in (row.practitioner, row.related_person, row.name.strip()) if one]
    if len(chosen) != 1:
        raise DomainError("Choose somebody, or write a name from outside: one of them.", field="who")
    if row.related_person is not None and row.related_person.patient_id != row.patient_id:
        raise DomainError("Choose somebody of this patient's.", field="who")
    if row.period_start and row.period_end and row.period_end < row.period_start:
        raise DomainError("It can't end before it began.", field="on")
    if row.period_end is None and row.entered_in_error_at is None:
        same = row.patient.care_team.filter(
            practitioner=row.practitioner,
            related_person=row.related_person,
            name__iexact=row.name,
            role__iexact=row.role,
            period_end=None,
            entered_in_error_at=None,
        )
        if same.exclude(pk=row.pk).exists():
            raise DomainError("That person is on the team in that role already.", field="who")


@action
def add_goal(*, by: User, patient: Patient, **fields: Any) -> Goal:
    """Record a goal; ``fields`` are those of Goal. Raises DomainError for the same words twice while one goes on."""
    fields.setdefault("start_date", clinic_today())
    return add_row(by=by, row=Goal(patient=patient, **fields), check=check_goal, field="description")


@action
def change_goal(*, by: User, goal: Goal, seen: str = "", **fields: Any) -> Goal:
    """Change a goal, or say how far it is reached. What is achieved is completed."""
    if fields.get("achievement") == GoalAchievement.ACHIEVED and fields.get("status") == GoalStatus.ACTIVE:
        fields["status"] = GoalStatus.COMPLETED
    return change_row(row=goal, values=fields, seen=seen, check=check_goal, field="description")


def check_goal(row: Goal) -> None:
    """Raise DomainError, with the field to mend, for a goal that can't be so, or stands already."""
    if row.start_date and row.due_date and row.due_date < row.start_date:
        raise DomainError("It can't be due before it begins.", field="due_date")
    bounded = row.target_low is not None or row.target_high is not None
    if bounded and not row.measure_code:
        raise DomainError("Say what is measured.", field="measure_code")
    if row.target_low is not None and row.target_high is not None and row.target_low > row.target_high:
        raise DomainError("The lower bound is above the upper one.", field="target_low")
    for name, one in (("care_plan", row.care_plan), ("addresses", row.addresses)):
        if one is not None and one.patient_id != row.patient_id:
            raise DomainError("Choose one of this patient's.", field=name)
    if row.entered_in_error_at is None and row.status in {GoalStatus.ACTIVE, GoalStatus.PROPOSED}:
        same = row.patient.goals.filter(
            description__iexact=row.description,
            status__in=[GoalStatus.ACTIVE, GoalStatus.PROPOSED],
            entered_in_error_at=None,
        )
        if same.exclude(pk=row.pk).exists():
            raise DomainError("That goal is on the list already.", field="description")


@action
def add_plan(*, by: User, patient: Patient, **fields: Any) -> CarePlan:
    """Record a care plan; ``fields`` are those of CarePlan."""
    fields["period_start"] = fields.get("period_start") or clinic_today()
    return add_row(by=by, row=CarePlan(patient=patient, **fields), check=check_plan, field="title")


@action
def change_plan(*, by: User, plan: CarePlan, seen: str = "", **fields: Any) -> CarePlan:
    """Change a care plan."""
    return change_row(row=plan, values=fields, seen=seen, check=check_plan, field="title")


@action
def end_plan(
    *, by: User, plan: CarePlan, status: str, reason: str = "", on: date | None = None, seen: str = ""
) -> CarePlan:
    """End a plan: it was completed, or ended early, then with a reason."""
    refuse_errored(plan)
    if status not in _PLAN_OVER:
        raise DomainError("Choose how it ended.", field="status")
    if plan.status in _PLAN_OVER:
        raise DomainError("The plan has ended already.")
    if status == CarePlanStatus.REVOKED and not reason.strip():
        raise DomainError("Say why it ends early.", field="reason")
    values = {"status": status, "status_reason": reason.strip(), "period_end": on or clinic_today()}
    return change_row(row=plan, values=values, seen=seen, check=check_plan, field="title")


def check_plan(row: CarePlan) -> None:
    """Raise DomainError, with the field to mend, for a plan that can't be so, or stands already."""
    if row.period_start and row.period_end and row.period_end < row.period_start:
        raise DomainError("It can't end before it begins.", field="on")
    if row.entered_in_error_at is None and row.status not in _PLAN_OVER:
        same = row.patient.care_plans.filter(title__iexact=row.title, entered_in_error_at=None)
        if same.exclude(status__in=_PLAN_OVER).exclude(pk=row.pk).exists():
            raise DomainError("A plan of that name goes on already.", field="title")
