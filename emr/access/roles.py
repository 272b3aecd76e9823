"""The roles of a clinic, each a list that a manager can read."""

from __future__ import annotations

from dataclasses import dataclass

from emr.access.permissions import Permission as P


@dataclass(frozen=True)
class Role:
    """A role: the name of its group, its label, and all it may do."""

    name: str
    label: str
    permissions: frozenset[P]


_EVERYBODY = {
    P.RECORD_DISCLOSURES,
    P.SEARCH_CODES,
    P.VIEW_TASKS,
    P.VIEW_JOBS,
    P.VIEW_GALLERY,
    P.FIND_PATIENTS,
    P.VIEW_DEMOGRAPHICS,
}
_CHART_READER = {
    P.VIEW_CHART,
    P.VIEW_ENCOUNTERS,
    P.VIEW_NOTES,
    P.VIEW_COVERAGE,
    P.VIEW_SCHEDULE,
    P.BREAK_GLASS,
    P.VIEW_HISTORY,
}

FRONT_DESK = Role(
    "front_desk",
    "Front desk",
    frozenset(
        _EVERYBODY
        | {
            P.REGISTER_PATIENTS,
            P.EDIT_DEMOGRAPHICS,
            P.VIEW_COVERAGE,
            P.EDIT_COVERAGE,
            P.VIEW_SCHEDULE,
            P.BOOK_APPOINTMENTS,
            P.CHECK_IN,
            P.MOVE_FLOW,
            P.TAKE_PAYMENTS,
            P.REVIEW_INTAKE,
        }
    ),
)
NURSE = Role(
    "nurse",
    "Nurse",
    frozenset(
        _EVERYBODY
        | _CHART_READER
        | {
            P.REGISTER_PATIENTS,
            P.EDIT_DEMOGRAPHICS,
            P.BOOK_APPOINTMENTS,
            P.CHECK_IN,
            P.MOVE_FLOW,
            P.RECORD_VITALS,
            P.EDIT_CHART,
            P.EDIT_ENCOUNTERS,
            P.WRITE_NOTES,
            P.FILE_RESULTS,
            P.REVIEW_INTAKE,
        }
    ),
)
CLINICIAN = Role(
    "clinician",
    "Clinician",
    frozenset(
        _EVERYBODY
        | _CHART_READER
        | {
            P.MOVE_FLOW,
            P.BOOK_APPOINTMENTS,
            P.RECORD_VITALS,
            P.EDIT_CHART,
            P.EDIT_ENCOUNTERS,
            P.WRITE_NOTES,
            P.SIGN_NOTES,
            P.SIGN_ORDERS,
            P.REVIEW_RESULTS,
            P.FILE_RESULTS,
            P.DECIDE_REQUESTS,
            P.EDIT_CHARGES,
            P.REVIEW_INTAKE,
        }
    ),
)
MEDICAL_DIRECTOR = Role(
    "medical_director",
    "Medical director",
    frozenset(_EVERYBODY | _CHART_READER | {P.WRITE_NOTES, P.UNLOCK_NOTES}),
)
BILLER = Role(
    "biller",
    "Biller",
    frozenset(
        _EVERYBODY
        | {
            P.VIEW_COVERAGE,
            P.EDIT_COVERAGE,
            P.EDIT_DEMOGRAPHICS,
            P.VIEW_ENCOUNTERS,
            P.VIEW_BILLING,
            P.EDIT_CHARGES,
            P.CREATE_CLAIMS,
            P.EXPORT_CLAIMS,
            P.MANAGE_FEES,
            P.TAKE_PAYMENTS,
            P.CLOSE_DAY,
            P.ADJUST_BALANCES,
            P.POST_REMITTANCES,
            P.SEND_STATEMENTS,
        }
    ),
)
MANAGER = Role(
    "manager",
    "Manager",
    frozenset(
        _EVERYBODY
        | {
            P.REGISTER_PATIENTS,
            P.EDIT_DEMOGRAPHICS,
            P.MERGE_PATIENTS,
            P.VIEW_COVERAGE,
            P.EDIT_COVERAGE,
            P.VIEW_SCHEDULE,
            P.BOOK_APPOINTMENTS,
            P.CHECK_IN,
            P.MOVE_FLOW,
            P.MANAGE_SCHEDULES,
            P.VIEW_REPORTS,
            P.VIEW_BILLING,
            P.MANAGE_FEES,
            P.TAKE_PAYMENTS,
            P.CLOSE_DAY,
            P.ADJUST_BALANCES,
            P.POST_REMITTANCES,
            P.SEND_STATEMENTS,
            P.VIEW_PEOPLE,
            P.VIEW_ACCESS,
            P.MANAGE_PEOPLE,
            P.MANAGE_CLINIC,
            P.VIEW_ALL_JOBS,
            P.IMPORT_RECORDS,
            P.REVIEW_INTAKE,
            P.MANAGE_INTAKE,
        }
    ),
)
PRIVACY_OFFICER = Role(
    "privacy_officer",
    "Privacy officer",
    frozenset(
        _EVERYBODY
        | {
            P.VIEW_AUDIT,
            P.MANAGE_RETENTION,
            P.EXPORT_AUDIT,
            P.DECIDE_REQUESTS,
            P.VIEW_PEOPLE,
            P.VIEW_ACCESS,
            P.RESTRICT_CHARTS,
            P.REVIEW_BREAK_GLASS,
            P.REVIEW_SIGNALS,
        }
    ),
)

ROLES: dict[str, Role] = {
    role.name: role for role in (FRONT_DESK, NURSE, CLINICIAN, MEDICAL_DIRECTOR, BILLER, MANAGER, PRIVACY_OFFICER)
}


def permissions_of(role_names: frozenset[str]) -> frozenset[P]:
    """All that the named roles may do together. A name that is no role gives nothing."""
    return frozenset().union(*(ROLES[name].permissions for name in role_names if name in ROLES))
