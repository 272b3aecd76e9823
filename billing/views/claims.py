"""The worklist of claims: as a page and as a file, and what sends or checks many of them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from billing.actions.worklist import Outcome, check_chosen, submit_chosen
from billing.choices import ClaimState
from billing.forms.claims import SelectionForm
from billing.forms.worklist import ClaimFilterForm, ManyForm
from billing.models import Claim
from billing.queries.asking import Asking
from billing.queries.claim_filter import Filter
from billing.queries.claim_rows import FIXED, cells, columns_of
from billing.queries.claims import ClaimsPage, claim_rows, claims_chosen, claims_page
from billing.queries.scrubbing import warnings_of
from billing.queues import QUEUES
from billing.views.lists import payer_options
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.csv_files import csv_response
from emr.ui import formats
from emr.ui.htmx import redirect
from emr.ui.navigation import Tab

#: Where a session keeps what was done last, and for how many seconds it offers to take that back.
UNDO, UNDO_SECONDS = "claims_undo", 120
#: Ways of looking at the list that are asked for every day.
_VIEWS = (
    ("My claims", Filter(assignee="me")),
    ("Nobody's", Filter(assignee="nobody")),
    ("Due to be filed", Filter(filing=30)),
    ("No answer for 30 days", Filter(queue="sent", days=30)),
)


@require_safe
@staff_view(Permission.VIEW_BILLING)
def claims_list(request: StaffRequest) -> HttpResponse:
    """The biller's worklist."""
    return list_page(request, ClaimFilterForm(request.GET))


def list_page(request: StaffRequest, narrow: ClaimFilterForm, work: ManyForm | None = None) -> HttpResponse:
    """The list as ``narrow`` asks for it; with what was to be done and can't be, if ``work`` is given."""
    chosen = narrow.chosen()
    page = claims_page(request.user, chosen, narrow.before_key())
    record_access(request, [row.claim.patient_id for row in page.rows], section="billing")
    context = {
        "page": page,
        "narrow": narrow,
        "chosen": chosen,
        "work": work or ManyForm(people=page.people, user=request.user),
        "selected": set(work.data.getlist("claim")) if work else set(),  # type: ignore[attr-defined]
        "queues": _tabs(page, chosen),
        "views": [Tab(label, address(view), current=chosen == view) for label, view in _VIEWS],
        "chips": _chips(chosen),
        "undo": _undo(request),
        **_options(page),
        **_links(chosen, narrow, page),
        **_may(request),
    }
    return render(request, "billing/claims/list.html", context, status=work.http_status if work else 200)


@require_safe
@staff_view(Permission.EXPORT_CLAIMS)
@fresh_login("export these claims", reading=True)
def claims_export(request: StaffRequest) -> StreamingHttpResponse:
    """The worklist as a file, all its pages. Each patient in it is on record as exported."""
    chosen = ClaimFilterForm(request.GET).chosen()
    columns, rows = columns_of(chosen.columns), list(claim_rows(request.user, chosen))
    record_access(request, [row.claim.patient_id for row in rows], section="billing", action=AccessAction.EXPORT)
    heads = [*FIXED, *(column.label for column in columns)]
    return csv_response("claims.csv", heads, (cells(row, columns) for row in rows))


@require_POST
@staff_view(Permission.CREATE_CLAIMS)
def claims_submit(request: StaffRequest) -> HttpResponse:
    """Submit the chosen claims; what isn't ready stays, and is named."""
    claims = _selected(request)
    if not claims:
        return redirect(request, back_of(request), "Choose at least one claim.", "warning")
    warned = warnings_of(claims)
    outcome = submit_chosen(by=request.user, claims=claims)
    return tell(request, outcome, "submitted", f" Print or send them next.{warned}")


@require_POST
@staff_view(Permission.CREATE_CLAIMS)
def claims_check(request: StaffRequest) -> HttpResponse:
    """Bring the chosen drafts up to date and check them again; what is no draft any more is named."""
    chosen = _selected(request)
    drafts = [claim for claim in chosen if claim.submitted_at is None and claim.state != ClaimState.VOID]
    if not drafts:
        return redirect(request, back_of(request), "Choose claims that are not submitted yet.", "warning")
    outcome = check_chosen(by=request.user, claims=drafts)
    outcome.refused += [
        f"Claim {claim.number} is {claim.get_state_display().lower()} and doesn't change any more."
        for claim in chosen
        if claim not in drafts
    ]
    held = sum(claim.state == ClaimState.HELD for claim in outcome.done)
    return tell(request, outcome, f"checked, {held} held")


