"""Standing in for who is away: arranged, listed, ended."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic.actions.delegations import delegate_inbox, end_delegation
from clinic.forms.delegations import DelegationForm
from clinic.queries.delegations import arranged_by, covering
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import sent


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.VIEW_TASKS)
def delegations(request: StaffRequest) -> HttpResponse:
    """Who stands in for whom, as far as it concerns the reader, and the form that arranges it."""
    form = DelegationForm(sent(request), by=request.user)
    if form.is_valid():
        with form.refusals():
            delegate_inbox(by=request.user, **form.cleaned_data)
            return htmx.redirect(request, reverse("clinic:delegations_list"), "Arranged.")
    context = {
        "form": form,
        "rows": arranged_by(request.user),
        "covering": list(covering(request.user).values()),
        "today": clinic_today(),
        "for_others": request.user.has_perm(Permission.MANAGE_PEOPLE),
    }
    return render(request, "clinic/delegations/list.html", context, status=form.http_status)


@require_POST
@staff_view(Permission.VIEW_TASKS)
def end(request: StaffRequest, delegation_id: UUID) -> HttpResponse:
    """Be back."""
    row = get_object_or_404(arranged_by(request.user), pk=delegation_id)
    try:
        end_delegation(by=request.user, delegation=row)
    except DomainError as refusal:
        return htmx.redirect(request, reverse("clinic:delegations_list"), str(refusal), "error")
    return htmx.redirect(request, reverse("clinic:delegations_list"), "Ended: the inbox is its owner's alone again.")
