"""Whether visits may stand beside each other, for the manager."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx
from scheduling.actions.policies import set_policy, withdraw_policy
from scheduling.forms.appointments import StepForm
from scheduling.forms.policies import PolicyForm
from scheduling.models import DoubleBookingPolicy
from scheduling.queries.policies import policies


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def policies_list(request: StaffRequest) -> HttpResponse:
    """The rules in the order in which they are asked, and a new or another one."""
    form = PolicyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            set_policy(by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, request.path, "Rule set.", "success")
    context = {"form": form, "policies": policies()}
    return render(request, "scheduling/availability/policies.html", context, status=422 if form.is_bound else 200)


@require_POST
@staff_view(Permission.MANAGE_SCHEDULES)
def policies_withdraw(request: StaffRequest, policy_id: UUID) -> HttpResponse:
    """Let a rule hold no longer."""
    row = get_object_or_404(DoubleBookingPolicy, pk=policy_id)
    StepForm(request.POST).is_valid()
    withdraw_policy(by=request.user, policy=row)
    return htmx.redirect(request, reverse("scheduling:policies_list"), "Rule withdrawn.", "success")
