"""Where one goes from a visit: each page that there is and that the reader may open, by its address's name."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from clinic.models import Patient
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.ui import formats

#: Label, name of the address with the patient's key, and the right that its door asks for. Upper floors by name alone.
_PLACES = (
    ("Chart", "clinic:chart_summary", Permission.VIEW_CHART),
    ("Details", "clinic:patients_detail", Permission.VIEW_DEMOGRAPHICS),
    ("Insurance", "clinic:coverages_list", Permission.VIEW_COVERAGE),
    ("Face sheet", "clinic:patients_face_sheet", Permission.VIEW_DEMOGRAPHICS),
    ("Intake", "clinic:intake_list", Permission.REVIEW_INTAKE),
    ("Payments", "billing:payments_panel", Permission.TAKE_PAYMENTS),
)


def number_to_call(user: User, patient: Patient) -> str:
    """The telephone number to try first; empty where none is on file or the reader may not know it. One query."""
    if not user.has_perm(Permission.VIEW_DEMOGRAPHICS):
        return ""
    on_file = patient.telecom.filter(system="phone", period_end=None, entered_in_error_at=None)
    return formats.phone(on_file.order_by("rank", "pk").values_list("value", flat=True).first() or "")


def shortcuts(user: User, patient: Patient) -> list[tuple[str, str]]:
    """Label and address of each place, in one order everywhere."""
    found = []
    for label, name, permission in _PLACES:
        try:
            address = reverse(name, args=[patient.pk])
        except NoReverseMatch:
            continue
        if user.has_perm(permission):
            found.append((label, address))
    return found
