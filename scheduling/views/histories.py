"""The history of an appointment, in plain words."""

from __future__ import annotations

from clinic.views.history import Kind, history_page, owned
from emr.access.permissions import Permission
from scheduling.models import Appointment

appointments = history_page(
    Kind(
        *("History of an appointment", "appointments", Permission.VIEW_SCHEDULE),
        *("scheduling:appointments_detail", owned(Appointment)),
        key="appointment_id",
        back_by=("pk",),
    )
)
