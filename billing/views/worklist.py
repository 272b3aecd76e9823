"""What is done to the claims chosen on the worklist, taken back, and found by number."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST

from billing.actions.claim_life import assign, hold, label, note, release_hold, snooze
from billing.actions.worklist import take_back, work_on
from billing.choices import ClaimState
from billing.forms.worklist import Act, ClaimFilterForm, FindForm, ManyForm, WorkForm
from billing.models import Claim
from billing.queries.claims import billers, claims_chosen, claims_visible_to
from billing.views.claims import UNDO, UNDO_SECONDS, back_of, count, list_page, tell
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.shared.errors import DomainError
from emr.ui import formats
from emr.ui.htmx import redirect


@require_POST
@staff_view(Permission.CREATE_CLAIMS)
def claims_work(request: StaffRequest) -> HttpResponse:
    """Snooze, assign, label, hold, release or talk about the chosen claims."""
    form = ManyForm(request.POST, people=billers(), user=request.user)
    if not form.is_valid():
        return list_page(request, ClaimFilterForm(QueryDict(urlsplit(back_of(request)).query)), form)
    claims = claims_chosen(request.user, form.cleaned_data["claim"])
    outcome = work_on(by=request.user, claims=claims, work=lambda claim: do(request.user, claim, form))
    return tell(request, outcome, words_of(form))


@require_POST
@staff_view(Permission.CREATE_CLAIMS)
def claims_undo(request: StaffRequest) -> HttpResponse:
    """Take back what was done to many claims a moment ago."""
    kept = request.session.pop(UNDO, None)
    if kept is None or time.time() - kept["at"] > UNDO_SECONDS:
        return redirect(request, back_of(request), "There is nothing to take back any more.", "warning")
    claims = claims_chosen(request.user, list(kept["changes"]))
    outcome = take_back(by=request.user, claims=claims, changes=kept["changes"])
    said = f"As before: {count(len(outcome.done))}. {' '.join(outcome.refused)}"
    return redirect(request, back_of(request), said.strip(), "warning" if outcome.refused else "success")


@require_POST
@staff_view(Permission.VIEW_BILLING)
def claims_find(request: StaffRequest) -> HttpResponse:
    """Open the claim of a number, ours or the payer's. Sent, not asked for: the number stands in no address."""
    form = FindForm(request.POST)
    if not form.is_valid():
        return redirect(request, back_of(request), "Enter the number of a claim.", "warning")
    number = form.cleaned_data["number"]
    known = claims_visible_to(request.user).filter(Q(number=number) | Q(payer_control_number=number))
    found = known.only("patient_id").order_by("-created_at").first()
    if found is None:
        return redirect(request, back_of(request), "No claim has this number.", "warning")
    return redirect(request, reverse("billing:claims_detail", args=[found.patient_id, found.pk]))


def do(user: User, claim: Claim, form: WorkForm) -> object:
    """What the form says, done to a claim. Raises DomainError where the claim doesn't allow it."""
    said = form.cleaned_data
    acts: dict[Act, Callable[[], object]] = {
        Act.SNOOZE: lambda: snooze(by=user, claim=claim, until=said["snooze_until"]),
        Act.WAKE: lambda: snooze(by=user, claim=claim, until=None),
        Act.ASSIGN: lambda: assign(by=user, claim=claim, to=form.to),
        Act.LABEL: lambda: label(by=user, claim=claim, add=[said["label"]]),
        Act.UNLABEL: lambda: label(by=user, claim=claim, remove=[said["label"]]),
        Act.NOTE: lambda: note(by=user, claim=claim, text=said["text"]),
        Act.HOLD: lambda: hold(by=user, claim=claim, reason=said["hold_reason"], until=said["hold_until"]),
        Act.RELEASE: lambda: release_hold(by=user, claim=claim),
    }
    if said["act"] == Act.RELEASE and claim.state != ClaimState.ON_HOLD:
        raise DomainError(f"Claim {claim.number} isn't on hold.")
    return acts[said["act"]]()


def words_of(form: WorkForm) -> str:
    """What was done, as the end of a sentence."""
    said = form.cleaned_data
    words: dict[Act, Callable[[], str]] = {
        Act.SNOOZE: lambda: f"snoozed until {formats.day(said['snooze_until'])}",
        Act.WAKE: lambda: "back on the list",
        Act.ASSIGN: lambda: f"given to {form.to}" if form.to else "given to nobody",
        Act.LABEL: lambda: f"labelled {said['label']}",
        Act.UNLABEL: lambda: f"without the label {said['label']}",
        Act.NOTE: lambda: "noted",
        Act.HOLD: lambda: "put on hold",
        Act.RELEASE: lambda: "released and checked",
    }
    return words[said["act"]]()
