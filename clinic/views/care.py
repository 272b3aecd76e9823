"""Care team, goals and care plans."""

from __future__ import annotations

from clinic.actions.care import (
    add_goal,
    add_member,
    add_plan,
    change_goal,
    change_member,
    change_plan,
    check_goal,
    check_member,
    check_plan,
    end_member,
    end_plan,
)
from clinic.forms.care import (
    EndMemberForm,
    EndPlanForm,
    GoalChangeForm,
    GoalForm,
    MemberForm,
    PlanChangeForm,
    PlanForm,
)
from clinic.models import CarePlan, CareTeamMember, Goal
from clinic.queries.care import goal_rows, plan_rows, team_rows
from clinic.views.lists import Act, Room

TEAM = Room(
    section="care_team",
    path="care-team",
    key_name="member_id",
    title="Care team",
    columns=("Who", "Role", "Where", "Telephone", "Fax", "Since", "Until"),
    rows=team_rows,
    model=CareTeamMember,
    empty="Nobody is named. Add who else cares for the patient: specialists, case managers, family.",
    noun="members",
    one="a member of the care team",
    icon_name="users-round",
    key="a t",
    check=check_member,
    add=Act(
        *("add", "Add to the team", "plus", MemberForm),
        lambda by, patient, data: add_member(by=by, patient=patient, **data),
        "The care team is recorded.",
        button="Add",
    ),
    acts=(
        Act(
            *("edit", "Change", "pencil", MemberForm),
            lambda by, row, data: change_member(by=by, member=row, **data),
            "The entry is changed.",
            prefill=True,
            button="Save",
        ),
        Act(
            *("end", "No longer on the team", "circle-minus", EndMemberForm),
            lambda by, row, data: end_member(by=by, member=row, **data),
            "The end is recorded.",
            button="Record",
        ),
    ),
)

GOALS = Room(
    section="goals",
    path="goals",
    key_name="goal_id",
    title="Goals",
    columns=("Goal", "Target", "Reached", "Due", "For", "Care plan", "Note"),
    rows=goal_rows,
    model=Goal,
    empty="No goal is recorded. Write what the patient wants to reach.",
    noun="goals",
    one="a goal",
    icon_name="target",
    key="a g",
    check=check_goal,
    add=Act(
        *("add", "Add a goal", "plus", GoalForm),
        lambda by, patient, data: add_goal(by=by, patient=patient, **data),
        "The goal is recorded.",
        button="Add",
    ),
    acts=(
        Act(
            *("edit", "Change, or say how far it is reached", "pencil", GoalChangeForm),
            lambda by, row, data: change_goal(by=by, goal=row, **data),
            "The goal is changed.",
            title="Change",
            on="any",
            prefill=True,
            button="Save",
        ),
    ),
)

PLANS = Room(
    section="care_plans",
    path="care-plans",
    key_name="plan_id",
    title="Care plans",
    columns=("Plan", "What is done", "Goals", "From", "Until"),
    rows=plan_rows,
    model=CarePlan,
    empty="No care plan is recorded. Write what is done over the next months; goals can point to it.",
    noun="plans",
    one="a care plan",
    icon_name="route",
    key="a c",
    check=check_plan,
    add=Act(
        *("add", "Add a plan", "plus", PlanForm),
        lambda by, patient, data: add_plan(by=by, patient=patient, **data),
        "The plan is recorded.",
        button="Add",
    ),
    acts=(
        Act(
            *("edit", "Change", "pencil", PlanChangeForm),
            lambda by, row, data: change_plan(by=by, plan=row, **data),
            "The plan is changed.",
            prefill=True,
            button="Save",
        ),
        Act(
            *("end", "End", "circle-stop", EndPlanForm),
            lambda by, row, data: end_plan(by=by, plan=row, **data),
            "The plan has ended.",
        ),
    ),
)
