"""Back to the page on which a step was begun, told by a word and never by an address: no link leads elsewhere."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from scheduling.models import Appointment

DAY, FLOW = "day", "flow"


def back_of(request: HttpRequest) -> str:
    """The word for where the request came from; empty for the visit's own page, and for any other word."""
    said = request.POST.get("back") or request.GET.get("back", "")
    return said if said in {DAY, FLOW} else ""


def way_back(request: HttpRequest, row: Appointment) -> str:
    """The address of where the request came from."""
    back = back_of(request)
    if back == FLOW:
        return reverse("scheduling:flow_board")
    if back == DAY:
        return reverse("scheduling:schedule_day", args=[timezone.localtime(row.start_at).date()])
    return reverse("scheduling:appointments_detail", args=[row.patient_id, row.pk])
