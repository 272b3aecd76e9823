"""Statements: who would get one, runs, and one statement by itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.actions.statements import cancel_statement, draw_statements, request_statements
from billing.forms.statements import StatementFilterForm, StatementRunForm, VoidForm
from billing.models import Invoice, StatementRun
from billing.models.accounts import TIERS
from billing.printouts.statements import statement_pdf
from billing.queries.aging import BUCKETS
from billing.queries.statement_accounts import Standing
from billing.queries.statements import (
    StatementsPage,
    chosen_accounts,
    latest_runs,
    listed_accounts,
    runs,
    statements_page,
    statements_visible_to,
)
from billing.views.lists import link
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.jobs.queries.jobs import in_words, job_for
from emr.shared.errors import DomainError
from emr.ui import formats, htmx
from emr.ui.forms import sent
from emr.ui.htmx import redirect

_SHOWN = 200


@require_safe
@staff_view(Permission.VIEW_BILLING)
def statements_list(request: StaffRequest) -> HttpResponse:
    """Who would get a statement now, over what; and under the other filters who doesn't, and why."""
    standing, tier, number = StatementFilterForm(request.GET).chosen()
    page = statements_page(request.user, standing, tier, number)
    record_access(request, [patient for row in page.rows for patient, _, _ in row.patients], section="billing")
    context = {
        "page": page,
        "buckets": BUCKETS,
        "standing": standing,
        "tier": tier,
        "chips": _chips(page, standing, tier),
        "meta": _meta(page),
        "form": StatementRunForm(),
        "newer_url": _address(standing, tier, page=page.page - 1) if page.page > 1 else None,
        "older_url": _address(standing, tier, page=page.page + 1) if page.page < page.pages else None,
        "runs": [(run, in_words(run.job) if run.job else None) for run in latest_runs(request.user)],
        "may_send": request.user.has_perm(Permission.SEND_STATEMENTS),
        "may_set": request.user.has_perm(Permission.MANAGE_FEES),
    }
    return render(request, "billing/statements/list.html", context)


@require_POST
@staff_view(Permission.SEND_STATEMENTS)
@fresh_login("make these statements")
def statements_run(request: StaffRequest) -> HttpResponse:
    """Make statements for the chosen accounts, or for all that the list shows. The same page sent twice is one run."""
    form = StatementRunForm(request.POST)
    if not form.is_valid():
        return redirect(request, reverse("billing:statements_list"), "Open the list again and choose anew.", "warning")
    data = form.cleaned_data
    _, tier, _ = StatementFilterForm(request.POST).chosen()
    user = request.user
    accounts = listed_accounts(user, tier) if data["all"] else chosen_accounts(user, data["patient"])
    try:
        run = request_statements(by=user, accounts=accounts, request_token=data["request_token"])
    except DomainError as error:
        return redirect(request, reverse("billing:statements_list"), error.message, "warning")
    patients = [share.patient.pk for account in accounts for share in account.shares]
    record_access(request, patients, section="billing", action=AccessAction.PRINT)
    return redirect(request, reverse("billing:statement_runs_detail", args=[run.pk]))


@require_safe
@staff_view(Permission.VIEW_BILLING)
def statement_runs_detail(request: StaffRequest, run_id: UUID) -> HttpResponse:
    """A run: its progress, then its file for the one who asked for it; and its statements."""
    run = _run(request, run_id)
    rows = list(
        statements_visible_to(request.user)
        .filter(run=run)
        .select_related("patient", "guarantor")
        .order_by("number")[:_SHOWN]
    )
    record_access(request, [row.patient_id for row in rows], section="billing")
    job = job_for(request.user, run.job_id) if run.job_id else None
    context = {
        "run": run,
        "view": in_words(job, whole=True) if job else None,
        "rows": rows,
        "may_send": request.user.has_perm(Permission.SEND_STATEMENTS),
    }
    return render(request, "billing/statements/run.html", context)


@require_POST
@staff_view(Permission.SEND_STATEMENTS)
@fresh_login("draw these statements again")
def statement_runs_redraw(request: StaffRequest, run_id: UUID) -> HttpResponse:
    """The statements of a run once more, as they were given, for whoever asks; without those that are void by now."""
    run = _run(request, run_id)
    if not run.invoices.filter(cancelled_at=None).exists():
        words = "No statement of this run stands, so there is nothing to print."
        return redirect(request, reverse("billing:statement_runs_detail", args=[run.pk]), words, "warning")
    draw_statements(by=request.user, run=run)
    return redirect(request, reverse("billing:statement_runs_detail", args=[run.pk]))


@require_safe
@chart_view(Permission.VIEW_BILLING, section="billing", action=AccessAction.PRINT)
def statements_print(request: StaffRequest, patient: Patient, invoice_id: UUID) -> HttpResponse:
    """One statement as it was given, the same to the byte under the same number."""
    invoice = _statement(request, patient, invoice_id)
    others = [row.patient_id for row in invoice.lines.all() if row.patient_id != patient.pk]
    record_access(request, others, section="billing", action=AccessAction.PRINT)
    response = HttpResponse(statement_pdf(invoice), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="statement-{invoice.number}.pdf"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.SEND_STATEMENTS, section="billing")
def statements_cancel(request: StaffRequest, patient: Patient, invoice_id: UUID) -> HttpResponseBase:
    """Make a statement void, with a reason."""
    invoice = _statement(request, patient, invoice_id)
    back = reverse("billing:account_detail", args=[patient.pk])
    form = VoidForm(sent(request))
    if form.is_valid():
        with form.refusals():
            cancel_statement(by=request.user, invoice=invoice, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, back, f"Statement {invoice.number} is void.")
    context: dict[str, Any] = {
        **chart_context(request, patient, "billing"),
        "form": form,
        "title": f"Make statement {invoice.number} void",
        "note": f"${formats.money(invoice.total)} of {formats.day(invoice.issued_on)}. It stays on file as void; "
        "what is owed stays as it is.",
        "button": "Make it void",
        "kind": "danger",
        "back": back,
    }
    return render(request, "billing/payments/small.html", context, status=form.http_status)


def _run(request: StaffRequest, key: UUID) -> StatementRun:
    run = runs(request.user).filter(pk=key).first()
    if run is None:
        raise Http404
    return run


def _statement(request: StaffRequest, patient: Patient, key: UUID) -> Invoice:
    """A statement of this patient, whose other patients the user may know too: of somebody else it gives 404."""
    row = statements_visible_to(request.user).defer(None).filter(lines__patient=patient, pk=key).first()
    if row is None:
        raise Http404
    return row


def _address(standing: Standing, tier: int | None, **more: Any) -> str:
    state = "" if standing is Standing.READY else standing.value
    return link(reverse("billing:statements_list"), state=state, tier=tier, **more)


def _meta(page: StatementsPage) -> str:
    accounts = "account" if page.listed == 1 else "accounts"
    return f"{formats.number(page.listed)} {accounts} · ${formats.money(page.total)}"


def _chips(page: StatementsPage, standing: Standing, tier: int | None) -> list[dict[str, Any]]:
    """How accounts stand; and of those that stand so, the tiers that there are."""
    states = [
        {"label": one.label, "url": _address(one, None), "current": one is standing, "count": page.counts[one]}
        for one in Standing
    ]
    tiers = [
        {
            "label": f"Tier {number}",
            "url": _address(standing, None if number == tier else number),
            "current": number == tier,
            "count": page.tiers[number],
        }
        for number in range(1, TIERS + 1)
        if page.tiers[number] or number == tier
    ]
    return states + tiers
