"""Emergency access as the privacy officer sees it: the queue, one access with all that was done in it, the report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.actions.break_glass import end_break_glass, review_break_glass
from clinic.forms.break_glass import EndForm, ReportForm, ReviewForm
from clinic.models import BreakGlass
from clinic.models.break_glass import Finding
from clinic.queries.break_glass import SHOWN, accesses, done_during
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.queries.entries import plain_changes
from emr.audit.reads import record_access
from emr.shared.csv_files import csv_response
from emr.ui.forms import sent
from emr.ui.htmx import redirect

COLUMNS = (
    *("Started", "Over", "Who", "Patient", "MRN", "Reason", "In words", "Purpose", "Finding", "Comment"),
    *("Reviewed by", "Reviewed"),
)


@require_safe
@staff_view(Permission.REVIEW_BREAK_GLASS)
def report(request: StaffRequest) -> HttpResponse:
    """The emergency accesses of a period, newest first: what waits for review unless something else is asked for."""
    form = ReportForm(request.GET if request.GET else {"state": "waiting"})
    rows = list(accesses(form.asked())[:SHOWN])
    record_access(request, [row.patient_id for row in rows], section="break-glass", action=AccessAction.SEARCH)
    context = {"form": form, "rows": rows, "shown": SHOWN, "query": request.GET.urlencode() or "state=waiting"}
    return render(request, "clinic/break_glass/report.html", context)


@require_safe
@staff_view(Permission.REVIEW_BREAK_GLASS)
@fresh_login("export the emergency accesses", reading=True)
def export(request: StaffRequest) -> StreamingHttpResponse:
    """The report as a file, all its rows."""
    rows = list(accesses(ReportForm(request.GET).asked()))
    record_access(request, [row.patient_id for row in rows], section="break-glass", action=AccessAction.EXPORT)
    return csv_response("emergency-access.csv", COLUMNS, _cells(rows))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.REVIEW_BREAK_GLASS)
def review(request: StaffRequest, break_glass_id: UUID) -> HttpResponse:
    """One access with everything that was read and changed in it, and its sign-off."""
    glass = get_object_or_404(accesses(ReportForm({}).asked()), pk=break_glass_id)
    form = ReviewForm(sent(request))
    if form.is_valid():
        with form.refusals():
            review_break_glass(by=request.user, glass=glass, **form.cleaned_data)
            return redirect(request, reverse("clinic:break_glass_report"), "The review is signed off.")
    record_access(request, [glass.patient_id], section="break-glass")
    context = {"form": form, "glass": glass, **_detail(request, glass)}
    return render(request, "clinic/break_glass/review.html", context, status=form.http_status)


@require_POST
@staff_view(Permission.REVIEW_BREAK_GLASS)
def stop(request: StaffRequest, break_glass_id: UUID) -> HttpResponse:
    """Close a chart that somebody has open in an emergency."""
    glass = get_object_or_404(BreakGlass, pk=break_glass_id)
    if EndForm(request.POST).is_valid():
        end_break_glass(by=request.user, glass=glass)
    return redirect(request, reverse("clinic:break_glass_review", args=[glass.pk]), "The access is ended.")


def _detail(request: StaffRequest, glass: BreakGlass) -> dict[str, Any]:
    done = done_during(glass)
    return {
        "reads": done.reads,
        "changes": [(entry, plain_changes(entry)) for entry in done.changes],
        "shown": SHOWN,
        "final": glass.reviewed_at is not None and glass.finding != Finding.FOLLOW_UP,
        "own": glass.user_id == request.user.pk,
    }


def _cells(rows: list[BreakGlass]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        yield (
            *(row.started_at, row.over_at, row.user, row.patient.sort_name, row.patient.mrn),
            *(row.get_reason_code_display(), row.reason, row.get_purpose_display()),
            *(row.get_finding_display(), row.comment, row.reviewed_by or "", row.reviewed_at),
        )
