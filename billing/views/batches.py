"""Batches of claims, on paper and as files."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from billing.actions.batches import create_batch, draw_again
from billing.choices import BatchStyle, ClaimStatus
from billing.cms1500.calibration import calibration_page
from billing.cms1500.points import Margins
from billing.forms.claims import BatchForm, MarginsForm, SelectionForm
from billing.forms.worklist import ClaimFilterForm
from billing.models import Claim, ClaimBatch
from billing.queries.batches import batches, batches_page, claims_of, margins_of, sent_before
from billing.queries.claims import MAX_BATCH, claims_chosen, printable
from billing.queries.standing_decisions import heard_of
from billing.views.claims import back_of
from billing.views.lists import key_of, link
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.jobs.queries.jobs import in_words, job_for
from emr.ui.htmx import redirect

_SHOWN = 200
#: What the page asks for that stays typed when claims are left out.
_ASKED = ("style", "partner", "margin_left", "margin_top")


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
        "may_print": request.user.has_perm(Permission.EXPORT_CLAIMS),
        "may_set_fees": request.user.has_perm(Permission.MANAGE_FEES),
    }
    return render(request, "billing/batches/list.html", context)


@require_POST
@staff_view(Permission.EXPORT_CLAIMS)
@fresh_login("print these claims")
def batches_new(request: StaffRequest) -> HttpResponse:
    """Ask in what file the chosen claims go out, then draw it. The same page sent twice is one batch."""
    claims, more = _claims(request)
    ready = [claim for claim in claims if claim.status == ClaimStatus.ACTIVE]
    if not ready:
        words = "Only submitted claims go out. Submit them first." if claims else "Choose at least one claim."
        return redirect(request, back_of(request), words, "warning")
    before = sent_before(claim.pk for claim in ready)
    fresh = [claim for claim in ready if before is None or claim.pk not in before.claims]
    if before is not None and fresh and "fresh" in request.POST:
        ready, before = fresh, None
    sent = "style" in request.POST and "fresh" not in request.POST
    form = BatchForm(request.POST if sent else None, initial=_begins(request))
    if sent and form.is_valid():
        with form.refusals():
            batch = create_batch(by=request.user, claims=ready, **_typed(form))
            record_access(request, [claim.patient_id for claim in ready], section="billing", action=AccessAction.PRINT)
            return redirect(request, reverse("billing:batches_detail", args=[batch.pk]))
    context = {
        "form": form,
        "claims": ready,
        "left_out": sum(claim.status != ClaimStatus.ACTIVE for claim in claims),
        "before": before,
        "fresh": len(fresh),
        "more": more,
    }
    return render(request, "billing/batches/new.html", context)


@require_safe
@staff_view(Permission.VIEW_BILLING)
def batches_detail(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """A print run: its progress, then its file, for the one who asked for it; and the claims in it."""
    batch = _batch(request, batch_id)
    claims = list(claims_of(batch, request.user)[:_SHOWN])
    record_access(request, [claim.patient_id for claim in claims], section="billing")
    job = job_for(request.user, batch.job_id) if batch.job_id else None
    context = {
        "batch": batch,
        "view": in_words(job, whole=True) if job else None,
        "claims": claims,
        "heard": heard_of(batch.acknowledgements.filter(claim=None)),
        "before": sent_before(claims_of(batch, request.user).values_list("pk", flat=True), besides=batch),
        "may_print": request.user.has_perm(Permission.EXPORT_CLAIMS),
    }
    return render(request, "billing/batches/detail.html", context)


@require_POST
@staff_view(Permission.EXPORT_CLAIMS)
@fresh_login("draw this file again")
def batches_redraw(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """The same file once more, for whoever asks: no second export, since it is the same to the byte."""
    batch = draw_again(by=request.user, batch=_batch(request, batch_id))
    return redirect(request, reverse("billing:batches_detail", args=[batch.pk]))


@require_safe
@staff_view(Permission.EXPORT_CLAIMS)
def batches_calibration(request: StaffRequest) -> HttpResponse:
    """Ask for the shifts to try, and give the page that shows them on paper."""
    left, top = margins_of(request.user)
    form = MarginsForm(request.GET or None, initial={"margin_left": left, "margin_top": top})
    if not form.is_valid():
        return render(request, "billing/batches/calibration.html", {"form": form}, status=form.http_status)
    shifts = form.cleaned_data
    page = io.BytesIO()
    calibration_page(page, Margins(left=float(shifts["margin_left"]), top=float(shifts["margin_top"])))
    response = HttpResponse(page.getvalue(), content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="calibration.pdf"'
    return response


def _batch(request: StaffRequest, batch_id: UUID) -> ClaimBatch:
    batch = batches(request.user).filter(pk=batch_id).first()
    if batch is None:
        raise Http404
    return batch


def _claims(request: StaffRequest) -> tuple[list[Claim], bool]:
    """The claims that were chosen one by one, those of a batch, or all submitted ones of the list as it was filtered;
    and whether there are more than one batch takes.
    """
    if again := key_of(request.POST.get("batch")):
        return list(claims_of(_batch(request, again), request.user)), False
    if request.POST.get("all"):
        found = printable(request.user, ClaimFilterForm(request.POST).chosen())
        return found[:MAX_BATCH], len(found) > MAX_BATCH
    form = SelectionForm(request.POST)
    return (claims_chosen(request.user, form.cleaned_data["claim"]) if form.is_valid() else []), False


def _begins(request: StaffRequest) -> dict[str, Any]:
    """The shifts that the user printed with last, under what was typed on the page before."""
    left, top = margins_of(request.user)
    typed = {name: request.POST[name] for name in _ASKED if name in request.POST}
    return {"margin_left": left, "margin_top": top, **typed}


def _typed(form: BatchForm) -> dict[str, Any]:
    return {**form.cleaned_data, "style": BatchStyle(form.cleaned_data["style"])}
