"""Social history as pages list it: of each question the answer of today, and those before."""

from __future__ import annotations

from clinic.choices import ObservationCategory
from clinic.models import Observation, Patient
from clinic.queries.lists import LIMIT, ListRow, by_state, error_of, of_errors, state_of
from clinic.queries.results import result_value
from clinic.social import by_code
from emr.ui import formats

_KINDS = (ObservationCategory.SOCIAL_HISTORY, ObservationCategory.SDOH)


def social_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """Of each question the latest answer as the present one, those before as past: two queries."""
    rows = (
        patient.observations.filter(category__in=_KINDS, superseded_by=None)
        .select_related("performer")
        .prefetch_related("components")
        .order_by("-effective_at", "-created_at")
    )
    seen: set[str] = set()
    told = [_row(row, seen) for row in of_errors(rows, standing)[:LIMIT]]
    order = {question.label: at for at, question in enumerate(by_code().values())}
    return by_state(sorted(told, key=lambda row: order.get(row.title, len(order))))


def _row(row: Observation, seen: set[str]) -> ListRow:
    """An answer in words; the first of its question that stands is the present one."""
    errored = row.entered_in_error_at is not None
    question = by_code().get(row.code)
    key = row.code or row.display
    latest = not errored and key not in seen
    if latest:
        seen.add(key)
    value = result_value(row)
    risky = latest and question is not None and row.value_code in question.risk
    return ListRow(
        key=str(row.pk),
        cells=(
            question.label if question else row.display,
            # The question's own words tell the unit of a number.
            value.text if question else f"{value.text} {value.unit}".strip(),
            formats.day(row.effective_at),
            str(row.performer or ""),
            row.note,
        ),
        state=state_of(row, "Now" if latest else "Before"),
        tone="warning" if risky else "accent" if latest else "neutral",
        active=latest,
        errored=errored,
        remark=error_of(row),
    )


def latest_answers(patient: Patient) -> dict[str, str]:
    """Of each question the latest answer with its day, by the question's name."""
    names = {question.label: question.name for question in by_code().values()}
    rows = (row for row in social_rows(patient, standing=True) if row.active and row.title in names)
    return {names[row.title]: f"{row.cells[1]}, {row.cells[2]}" for row in rows}
