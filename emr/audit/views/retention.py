"""The seals of the logs, how long the logs are kept, and what holds them: one page for the privacy officer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.directory import labels
from emr.audit.models import Log
from emr.audit.queries.seals import last_verifications, seal_states
from emr.audit.retention.actions import lift_hold, place_hold, set_retention
from emr.audit.retention.forms import HoldForm, LiftForm, RetentionForm
from emr.audit.retention.queries import due, holds
from emr.shared.errors import DomainError
from emr.ui.forms import Form


@require_safe
@staff_view(Permission.MANAGE_RETENTION)
def retention_detail(request: StaffRequest) -> HttpResponse:
    """How the logs are sealed and kept."""
    return _page(request)


@require_POST
@staff_view(Permission.MANAGE_RETENTION)
@fresh_login("change how long a log is kept")
def retention_set(request: StaffRequest) -> HttpResponse:
    """Keep a log for so many years."""
    form = RetentionForm(request.POST)
    if form.is_valid():
        set_retention(by=request.user, log=Log(form.cleaned_data["log"]), years=form.cleaned_data["years"])
        messages.success(request, "The policy is set.")
        return redirect("audit:retention_detail")
    return _page(request, retention=form)


@require_POST
@staff_view(Permission.MANAGE_RETENTION)
@fresh_login("place a legal hold")
def holds_place(request: StaffRequest) -> HttpResponse:
    """Keep entries from being purged."""
    form = HoldForm(request.POST, reader=request.user)
    if form.is_valid():
        place_hold(by=request.user, reason=form.cleaned_data["reason"], patient_id=form.patient_id)
        messages.success(request, "The hold stands.")
        return redirect("audit:retention_detail")
    return _page(request, hold=form)


@require_POST
@staff_view(Permission.MANAGE_RETENTION)
@fresh_login("lift a legal hold")
def holds_lift(request: StaffRequest, hold_id: UUID) -> HttpResponse:
    """End a hold."""
    form = LiftForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why the hold ends.")
    else:
        try:
            lift_hold(by=request.user, hold_id=hold_id, reason=form.cleaned_data["reason"])
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "The hold is lifted.")
    return redirect("audit:retention_detail")


def _page(request: StaffRequest, retention: Form | None = None, hold: Form | None = None) -> HttpResponse:
    now, states, held = timezone.now(), seal_states(), holds()
    patients = labels(request.user, [one.patient_id for one in held])
    context: dict[str, Any] = {
        "states": [(state, state.is_late(now)) for state in states],
        "late": any(state.is_late(now) for state in states),
        "verifications": last_verifications(),
        "dues": [due(log, now) for log in Log],
        "holds": [
            (one, patients.get(one.patient_id) if one.patient_id else None, LiftForm(auto_id=f"lift-{one.pk}-%s"))
            for one in held
        ],
        "retention_form": retention or RetentionForm(),
        "hold_form": hold or HoldForm(reader=request.user),
    }
    return render(request, "audit/retention/detail.html", context, status=422 if retention or hold else 200)
