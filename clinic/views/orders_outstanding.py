"""The orders of the house that are not back, as a worklist."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinic.forms.results import WorklistForm
from clinic.queries.orders_outstanding import SHOWN, outstanding
from clinic.views.results import worklist_tabs
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access


@require_safe
@staff_view(Permission.VIEW_CHART)
def worklist(request: StaffRequest) -> HttpResponse:
    """What was ordered and is not back, the longest expected first."""
    _, whose = WorklistForm(request.GET).chosen()
    rows = outstanding(request.user, mine=whose == "mine")
    record_access(request, [row.patient.pk for row in rows[:SHOWN]], section="orders", action=AccessAction.SEARCH)
    here = reverse("clinic:orders_worklist")
    context = {
        "rows": rows[:SHOWN],
        "cut": SHOWN if len(rows) > SHOWN else 0,
        "late": sum(1 for row in rows[:SHOWN] if row.late),
        "tabs": worklist_tabs(request, "clinic:orders_worklist"),
        "chips": [
            {"label": label, "url": f"{here}?whose={name}", "current": whose == name}
            for name, label in (("mine", "Mine"), ("all", "Everybody's"))
        ],
    }
    return render(request, "clinic/orders/worklist.html", context)
