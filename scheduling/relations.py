"""What appointments say about who has to do with whom; asked by ``clinic.relations``."""

from __future__ import annotations

from clinic.relations import Relations, Span
from scheduling.models import Appointment


def appointments(span: Span) -> Relations:
    """Patients with an appointment in the span, and whose it was. One query."""
    rows = Appointment.objects.filter(
        patient__in=span.patients, start_at__range=(span.start, span.end), entered_in_error_at=None
    ).values_list("practitioner__user_id", "patient_id")
    return Relations({(user, patient) for user, patient in rows if user}, {patient for _, patient in rows})
