"""Procedures as pages list them."""

from __future__ import annotations

from django.db.models import QuerySet

from clinic.models import Patient, Procedure
from clinic.queries.lists import LIMIT, ListRow, by_state, error_of, state_of
from emr.ui import formats


def procedure_rows(patient: Patient) -> list[ListRow]:
    """Procedures, newest first: one query."""
    rows: QuerySet[Procedure] = patient.procedures.select_related("performer", "entered_in_error_by").order_by(
        "-performed_start", "display"
    )
    return by_state(
        ListRow(
            key=str(row.pk),
            cells=(
                row.display,
                row.code,
                formats.partial(row.performed_start, row.performed_precision),
                str(row.performer or ""),
                row.reason,
                row.note,
            ),
            state=state_of(row, row.get_status_display()),
            tone="done" if row.status == "completed" else "neutral",
            active=row.entered_in_error_at is None,
            errored=row.entered_in_error_at is not None,
            remark=error_of(row),
        )
        for row in rows[:LIMIT]
    )
