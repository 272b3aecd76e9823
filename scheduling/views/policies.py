"""Whether visits may stand beside each other, for the manager."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import Form, sent
from scheduling.actions.policies import set_policy, withdraw_policy
from scheduling.forms.policies import PolicyForm
from scheduling.models import DoubleBookingPolicy
from scheduling.queries.policies import policies


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def policies_list(request: StaffRequest) -> HttpResponse:
    """The rules in the order in which they are asked, and a new or another one."""
    form = PolicyForm(sent(request))
    if form.is_valid():
        with form.refusals():
            set_policy(by=request.user, **form.cleaned_data)
            return htmx.redirect(request, request.path, "Rule set.", "success")
    context = {"form": form, "policies": policies()}
    return render(request, "scheduling/availability/policies.html", context, status=form.http_status)


@require_POST
@staff_view(Permission.MANAGE_SCHEDULES)
def policies_withdraw(request: StaffRequest, policy_id: UUID) -> HttpResponse:
    """Let a rule hold no longer."""
    row = get_object_or_404(DoubleBookingPolicy, pk=policy_id)
    Form(request.POST).is_valid()
    withdraw_policy(by=request.user, policy=row)
    return htmx.redirect(request, reverse("scheduling:policies_list"), "Rule withdrawn.", "success")
