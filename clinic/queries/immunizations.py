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
            *(*SHOWN, "occurrence_date", "occurrence_precision", "lot_number", "expiration_date", "primary_source"),
            *("status", "status_reason", "refusal_reason", "site", "route", "vis_edition", "manufacturer_code"),
            *people("performer"),
            *people("created_by", ("first_name", "last_name", "email")),
        )
        .select_related("performer", "created_by")
        .order_by("-occurrence_date", "display")
    )
    return by_state(
        ListRow(
            key=str(row.pk),
            cells=(
                row.display,
                row.code,
                formats.partial(row.occurrence_date, row.occurrence_precision),
                _lot(row),
                ", ".join(part for part in (row.site, row.route) if part),
                formats.day(row.vis_edition),
                given_by(row),
            ),
            state=state_of(row, row.get_status_display()),
            tone="done" if row.status == ImmunizationStatus.COMPLETED else "neutral",
            active=row.entered_in_error_at is None,
            errored=row.entered_in_error_at is not None,
            remark=error_of(row) or ": ".join(filter(None, [row.get_refusal_reason_display(), row.status_reason])),
        )
        for row in of_errors(rows, standing)[:LIMIT]
    )


def given_by(row: Immunization) -> str:
    """Who gave a dose; of one given here by nobody who is named, who recorded it."""
    if not row.primary_source:
        return "elsewhere"
    return str(row.performer or (row.created_by if row.status == ImmunizationStatus.COMPLETED else ""))


def _lot(row: Immunization) -> str:
    """Lot, manufacturer, and until when it may be given: ``UT8123AA PMC, expires 30-Jun-2027``."""
    lot = " ".join(part for part in (row.lot_number, row.manufacturer_code) if part)
    expires = f"expires {formats.day(row.expiration_date)}" if row.expiration_date else ""
    return ", ".join(part for part in (lot, expires) if part)
