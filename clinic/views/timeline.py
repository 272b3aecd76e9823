"""The timeline of a chart: everything that is on record, newest first."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.forms.timeline import TimelineForm
from clinic.models import Patient
from clinic.queries.timeline import Asked, Page, timeline
from clinic.queries.timeline_as_of import KnownPage, timeline_as_of
from clinic.queries.timeline_sources import SOURCES, EntryKind
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui.forms import sent


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.VIEW_CHART, section="timeline")
def chart_timeline(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The timeline, filtered; what is looked for is posted, so that no address tells it. An address tells the kind."""
    form = TimelineForm(sent(request) or request.GET or None)
    page = _page(request, patient, form)
    context = {
        **chart_context(request, patient, "timeline"),
        "form": form,
        "page": page,
        "known": page if isinstance(page, KnownPage) else None,
        "chips": _chips(request, patient, form.asked()),
        "narrowed": form.asked() != Asked(),
        "may_go_back": request.user.has_perm(Permission.VIEW_HISTORY),
    }
    return render(request, "clinic/timeline/list.html", context, status=form.http_status if form.errors else 200)


def _page(request: StaffRequest, patient: Patient, form: TimelineForm) -> Page:
    at = form.known_at()
    if at is None:
        return timeline(patient, request.user, form.asked())
    if not request.user.has_perm(Permission.VIEW_HISTORY):
        raise PermissionDenied
    return timeline_as_of(patient, request.user, at, form.asked())


def _chips(request: StaffRequest, patient: Patient, asked: Asked) -> list[dict[str, Any]]:
    """The kinds that the user may read, each as a link; the current one leads back to everything."""
    path = reverse("clinic:chart_timeline", args=[patient.pk])
    seen = {source.kind for source in SOURCES if request.user.has_perm(source.permission)}
    return [
        {"label": kind.label, "url": path if here else f"{path}?kind={kind}", "current": here}
        for kind, here in ((kind, asked.kind == kind) for kind in EntryKind)
        if kind in seen
    ]
