"""Batches of claims on paper."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from billing.actions.batches import create_batch
from billing.choices import BatchStyle, ClaimState
from billing.forms.claims import BatchForm, ClaimFilterForm, SelectionForm
from billing.models import Claim
from billing.queries.batches import batches, batches_page, claims_of, printed_before
from billing.queries.claims import claims_chosen, printable
from billing.views.lists import key_of, link
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.jobs.queries.jobs import in_words, job_for
from emr.ui.htmx import redirect

_SHOWN = 200


@require_safe
@staff_view(Permission.VIEW_BILLING)
def batches_list(request: StaffRequest) -> HttpResponse:
    """Print runs, newest first."""
    before = key_of(request.GET.get("before"))
    rows, older = batches_page(request.user, before)
    base = reverse("billing:batches_list")
    context = {
        "rows": [(batch, in_words(batch.job) if batch.job else None) for batch in rows],
        "older_url": link(base, before=older) if older else None,
        "newest_url": base if before else None,
    }
    return render(request, "billing/batches/list.html", context)


@require_POST
@staff_view(Permission.EXPORT_CLAIMS)
@fresh_login("print these claims")
def batches_new(request: StaffRequest) -> HttpResponse:
    """Ask how the chosen claims are to be printed, then print them. The same page sent twice is one batch."""
    claims = _claims(request)
    ready = [claim for claim in claims if claim.state == ClaimState.SUBMITTED]
    if not ready:
        words = "Only submitted claims are printed. Submit them first." if claims else "Choose at least one claim."
        return redirect(request, reverse("billing:claims_list"), words, "warning")
    sent = "style" in request.POST
    form = BatchForm(request.POST if sent else None)
    if sent and form.is_valid():
        with form.refusals():
            batch = create_batch(by=request.user, claims=ready, **_typed(form))
            record_access(request, [claim.patient_id for claim in ready], section="billing", action=AccessAction.PRINT)
            return redirect(request, reverse("billing:batches_detail", args=[batch.pk]))
    context = {"form": form, "claims": ready, "left_out": len(claims) - len(ready), "printed": printed_before(ready)}
    return render(request, "billing/batches/new.html", context)


@require_safe
@staff_view(Permission.VIEW_BILLING)
def batches_detail(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """A print run: its progress, then its file, for the one who asked for it; and the claims in it."""
    batch = batches(request.user).filter(pk=batch_id).first()
    if batch is None:
        raise Http404
    claims = list(claims_of(batch, request.user)[:_SHOWN])
    record_access(request, [claim.patient_id for claim in claims], section="billing")
    job = job_for(request.user, batch.job_id) if batch.job_id else None
    context = {
        "batch": batch,
        "view": in_words(job, whole=True) if job else None,
        "claims": claims,
        "printed": printed_before(claims, besides=batch),
        "may_print": request.user.has_perm(Permission.EXPORT_CLAIMS),
    }
    return render(request, "billing/batches/detail.html", context)


def _claims(request: StaffRequest) -> list[Claim]:
    """The claims that were chosen one by one, or all submitted ones of the list as it was filtered."""
    if request.POST.get("all"):
        return printable(request.user, ClaimFilterForm(request.POST).chosen())
    form = SelectionForm(request.POST)
    return claims_chosen(request.user, form.cleaned_data["claim"]) if form.is_valid() else []


def _typed(form: BatchForm) -> dict[str, Any]:
    return {**form.cleaned_data, "style": BatchStyle(form.cleaned_data["style"])}
