"""The flow board: today's visits by where their patients are, alive in every browser that shows it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view, visible_to
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest, background, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.errors import Conflict, DomainError
from emr.ui import htmx
from emr.ui.errors import conflict
from emr.ui.forms import sent
from scheduling.actions.flow import move
from scheduling.forms.flow import BoardForm, MoveForm
from scheduling.printouts.flow_boards import flow_board_pdf
from scheduling.queries.flow import board
from scheduling.queries.flow_visits import data_of, version_of
from scheduling.queries.visits import appointment_of, describe
from scheduling.stages import BACK, FORWARD, Stage


@require_safe
@staff_view(Permission.VIEW_SCHEDULE)
def flow_board(request: StaffRequest) -> HttpResponse:
    """Today's visits by stage; each patient whom it names gets an access row."""
    chosen = BoardForm(request.GET).chosen()
    page = _board(request, chosen["practitioner"])
    record_access(request, [row.patient_id for row in page["board"].rows], section="flow")
    return render(request, "scheduling/flow/board.html", page)


@require_safe
@staff_view(Permission.VIEW_SCHEDULE)
@background
def flow_rows(request: StaffRequest) -> HttpResponse:
    """The board once more, or nothing where it is as the page has it; asked every few seconds.

    Where only the clock moved, the patients are those of whom the page was recorded already.
    """
    chosen = BoardForm(request.GET).chosen()
    version = version_of(visible_to(request.user), chosen["practitioner"])
    if version == chosen["version"]:
        return HttpResponse(status=204)
    page = _board(request, chosen["practitioner"])
    if data_of(version) != data_of(chosen["version"]):
        record_access(request, [row.patient_id for row in page["board"].rows], section="flow")
    return render(request, "scheduling/flow/_board.html", page)


@require_safe
@staff_view(Permission.VIEW_SCHEDULE)
def flow_sheet(request: StaffRequest) -> HttpResponse:
    """The board on paper; each patient on it gets an access row."""
    page = _board(request, BoardForm(request.GET).chosen()["practitioner"])
    record_access(request, [row.patient_id for row in page["board"].rows], section="flow", action=AccessAction.PRINT)
    headers = {"Content-Disposition": 'inline; filename="flow-board.pdf"'}
    content = flow_board_pdf(page["board"], by=request.user)
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.MOVE_FLOW, section="appointments")
def flow_move(request: StaffRequest, patient: Patient, appointment_id: UUID) -> HttpResponse:
    """Take a visit to a stage: from the board in one click, or on a page that asks for the reason or the room."""
    row = appointment_of(patient, appointment_id)
    form = MoveForm(sent(request), initial={"seen": row.stage})
    form.offer("stage", [(way, Stage(way).label) for way in _ways(row.stage)])
    if form.is_valid():
        try:
            move(by=request.user, appointment=row, **form.cleaned_data)
        except Conflict as refusal:
            return conflict(request, refusal.message)
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, reverse("scheduling:flow_board"))
    context = {"form": form, "visit": describe(row), "stage": Stage(row.stage).label, "appointment": row}
    context |= chart_context(request, patient, "appointments")
    return render(request, "scheduling/flow/move.html", context, status=form.http_status)


def _ways(stage: str) -> list[str]:
    ways = [way for way in (*FORWARD[stage], *BACK.get(stage, ())) if way != Stage.CANCELLED]
    # A second click on what is done already is no mistake.
    return [*ways, stage]


def _board(request: StaffRequest, practitioner: UUID | None) -> dict[str, Any]:
    found = board(
        visible_to(request.user), practitioner=practitioner, clinical=request.user.has_perm(Permission.VIEW_CHART)
    )
    base = reverse("scheduling:flow_board")
    chips = [{"label": "Everybody", "url": base, "current": practitioner is None}]
    chips += [
        {"label": one.short_name, "url": f"{base}?practitioner={one.pk}", "current": one.pk == practitioner}
        for one in found.practitioners
    ]
    sheet = reverse("scheduling:flow_sheet") + (f"?practitioner={practitioner}" if practitioner else "")
    return {"board": found, "chips": chips, "practitioner": practitioner, "sheet_url": sheet}
