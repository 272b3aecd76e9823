"""The waiting room's screens, for the manager: a link for each, shown once."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import Form, sent
from scheduling.actions.displays import add_display, revoke_display
from scheduling.forms.displays import DisplayForm
from scheduling.models import WaitingDisplay
from scheduling.queries.displays import displays


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.MANAGE_SCHEDULES)
def displays_list(request: StaffRequest) -> HttpResponse:
    """The screens in use, and a new one: its link is shown on the answer to the form, and never again."""
    form, link = DisplayForm(sent(request)), ""
    if form.is_valid():
        with form.refusals():
            code = add_display(by=request.user, name=form.cleaned_data["name"])
            link = request.build_absolute_uri(reverse("scheduling:waiting_open", args=[code]))
            form = DisplayForm()
    context = {"form": form, "link": link, "displays": displays(), "now": timezone.now()}
    return render(request, "scheduling/displays/list.html", context, status=form.http_status)


@require_POST
@staff_view(Permission.MANAGE_SCHEDULES)
def displays_revoke(request: StaffRequest, display_id: UUID) -> HttpResponse:
    """Let a screen show nothing any more."""
    row = get_object_or_404(WaitingDisplay, pk=display_id)
    Form(request.POST).is_valid()
    revoke_display(by=request.user, display=row)
    return htmx.redirect(request, reverse("scheduling:displays_list"), "The screen is revoked.", "success")
