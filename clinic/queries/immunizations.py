"""Vaccines as pages list them."""

from __future__ import annotations

from clinic.choices import ImmunizationStatus
from clinic.models import Immunization, Patient
from clinic.queries.lists import LIMIT, SHOWN, ListRow, by_state, error_of, of_errors, people, state_of
from emr.ui import formats


def immunization_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """Vaccines, newest first: one query."""
    rows = (
        patient.immunizations.only(
            *(*SHOWN, "occurrence_date", "lot_number", "expiration_date", "primary_source"),
            *("status", "status_reason", "refusal_reason", "site", "route", "vis_edition", "manufacturer_code"),
            *people("performer"),
        )
        .select_related("performer")
        .order_by("-occurrence_date", "display")
    )
    return by_state(
        ListRow(
            key=str(row.pk),
            cells=(
                row.display,
                row.code,
                formats.day(row.occurrence_date),
                _lot(row),
                ", ".join(part for part in (row.site, row.route) if part),
                formats.day(row.vis_edition),
                str(row.performer or ("" if row.primary_source else "elsewhere")),
            ),
            state=state_of(row, row.get_status_display()),
            tone="done" if row.status == ImmunizationStatus.COMPLETED else "neutral",
            active=row.entered_in_error_at is None,
            errored=row.entered_in_error_at is not None,
            remark=error_of(row) or ": ".join(filter(None, [row.get_refusal_reason_display(), row.status_reason])),
        )
        for row in of_errors(rows, standing)[:LIMIT]
    )


def _lot(row: Immunization) -> str:
    """Lot, manufacturer, and until when it may be given: ``UT8123AA PMC, expires 30-Jun-2027``."""
    lot = " ".join(part for part in (row.lot_number, row.manufacturer_code) if part)
    expires = f"expires {formats.day(row.expiration_date)}" if row.expiration_date else ""
    return ", ".join(part for part in (lot, expires) if part)
