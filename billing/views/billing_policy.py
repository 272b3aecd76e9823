"""How the clinic asks patients for money."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from billing.actions.billing_policy import set_billing_policy
from billing.forms.statements import BillingPolicyForm
from billing.queries.billing_policy import billing_policy
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui.forms import sent
from emr.ui.htmx import redirect


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_FEES)
def billing_policy_edit(request: StaffRequest) -> HttpResponse:
    """When statements go out, and what they say."""
    form = BillingPolicyForm(sent(request), initial=BillingPolicyForm.of(billing_policy()))
    if form.is_valid():
        with form.refusals():
            set_billing_policy(by=request.user, **form.values)
            return redirect(request, reverse("billing:billing_policy"), "Statements are made so from now on.")
    return render(request, "billing/statements/policy.html", {"form": form}, status=form.http_status)
