"""Trading partners: whom electronic claims are sent to."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from billing.actions.partners import save_partner
from billing.forms.claims import PartnerForm
from billing.models import TradingPartner
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui.forms import sent
from emr.ui.htmx import redirect


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_FEES)
def partners_list(request: StaffRequest) -> HttpResponse:
    """All partners, and a form for a new one."""
    form = PartnerForm(sent(request), initial={"active": True})
    if form.is_valid():
        with form.refusals():
            partner = save_partner(by=request.user, **form.cleaned_data)
            return redirect(request, reverse("billing:partners_list"), f"{partner.name} is there.")
    context = {"partners": TradingPartner.objects.order_by("-active", "name"), "form": form}
    return render(request, "billing/partners/list.html", context, status=form.http_status)


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_FEES)
def partners_edit(request: StaffRequest, partner_id: UUID) -> HttpResponse:
    """Change a partner. What went out keeps the envelope that it had."""
    partner = TradingPartner.objects.filter(pk=partner_id).first()
    if partner is None:
        raise Http404
    name = partner.name
    form = PartnerForm(sent(request), instance=partner)
    if form.is_valid():
        with form.refusals():
            save_partner(by=request.user, partner=partner, **form.cleaned_data)
            return redirect(request, reverse("billing:partners_list"), f"{form.cleaned_data['name']} is changed.")
    return render(request, "billing/partners/edit.html", {"name": name, "form": form}, status=form.http_status)
