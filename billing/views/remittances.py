"""What payers send: taken in, looked through, posted."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.actions.long_posting import job_of, post_or_ask, take_back_or_ask
from billing.actions.posting import choose_payer
from billing.actions.received_files import dismiss_file, receive_file
from billing.actions.remittances import set_aside
from billing.forms.remittances import PayerForm, PostForm, ReceiveForm, SetAsideForm
from billing.forms.responses import TakeBackForm
from billing.models import PaymentReconciliation, ReceivedFile
from billing.queries.reason_texts import Said, said, texts_of
from billing.queries.remittances import (
    DecisionRow,
    decisions_page,
    file_notices,
    known_with,
    moves_of,
    remittances,
    remittances_page,
    tie_of,
)
from billing.views.lists import key_of, link
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.reads import record_access
from emr.jobs.models import Job
from emr.shared.errors import Conflict
from emr.ui.forms import Form, sent
from emr.ui.htmx import redirect

_TABS = (("", "All"), ("draft", "To be posted"), ("work", "Waits for a person"), ("active", "Posted"))


@require_safe
@staff_view(Permission.POST_REMITTANCES)
def remittances_list(request: StaffRequest) -> HttpResponse:
    """Remittances, the latest first."""
    status, before = request.GET.get("status", ""), key_of(request.GET.get("before"))
    status = status if status in dict(_TABS) else ""
    rows, older = remittances_page(status=status, before=before)
    base = reverse("billing:remittances_list")
    context = {
        "rows": rows,
        "notices": file_notices(),
        "status": status,
        "chips": [{"label": words, "url": link(base, status=key), "current": key == status} for key, words in _TABS],
        "older_url": link(base, status=status, before=older) if older else None,
        "newest_url": link(base, status=status) if before else None,
    }
    return render(request, "billing/remittances/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.POST_REMITTANCES)
def remittances_receive(request: StaffRequest) -> HttpResponse:
    """Take a file in; a job reads it."""
    form = ReceiveForm(sent(request), request.FILES or None)
    if form.is_valid():
        with form.refusals():
            file = receive_file(by=request.user, file=form.cleaned_data["file"])
            return redirect(request, reverse("jobs:jobs_detail", args=[file.job_id]), "The file is being read.")
    return render(request, "billing/remittances/receive.html", {"form": form}, status=form.http_status)


@require_POST
@staff_view(Permission.POST_REMITTANCES)
def received_dismiss(request: StaffRequest, received_id: UUID) -> HttpResponse:
    """What is told of a received file was seen, and isn't shown any more."""
    row, back = get_object_or_404(ReceivedFile, pk=received_id), reverse("billing:remittances_list")
    try:
        dismiss_file(by=request.user, file=row)
    except Conflict as refusal:
        return redirect(request, back, refusal.message, "warning")
    return redirect(request, back, f"{row.name} is dismissed; the file itself is kept.")


@require_safe
@staff_view(Permission.POST_REMITTANCES)
def remittances_detail(request: StaffRequest, reconciliation_id: UUID) -> HttpResponse:
    """One remittance: what it says, what posting moves, and what waits for a person."""
    return _page(request, _remittance(reconciliation_id))


@require_POST
@staff_view(Permission.POST_REMITTANCES)
def remittances_post(request: StaffRequest, reconciliation_id: UUID) -> HttpResponse:
    """Put a remittance on the ledger."""
    row = _remittance(reconciliation_id)
    form = PostForm(request.POST)
    if form.is_valid():
        with form.refusals():
            job = post_or_ask(by=request.user, reconciliation=row, looked=form.cleaned_data["looked"])
            address = reverse("jobs:jobs_detail", args=[job.pk]) if job else _address(row)
            return redirect(request, address, "It is being posted." if job else "The remittance is posted.")
    return _page(request, row, posting=form)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.POST_REMITTANCES)
@fresh_login("take a posted remittance back")
def remittances_take_back(request: StaffRequest, reconciliation_id: UUID) -> HttpResponse:
    """Take a posted remittance off the ledger; it is there again as a draft."""
    row, form = _remittance(reconciliation_id), TakeBackForm(sent(request))
    if form.is_valid():
        with form.refusals():
            again = take_back_or_ask(by=request.user, reconciliation=row, reason=form.cleaned_data["reason"])
            if isinstance(again, Job):
                return redirect(request, reverse("jobs:jobs_detail", args=[again.pk]), "It is being taken back.")
            return redirect(request, _address(again), "It is taken back. This is the same remittance, to be posted.")
    return render(request, "billing/remittances/take_back.html", {"row": row, "form": form}, status=form.http_status)


@require_POST
@staff_view(Permission.POST_REMITTANCES)
def remittances_payer(request: StaffRequest, reconciliation_id: UUID) -> HttpResponse:
    """Say which payer sent it."""
    row, form = _remittance(reconciliation_id), PayerForm(request.POST)
    if form.is_valid():
        with form.refusals():
            choose_payer(by=request.user, reconciliation=row, payer=form.cleaned_data["payer"])
            return redirect(request, _address(row), "The payer is chosen.")
    return _page(request, row, payer=form)


@require_POST
@staff_view(Permission.POST_REMITTANCES)
def remittances_set_aside(request: StaffRequest, reconciliation_id: UUID) -> HttpResponse:
    """Say that it is never posted, and why."""
    row, form = _remittance(reconciliation_id), SetAsideForm(request.POST)
    if form.is_valid():
        with form.refusals():
            set_aside(by=request.user, reconciliation=row, reason=form.cleaned_data["reason"])
            return redirect(request, _address(row), "The remittance is set aside.")
    return _page(request, row, aside=form)


def _remittance(key: UUID) -> PaymentReconciliation:
    row: PaymentReconciliation | None = remittances().filter(pk=key).first()
    if row is None:
        raise Http404
    return row


def _address(row: PaymentReconciliation) -> str:
    return reverse("billing:remittances_detail", args=[row.pk])


def _page(
    request: StaffRequest,
    row: PaymentReconciliation,
    *,
    posting: PostForm | None = None,
    payer: PayerForm | None = None,
    aside: SetAsideForm | None = None,
) -> HttpResponse:
    after = request.GET.get("after", "")
    decisions, more = decisions_page(request.user, row, int(after) if after.isdecimal() and len(after) < 8 else 0)
    record_access(request, {one.response.patient_id for one in decisions if one.response.patient_id}, section="billing")
    faulty: Form | None = posting or payer or aside
    job = job_of(row)
    context = {
        "row": row,
        "at_work": job if job is not None and not job.is_finished else None,
        "decisions": decisions,
        "codes": _codes(decisions),
        "known": known_with(row),
        "tie": tie_of(row),
        "moves": moves_of(row),
        "adjustments": list(row.adjustments.all()[:100]),
        "first_url": _address(row) if after else None,
        "more_url": link(_address(row), after=more) if more else None,
        "problem": faulty,
        "post_form": posting or PostForm(),
        "payer_form": payer or PayerForm(),
        "aside_form": aside or SetAsideForm(),
    }
    status = faulty.http_status if faulty is not None else 200
    return render(request, "billing/remittances/detail.html", context, status=status)


def _codes(decisions: list[DecisionRow]) -> list[Said]:
    """What the codes on the page mean, each once; those alone of which that is known."""
    reasons = {code for one in decisions for code in one.response.reason_codes}
    remarks = {code for one in decisions for code in one.response.remark_codes}
    return [one for one in said(sorted(reasons) + sorted(remarks), texts_of(reasons, remarks)) if one.text]
