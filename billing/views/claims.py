"""The worklist of claims, and what is done to many at once."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from billing.actions.claims import refresh_claims, submit_claims
from billing.choices import ClaimState
from billing.forms.claims import ClaimFilterForm, SelectionForm
from billing.models import Claim
from billing.queries.claims import COLUMNS, ClaimsPage, Filter, claim_rows, claims_chosen, claims_page
from billing.queries.scrubbing import warnings_of
from billing.views.lists import link, payer_options
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.csv_files import csv_response
from emr.shared.errors import DomainError
from emr.ui import formats
from emr.ui.htmx import redirect


@require_safe
@staff_view(Permission.VIEW_BILLING)
def claims_list(request: StaffRequest) -> HttpResponse:
    """The biller's worklist."""
    form = ClaimFilterForm(request.GET)
    chosen = form.chosen()
    page = claims_page(request.user, chosen, form.before_key())
    record_access(request, [row.claim.patient_id for row in page.rows], section="billing")
    context = {
        "page": page,
        "chips": _chips(page, chosen),
        "shown": formats.number(page.shown),
        "everything": formats.number(page.everything),
        "total": formats.money(page.total),
        "payers": [("", "Any payer"), *payer_options(page.payers)],
        "practitioners": [("", "Any practitioner"), *((str(p.pk), str(p)) for p in page.practitioners)],
        "chosen": chosen,
        "here": _address(chosen),
        "export_url": _address(chosen, "billing:claims_export"),
        "older_url": _address(chosen, before=page.older) if page.older else None,
        "newest_url": _address(chosen) if form.before_key() else None,
        "may_set_fees": request.user.has_perm(Permission.MANAGE_FEES),
        "may_submit": request.user.has_perm(Permission.CREATE_CLAIMS),
        "may_print": request.user.has_perm(Permission.EXPORT_CLAIMS),
    }
    return render(request, "billing/claims/list.html", context)


@require_safe
@staff_view(Permission.EXPORT_CLAIMS)
@fresh_login("export these claims", reading=True)
def claims_export(request: StaffRequest) -> StreamingHttpResponse:
    """The worklist as a file, all its pages. Each patient in it is on record as exported."""
    rows = list(claim_rows(request.user, ClaimFilterForm(request.GET).chosen()))
    record_access(request, [row.claim.patient_id for row in rows], section="billing", action=AccessAction.EXPORT)
    return csv_response("claims.csv", COLUMNS, (row.cells() for row in rows))


@require_POST
@staff_view(Permission.CREATE_CLAIMS)
def claims_submit(request: StaffRequest) -> HttpResponse:
    """Submit the chosen claims: all, or none."""
    claims = _selected(request)
    warned = warnings_of(claims)
    try:
        done = submit_claims(by=request.user, claims=claims)
    except DomainError as error:
        return redirect(request, _back(request), error.message, "error")
    return redirect(request, _back(request), f"{_count(len(done))} submitted. Print them next.{warned}")


@require_POST
@staff_view(Permission.CREATE_CLAIMS)
def claims_check(request: StaffRequest) -> HttpResponse:
    """Bring the chosen drafts up to date and check them again."""
    drafts = [claim for claim in _selected(request) if claim.submitted_at is None and claim.state != ClaimState.VOID]
    if not drafts:
        return redirect(request, _back(request), "Choose claims that are not submitted yet.", "warning")
    checked = refresh_claims(by=request.user, claims=drafts)
    held = sum(claim.state == ClaimState.HELD for claim in checked)
    return redirect(request, _back(request), f"{_count(len(checked))} checked, {held} held.")


def _selected(request: StaffRequest) -> list[Claim]:
    form = SelectionForm(request.POST)
    return claims_chosen(request.user, form.cleaned_data["claim"]) if form.is_valid() else []


def _count(number: int) -> str:
    return "1 claim" if number == 1 else f"{number} claims"


def _back(request: StaffRequest) -> str:
    """The list as it was filtered; only addresses of this site are followed."""
    back = request.POST.get("back", "")
    safe = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if safe else reverse("billing:claims_list")


def _address(chosen: Filter, name: str = "billing:claims_list", **more: Any) -> str:
    return link(reverse(name), state=list(chosen.states), payer=chosen.payer, practitioner=chosen.practitioner, **more)


def _chips(page: ClaimsPage, chosen: Filter) -> list[dict[str, Any]]:
    """A chip for each state with its count; a press adds it to the filter or takes it away."""
    chips = []
    for state in ClaimState:
        on = state.value in chosen.states
        states = [s for s in chosen.states if s != state.value] if on else [*chosen.states, state.value]
        url = _address(Filter(tuple(states), chosen.payer, chosen.practitioner))
        chips.append({"label": state.label, "url": url, "current": on, "count": page.counts.get(state.value, 0)})
    return chips
