"""Plans to pay: the list of all, those of one patient, and their agreement on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.actions.payment_plans import agree_plan, end_plan
from billing.forms.payment_plans import EndPlanForm, PlanForm
from billing.models import PaymentPlan
from billing.printouts.payment_plans import agreement_pdf
from billing.queries.ledger import balance_of
from billing.queries.pages import Place
from billing.queries.payment_plans import (
    COLUMNS,
    PlanState,
    PlanSums,
    all_plans_over,
    on_a_plan,
    plan_states,
    plans_of,
    plans_over,
    running_plans,
)
from billing.views.lists import link, page_number
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.csv_files import csv_response
from emr.shared.dates import add_months, clinic_today
from emr.ui import formats
from emr.ui.forms import sent
from emr.ui.htmx import redirect

_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@staff_view(Permission.VIEW_BILLING)
def plans_list(request: StaffRequest) -> HttpResponse:
    """The plans that run, those overdue longest first; or those that are over."""
    over = request.GET.get("over") == "1"
    states, place = _listed(request, over)
    record_access(request, [state.plan.patient_id for state in states], section="billing")
    here = reverse("billing:plans_list")
    chips = [
        {"label": "Running", "url": here, "current": not over},
        {"label": "Over", "url": f"{here}?over=1", "current": over},
    ]
    late = sum(1 for state in states if state.since)
    context = {"states": states, "chips": chips, "over": over, "late": late, "sums": _sums(states, over)}
    context |= {"place": place, "newer_url": None, "older_url": None}
    if over:
        context["newer_url"] = link(here, over="1", page=place.page - 1) if place.page > 1 else None
        context["older_url"] = link(here, over="1", page=place.page + 1) if place.page < place.pages else None
    context |= {"export_url": link(reverse("billing:plans_export"), over="1" if over else "")}
    return render(request, "billing/plans/list.html", context)


@require_safe
@staff_view(Permission.VIEW_BILLING)
@fresh_login("export these plans", reading=True)
def plans_export(request: StaffRequest) -> StreamingHttpResponse:
    """The same as a file, all its pages. Each patient in it is on record as exported."""
    over = request.GET.get("over") == "1"
    states = all_plans_over(request.user) if over else running_plans(request.user)
    patients = [state.plan.patient_id for state in states]
    record_access(request, patients, section="billing", action=AccessAction.EXPORT)
    sums = _sums(states, over)
    rows: list[PlanState | PlanSums] = [*states, *([sums] if sums else [])]
    return csv_response("payment-plans.csv", COLUMNS, (row.cells() for row in rows))


@_page
@chart_view(Permission.VIEW_BILLING, section="billing")
def plans_patient(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """The plan that a patient is paying, part by part, and those before; without one, the form to agree on one."""
    may = request.user.has_perm(Permission.ADJUST_BALANCES)
    running, balance, today = on_a_plan(patient), balance_of(patient), clinic_today()
    first = add_months(today, 1)
    form = PlanForm(sent(request) if may else None, initial={"total": balance.due or None, "first_due": first})
    if may and form.is_valid():
        with form.refusals():
            made = agree_plan(by=request.user, patient=patient, **form.cleaned_data)
            said = f"${formats.money(made.total)} will be paid in monthly parts of ${formats.money(made.part)}."
            return redirect(request, request.path, said)
    before = plan_states(plan for plan in plans_of(patient) if running is None or plan.pk != running.plan.pk)
    context: dict[str, Any] = {**chart_context(request, patient, "payments"), "form": form, "running": running}
    context |= {"before": before, "balance": balance, "may_agree": may, "today": today}
    return render(request, "billing/plans/patient.html", context, status=form.http_status)


@_page
@chart_view(Permission.ADJUST_BALANCES, section="billing")
def plans_end(request: StaffRequest, patient: Patient, payment_plan_id: UUID) -> HttpResponseBase:
    """End a plan before it is paid, with a reason."""
    plan = _plan(patient, payment_plan_id)
    back = reverse("billing:plans_patient", args=[patient.pk])
    form = EndPlanForm(sent(request))
    if form.is_valid():
        with form.refusals():
            end_plan(by=request.user, plan=plan, reason=form.cleaned_data["reason"])
            return redirect(request, back, "The plan is ended. What is owed is asked for as before.")
    context: dict[str, Any] = {**chart_context(request, patient, "payments"), "form": form, "back": back}
    context |= {"title": "End the plan to pay", "button": "End the plan", "kind": "danger"}
    context["note"] = "What was paid stays paid. What is left of it is owed as before, and statements ask for it."
    return render(request, "billing/payments/small.html", context, status=form.http_status)


@require_safe
@chart_view(Permission.VIEW_BILLING, section="billing", action=AccessAction.PRINT)
def plans_print(request: StaffRequest, patient: Patient, payment_plan_id: UUID) -> HttpResponse:
    """The agreement as a PDF, to be signed."""
    content = agreement_pdf(_plan(patient, payment_plan_id), by=request.user, printed=timezone.now())
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="payment-plan.pdf"'
    return response


def _listed(request: StaffRequest, over: bool) -> tuple[list[PlanState], Place]:
    """What a page lists: those that run are on one page, for their sums."""
    if over:
        return plans_over(request.user, page_number(request.GET.get("page")))
    states = running_plans(request.user)
    return states, Place(1, len(states), max(len(states), 1))


def _sums(states: Sequence[PlanState], over: bool) -> PlanSums | None:
    """The last line; plans that are over are paid or ended, and come to nothing that is still awaited."""
    return PlanSums.of(states) if states and not over else None


def _plan(patient: Patient, key: UUID) -> PaymentPlan:
    row = plans_of(patient).select_related("patient").filter(pk=key).first()
    if row is None:
        raise Http404
    return row
