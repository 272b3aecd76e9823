"""What is ready to bill."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from billing.actions.claims import create_claims
from billing.choices import ClaimState
from billing.forms.claims import VisitsForm
from billing.queries.charges import ready_page, visits_chosen
from billing.queries.waiting import AGES, practitioners, waiting_page
from billing.views.lists import key_of, link, payer_options
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.reads import record_access
from emr.ui.htmx import redirect
from emr.ui.navigation import Tab

_LISTS = (("charges_ready", "Ready"), ("charges_waiting", "Not ready yet"))


@require_safe
@staff_view(Permission.CREATE_CLAIMS)
def charges_ready(request: StaffRequest) -> HttpResponse:
    """Visits that are signed and have no claim yet, the oldest first."""
    payer = request.GET.get("payer", "")
    payer = payer if payer == "self" or key_of(payer) else ""
    practitioner, older = _narrowing(request)
    page = ready_page(
        request.user, payer=payer, practitioner=practitioner, older=older, after=key_of(request.GET.get("after"))
    )
    record_access(request, [row.encounter.patient_id for row in page.rows], section="billing")
    base = reverse("billing:charges_ready")
    context = {
        "page": page,
        "payers": [("", "Any payer"), ("self", "Self-pay"), *payer_options(page.payers)],
        "payer": payer,
        **_pager(request, base, page.newer, payer=payer, practitioner=practitioner, older=older),
    }
    return render(request, "billing/charges/ready.html", context)


@require_safe
@staff_view(Permission.CREATE_CLAIMS)
def charges_waiting(request: StaffRequest) -> HttpResponse:
    """Visits that can't be billed yet, and why."""
    practitioner, older = _narrowing(request)
    page = waiting_page(request.user, practitioner=practitioner, older=older, after=key_of(request.GET.get("after")))
    record_access(request, [row.encounter.patient_id for row in page.rows], section="billing")
    base = reverse("billing:charges_waiting")
    context = {"page": page, **_pager(request, base, page.newer, practitioner=practitioner, older=older)}
    return render(request, "billing/charges/waiting.html", context)


def _narrowing(request: StaffRequest) -> tuple[UUID | None, int]:
    """Whose visits are looked for, and of at least how many days ago."""
    older = request.GET.get("older", "")
    return key_of(request.GET.get("practitioner")), int(older) if older in map(str, AGES) else 0


def _pager(request: StaffRequest, base: str, newer: UUID | None, **kept: Any) -> dict[str, Any]:
    """What both lists' pages show of their filters, and the way to the next visits."""
    lists = ((words, reverse(f"billing:{name}")) for name, words in _LISTS)
    return {
        "tabs": [Tab(words, url, url == base) for words, url in lists],
        "practitioners": [("", "Anybody"), *((str(one.pk), one.short_name) for one in practitioners())],
        "practitioner": str(kept["practitioner"] or ""),
        "ages": [("", "Any age"), *((str(days), f"{days} days and older") for days in AGES)],
        "older": str(kept["older"] or ""),
        "filtered": any(kept.values()),
        "newer_url": link(base, **kept) if request.GET.get("after") else None,
        "older_url": link(base, **kept, after=newer) if newer else None,
    }


@require_POST
@staff_view(Permission.CREATE_CLAIMS)
def claims_make(request: StaffRequest) -> HttpResponse:
    """Make the claims of the chosen visits; one that can't be billed doesn't hold up the others."""
    form = VisitsForm(request.POST)
    back = reverse("billing:charges_ready")
    if not form.is_valid():
        return redirect(request, back, "Choose at least one visit.", "warning")
    made, refused = create_claims(by=request.user, encounters=visits_chosen(request.user, form.cleaned_data["visit"]))
    held = sum(claim.state == ClaimState.HELD for claim in made)
    words = f"{len(made)} {'claim' if len(made) == 1 else 'claims'} made" + (f", {held} of them held." if held else ".")
    if refused:
        words += f" {len(refused)} not: {refused[0]}"
    return redirect(
        request, reverse("billing:claims_list") if made else back, words, "warning" if refused else "success"
    )
