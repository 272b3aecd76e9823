"""Care team, goals and care plans as pages list them."""

from __future__ import annotations

from django.db.models import QuerySet

from clinic.models import CarePlan, CareTeamMember, Goal, Patient
from clinic.models.care import CarePlanStatus, GoalAchievement, GoalStatus
from clinic.queries.lists import LIMIT, ListRow, by_state, error_of, of_errors, state_of
from emr.codes.units import units
from emr.shared.dates import clinic_today
from emr.ui import formats

_GOAL_ON = {GoalStatus.PROPOSED, GoalStatus.ACTIVE, GoalStatus.ON_HOLD}
_PLAN_ON = {CarePlanStatus.DRAFT, CarePlanStatus.ACTIVE, CarePlanStatus.ON_HOLD}


def team_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """The care team, by role: one query."""
    rows: QuerySet[CareTeamMember] = patient.care_team.select_related("practitioner", "related_person").order_by(
        "role", "created_at"
    )
    return by_state(_member(row) for row in of_errors(rows, standing)[:LIMIT])


def who_is(row: CareTeamMember) -> str:
    """A member's name, wherever it stands."""
    if row.related_person is not None:
        person = row.related_person
        return f"{person.given_name} {person.family_name}".strip()
    return str(row.practitioner or row.name)


def _member(row: CareTeamMember) -> ListRow:
    errored = row.entered_in_error_at is not None
    today = clinic_today()
    active = not errored and (row.period_end is None or row.period_end > today)
    person = row.related_person
    place = row.organization or (person.relationship if person else "This clinic" if row.practitioner_id else "")
    phone = row.phone or (person.phone if person else row.practitioner.phone if row.practitioner else "")
    return ListRow(
        key=str(row.pk),
        cells=(
            who_is(row),
            row.role,
            place,
            formats.phone(phone),
            formats.phone(row.fax),
            formats.day(row.period_start),
            formats.day(row.period_end),
        ),
        state=state_of(row, "On the team" if active else "Ended"),
        tone="accent" if active else "neutral",
        active=active,
        errored=errored,
        remark=error_of(row),
    )


def goal_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """Goals, those due first on top: one query."""
    rows: QuerySet[Goal] = patient.goals.select_related("addresses", "care_plan").order_by("due_date", "created_at")
    return by_state(_goal(row) for row in of_errors(rows, standing)[:LIMIT])


def _goal(row: Goal) -> ListRow:
    errored = row.entered_in_error_at is not None
    active = not errored and row.status in _GOAL_ON
    late = active and row.due_date is not None and row.due_date < clinic_today()
    achieved = row.achievement == GoalAchievement.ACHIEVED
    return ListRow(
        key=str(row.pk),
        cells=(
            row.description,
            _target(row),
            row.get_achievement_display(),
            formats.day(row.due_date),
            row.addresses.display if row.addresses else "",
            row.care_plan.title if row.care_plan else "",
            row.note,
        ),
        state=state_of(row, "Overdue" if late else row.get_status_display()),
        tone="warning" if late else "done" if achieved and not errored else "accent" if active else "neutral",
        active=active,
        errored=errored,
        mark="the patient's own" if row.expressed_by_patient else "",
        remark=error_of(row),
    )


def _target(row: Goal) -> str:
    """The measure with its bounds: ``Systolic blood pressure below 130 mmHg``."""
    low, high = formats.number(row.target_low), formats.number(row.target_high)
    known = units().get(row.target_unit)
    unit = known.display if known else row.target_unit
    bounds = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}" if high else ""
    return " ".join(part for part in (row.measure_display, bounds, unit if bounds else "") if part)


def plan_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """Care plans with their goals, the newest first: two queries."""
    rows: QuerySet[CarePlan] = patient.care_plans.prefetch_related("goals").order_by("-period_start", "title")
    return by_state(_plan(row) for row in of_errors(rows, standing)[:LIMIT])


def _plan(row: CarePlan) -> ListRow:
    errored = row.entered_in_error_at is not None
    active = not errored and row.status in _PLAN_ON
    goals = [goal.description for goal in row.goals.all() if goal.entered_in_error_at is None]
    return ListRow(
        key=str(row.pk),
        cells=(
            row.title,
            row.description,
            "; ".join(goals),
            formats.day(row.period_start),
            formats.day(row.period_end),
        ),
        state=state_of(row, row.get_status_display()),
        tone="accent" if active else "neutral",
        active=active,
        errored=errored,
        remark=error_of(row) or row.status_reason,
    )