def tell(request: StaffRequest, outcome: Outcome, done: str, more: str = "") -> HttpResponse:
    """Back to the list, with what was done, to how many, and each claim to which it wasn't; ``more`` follows what was
    done.
    """
    if outcome.changes and len(outcome.changes) == len(outcome.done):
        words = f"{count(len(outcome.done))} {done}."
        request.session[UNDO] = {"words": words, "at": int(time.time()), "changes": outcome.changes}
    else:
        request.session.pop(UNDO, None)
        if outcome.done:
            messages.success(request, f"{count(len(outcome.done))} {done}.{more}")
    if outcome.refused:
        messages.error(request, f"Not done to {count(len(outcome.refused))}. {' '.join(outcome.refused)}")
    return redirect(request, back_of(request))


def count(number: int) -> str:
    """So many claims."""
    return "1 claim" if number == 1 else f"{formats.number(number)} claims"


def back_of(request: StaffRequest) -> str:
    """The list as it was filtered; only addresses of this site are followed."""
    back = request.POST.get("back", "")
    safe = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if safe else reverse("billing:claims_list")


def address(chosen: Filter, name: str = "billing:claims_list", **more: Any) -> str:
    """The list, or another page about the same claims, with its filter."""
    given = [*chosen.parameters(), *more.items()]
    return f"{reverse(name)}?{urlencode(given)}" if given else reverse(name)


def _selected(request: StaffRequest) -> list[Claim]:
    form = SelectionForm(request.POST)
    return claims_chosen(request.user, form.cleaned_data["claim"]) if form.is_valid() else []


def _tabs(page: ClaimsPage, chosen: Filter) -> list[Tab]:
    """All that is open, then each queue with its count."""
    everywhere = replace(chosen, states=(), queue="")
    opened = sum(number for key, number in page.counts.queues.items() if key != "done")
    tabs = [Tab("Open", address(everywhere), not chosen.queue and not chosen.states, opened)]
    for queue in QUEUES:
        url, current = address(replace(everywhere, queue=queue.key)), chosen.queue == queue.key and not chosen.states
        tabs.append(Tab(queue.label, url, current, page.counts.queues[queue.key]))
    return tabs


def _chips(chosen: Filter) -> list[dict[str, Any]]:
    """What is asked for beyond the three choices that stand beside the list; a press takes it away."""
    said = {
        "states": ", ".join(ClaimState(state).label for state in chosen.states),
        "label": chosen.label and f"Label {chosen.label}",
        "asking": chosen.asking and f"Patients asked: {Asking(chosen.asking).label.lower()}",
        "since": chosen.since and f"Service from {formats.day(chosen.since)}",
        "until": chosen.until and f"Service to {formats.day(chosen.until)}",
        "days": chosen.days is not None and f"{chosen.days} days or more in its state",
        "filing": chosen.filing is not None and f"Payer's limit within {chosen.filing} days",
        "owing": chosen.owing and "The payer owes",
        "snoozed": chosen.snoozed and "With what is snoozed",
    }
    without = Filter()
    return [
        {"label": words, "url": address(replace(chosen, **{name: getattr(without, name)})), "current": True}
        for name, words in said.items()
        if words
    ]


def _options(page: ClaimsPage) -> dict[str, list[tuple[str, str]]]:
    people = [(str(row.pk), str(row)) for row in page.people]
    return {
        "payers": [("", "Any payer"), ("self", "Self-pay"), *payer_options(page.payers)],
        "practitioners": [("", "Any practitioner"), *((str(row.pk), str(row)) for row in page.practitioners)],
        "people": [("", "Anybody's"), ("me", "Mine"), ("nobody", "Nobody's"), *people],
    }


def _links(chosen: Filter, narrow: ClaimFilterForm, page: ClaimsPage) -> dict[str, Any]:
    beside = {"payer", "practitioner", "assignee", "label", "asking", "since", "until", "days", "filing", "owing"}
    beside |= {"snoozed", "columns"}
    return {
        "here": address(chosen, before=before) if (before := narrow.before_key()) else address(chosen),
        "sort_base": address(replace(chosen, order=Filter.order)),
        "export_url": address(chosen, "billing:claims_export"),
        "older_url": address(chosen, before=page.older) if page.older else None,
        "newest_url": address(chosen) if before else None,
        "asleep_url": address(replace(chosen, snoozed=True)),
        "kept": [pair for pair in chosen.parameters() if pair[0] not in beside],
        "all_kept": chosen.parameters(),
    }


def _may(request: StaffRequest) -> dict[str, bool]:
    may = request.user.has_perm
    return {
        "may_set_fees": may(Permission.MANAGE_FEES),
        "may_submit": may(Permission.CREATE_CLAIMS),
        "may_print": may(Permission.EXPORT_CLAIMS),
    }


def _undo(request: StaffRequest) -> str:
    kept = request.session.get(UNDO)
    return str(kept["words"]) if kept and time.time() - kept["at"] < UNDO_SECONDS else ""
