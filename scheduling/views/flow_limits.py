"""After how many minutes the flow board calls a stage long, for the manager."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import sent
from scheduling.actions.thresholds import set_threshold
from scheduling.forms.flow import LimitsForm
from scheduling.queries.flow import limits_of_stages


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def flow_limits(request: StaffRequest) -> HttpResponse:
    """Set the limits of all stages at once."""
    form = LimitsForm(sent(request), limits=limits_of_stages())
    if form.is_valid():
        with form.refusals(), transaction.atomic():
            for stage, (warn, late) in form.limits().items():
                set_threshold(by=request.user, stage=stage, warn_minutes=warn, late_minutes=late)
            return htmx.redirect(request, request.path, "Saved. The board shows it within a minute.", "success")
    return render(request, "scheduling/flow/limits.html", {"form": form}, status=form.http_status)
