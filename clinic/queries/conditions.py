"""Problems as pages list them."""

from __future__ import annotations

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from clinic.choices import ConditionCategory, ConditionClinicalStatus, VerificationStatus
from clinic.models import Condition, Patient
from clinic.queries.lists import LIMIT, SHOWN, ListRow, by_state, error_of, of_errors, state_of
from emr.ui import formats

_SHOWN = (
    *("onset_date", "onset_precision", "abatement_date", "abatement_precision", "recorded_date"),
    *("note", "chronic", "clinical_status", "verification_status"),
)
_ACTIVE_PROBLEM = Q(
    entered_in_error_at=None,
    clinical_status__in=[
        ConditionClinicalStatus.ACTIVE,
        ConditionClinicalStatus.RECURRENCE,
        ConditionClinicalStatus.RELAPSE,
    ],
)


def condition_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """Problems, the active ones first, then by onset, newest first: one query.

    Here as in every list a second one tells who marked errors, where there are any; ``standing`` leaves errors out.
    """
    problems = patient.conditions.filter(category=ConditionCategory.PROBLEM_LIST_ITEM)
    rows = (
        problems.alias(current=ExpressionWrapper(_ACTIVE_PROBLEM, output_field=BooleanField()))
        .only(*SHOWN, *_SHOWN)
        .order_by("-current", "-onset_date", "display")
    )
    return by_state(condition_row(row) for row in of_errors(rows, standing)[:LIMIT])


def condition_row(row: Condition) -> ListRow:
    """A problem in words."""
    active = row.entered_in_error_at is None and row.clinical_status in {"active", "recurrence", "relapse"}
    return ListRow(
        key=str(row.pk),
        cells=(
            row.display,
            row.code,
            formats.partial(row.onset_date, row.onset_precision),
            formats.partial(row.abatement_date, row.abatement_precision),
            _certainty(row),
            row.note,
            formats.day(row.recorded_date),
        ),
        state=state_of(row, row.get_clinical_status_display()),
        tone="accent" if active else "neutral",
        active=active,
        errored=row.entered_in_error_at is not None,
        mark="chronic" if row.chronic else "",
        remark=error_of(row),
    )


def current_conditions(patient: Patient) -> QuerySet[Condition]:
    """The active problems."""
    return patient.conditions.filter(_ACTIVE_PROBLEM, category=ConditionCategory.PROBLEM_LIST_ITEM)


def _certainty(row: Condition) -> str:
    """How sure it is, where that has to be said."""
    said = {VerificationStatus.CONFIRMED, VerificationStatus.ENTERED_IN_ERROR}
    return "" if row.verification_status in said else row.get_verification_status_display()
