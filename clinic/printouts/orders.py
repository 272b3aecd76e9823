"""The requisition: an order on paper, with all that who carries it out must know."""

from __future__ import annotations

from datetime import datetime

from clinic.models import ServiceRequest
from clinic.printouts.barcodes import bars_url
from clinic.queries.coverages import coverage_rows
from clinic.queries.details import patient_details
from clinic.queries.patients import age_words
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.ui import formats


def requisition_pdf(order: ServiceRequest, *, by: User, printed: datetime, insured: bool) -> bytes:
    """Patient, insurance (where ``insured``: the reader may see it), what, what for, who ordered and signed it.

    A draft, and one that was cancelled or entered in error, says so across its head.
    """
    patient = order.patient
    given = " ".join(filter(None, [patient.given_name, patient.middle_name, patient.suffix]))
    context = {
        "order": order,
        "name": f"{patient.family_name.upper()}, {given}",
        "born": formats.day(patient.birth_date),
        "age": age_words(patient),
        "sex": patient.get_gender_display(),
        "mrn": formats.mrn(patient.mrn),
        "contact": tuple(pair for pair in patient_details(patient).contact if pair[0] != "Reminders"),
        "coverages": [row for row in coverage_rows(patient) if row.current] if insured else [],
        "bars": bars_url(order.number),
        "stamp": _stamp(order),
        "signer": order.signed_by,
        "signed_at": formats.instant(order.signed_at) if order.signed_at else "",
        "ordered_at": formats.instant(order.created_at),
        "printed_by": str(by),
        "printed_at": formats.instant(printed),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    return render_pdf("clinic/orders/requisition.html", context)


def _stamp(order: ServiceRequest) -> str:
    if order.entered_in_error_at is not None:
        return f"Entered in error: {order.entered_in_error_reason}"
    if order.signed_at is None:
        return "Not signed. Don't carry this out."
    return f"Cancelled: {order.status_reason}" if order.status == "revoked" else ""
