"""Decisions of payers that wait for a person: listed, looked at one by one, and dealt with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.actions.responses import give_back, lay_on_claim, settle_response, use_for_claim
from billing.forms.responses import GiveBackForm, LayForm, SettleForm, UseForm
from billing.forms.worklist import FindForm
from billing.models import Claim, ClaimResponse
from billing.queries.claims import claims_visible_to
from billing.queries.decisions import decision_of
from billing.queries.ledger import from_cents
from billing.queries.reason_texts import said
from billing.queries.responses import OPEN, offers, texts_for, told_lines, waiting_page, waiting_row
from billing.queries.waiting_money import kept
from billing.views.lists import key_of, link, payer_options
from clinic.access import visible_to
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.reads import record_access
from emr.ui import formats
from emr.ui.forms import Form, sent
from emr.ui.htmx import redirect


@require_safe
@staff_view(Permission.POST_REMITTANCES)
def responses_list(request: StaffRequest) -> HttpResponse:
    """What waits, the longest first."""
    payer, after = key_of(request.GET.get("payer")), key_of(request.GET.get("after"))
    rows, more, payers = waiting_page(request.user, payer=payer, after=after)
    record_access(request, {row.response.patient_id for row in rows if row.response.patient_id}, section="billing")
    base = reverse("billing:responses_list")
    context = {
        "rows": rows,
        "payers": [("", "Any payer"), *payer_options(payers)],
        "payer": str(payer or ""),
        "older_url": link(base, payer=payer, after=more) if more else None,
        "newest_url": link(base, payer=payer) if after else None,
    }
    return render(request, "billing/responses/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.POST_REMITTANCES)
def responses_detail(request: StaffRequest, decision_id: UUID) -> HttpResponse:
    """One decision, with the claims that it may be about. One that a person looks for by its number is sent, not asked
    for: the number stands in no address.
    """
    find = FindForm(sent(request))
    number = find.cleaned_data["number"] if find.is_valid() else ""
    return _page(request, _response(request, decision_id), number=number)


@require_POST
@staff_view(Permission.POST_REMITTANCES)
def responses_lay(request: StaffRequest, decision_id: UUID) -> HttpResponse:
    """Lay it on a claim."""
    row, form = _response(request, decision_id), LayForm(request.POST)
    if form.is_valid():
        claim = claims_visible_to(request.user).filter(pk=form.cleaned_data["claim"]).select_related("patient").first()
        if claim is None:
            raise Http404
        with form.refusals():
            lay_on_claim(by=request.user, response=row, claim=claim)
            return _done(request, f"It is posted on claim {claim.number}.")
    return _page(request, row, lay=form)


@require_POST
@staff_view(Permission.POST_REMITTANCES)
def responses_use(request: StaffRequest, decision_id: UUID) -> HttpResponse:
    """Use what is kept of it for a claim."""
    row, form = _response(request, decision_id), UseForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        claim = _claim(request, values.pop("number"))
        if claim is None:
            form.add_error("number", "No claim that went out has this number.")
        else:
            with form.refusals():
                done = use_for_claim(by=request.user, response=row, claim=claim, **values)
                words = f"${formats.money(values['amount'])} is used for claim {claim.number}."
                return _done(request, words) if done.state not in OPEN else redirect(request, _address(done), words)
    return _page(request, row, use=form)


@require_POST
@staff_view(Permission.CLOSE_DAY)
def responses_give_back(request: StaffRequest, decision_id: UUID) -> HttpResponse:
    """Give what is kept of it back to the payer."""
    row, form = _response(request, decision_id), GiveBackForm(request.POST)
    if form.is_valid():
        with form.refusals():
            give_back(by=request.user, response=row, reason=form.cleaned_data["back_reason"])
            return _done(request, "It is given back to the payer.")
    return _page(request, row, back=form)


@require_POST
@staff_view(Permission.ADJUST_BALANCES)
def responses_settle(request: StaffRequest, decision_id: UUID) -> HttpResponse:
    """Say that nothing more is done about it."""
    row, form = _response(request, decision_id), SettleForm(request.POST)
    if form.is_valid():
        with form.refusals():
            settle_response(by=request.user, response=row, reason=form.cleaned_data["reason"])
            return _done(request, "It is settled.")
    return _page(request, row, settle=form)


def _response(request: StaffRequest, key: UUID) -> ClaimResponse:
    """The decision, whether it still waits or not, of a patient of whom the user may know."""
    rows = ClaimResponse.objects.select_related("reconciliation__payer", "claim", "patient", "resolved_by")
    row: ClaimResponse | None = rows.filter(pk=key).first()
    if row is None or (row.patient and not visible_to(request.user).filter(pk=row.patient.pk).exists()):
        raise Http404
    return row


def _claim(request: StaffRequest, number: str) -> Claim | None:
    claims = claims_visible_to(request.user).filter(number=number, submitted_at__isnull=False)
    return claims.select_related("patient").first()


def _address(row: ClaimResponse) -> str:
    return reverse("billing:responses_detail", args=[row.pk])


def _done(request: StaffRequest, words: str) -> HttpResponse:
    return redirect(request, reverse("billing:responses_list"), words)


def _page(
    request: StaffRequest,
    row: ClaimResponse,
    *,
    lay: LayForm | None = None,
    use: UseForm | None = None,
    back: GiveBackForm | None = None,
    settle: SettleForm | None = None,
    number: str = "",
) -> HttpResponse:
    decision, texts, cents = decision_of(row), texts_for(row), kept(row).cents
    open_now = row.state in OPEN and row.reconciliation.status == "active"
    offered = offers(request.user, row, decision, number) if open_now else []
    seen = {offer.claim.patient_id for offer in offered} | ({row.patient_id} if row.patient_id else set())
    record_access(request, seen, section="billing")
    member = decision.name("IL") or decision.name("QC")
    faulty: Form | None = lay or use or back or settle
    context: dict[str, Any] = {
        "row": waiting_row(row, cents),
        "response": row,
        "remittance": row.reconciliation,
        "open_now": open_now,
        "member": member.identifier if member else "",
        "charge": formats.money(row.charge),
        "reasons": said([*row.reason_codes, *row.remark_codes], texts),
        "lines": told_lines(decision, texts),
        "offers": offered,
        "number": number,
        "missed": bool(number) and all(offer.claim.number != number for offer in offered),
        "problem": faulty,
        "use_form": use or UseForm(initial={"amount": from_cents(abs(cents)) if cents else None}),
        "back_form": back or GiveBackForm(),
        "settle_form": settle or SettleForm(),
        "takes_back": cents < 0,
        "may_give_back": cents > 0 and request.user.has_perm(Permission.CLOSE_DAY),
        "may_settle": request.user.has_perm(Permission.ADJUST_BALANCES),
    }
    status = faulty.http_status if faulty is not None else 200
    return render(request, "billing/responses/detail.html", context, status=status)
