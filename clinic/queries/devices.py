"""Implanted devices as pages list them."""

from __future__ import annotations

from django.db.models import QuerySet

from clinic.models import Device, Patient
from clinic.models.devices import DeviceStatus
from clinic.queries.lists import LIMIT, ListRow, by_state, error_of, of_errors, state_of
from emr.ui import formats


def device_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """Implants, those in place first, the newest first: one query."""
    rows: QuerySet[Device] = patient.devices.order_by("-implanted_on", "display")
    return by_state(_row(row) for row in of_errors(rows, standing)[:LIMIT])


def _row(row: Device) -> ListRow:
    errored = row.entered_in_error_at is not None
    active = not errored and row.status != DeviceStatus.INACTIVE
    return ListRow(
        key=str(row.pk),
        cells=(
            row.display,
            row.body_site,
            formats.partial(row.implanted_on, row.implanted_precision),
            formats.day(row.removed_on),
            " ".join(part for part in (row.manufacturer, row.model_number) if part),
            ", lot ".join(part for part in (row.serial_number, row.lot_number) if part),
            formats.day(row.expiration_date),
            " ".join(part for part in (row.issuer, row.device_identifier or row.distinct_identifier) if part),
            row.note,
        ),
        state=state_of(row, row.get_status_display()),
        tone="accent" if active else "neutral",
        active=active,
        errored=errored,
        mark="" if row.udi or errored else "no UDI",
        remark=error_of(row) or row.status_reason,
    )
