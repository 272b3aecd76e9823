"""What payers weren't asked for yet."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from billing.claim_states import DRAFTS
from billing.queries.claim_filter import Filter
from billing.queries.unbilled import COLUMNS, Unbilled, unbilled
from billing.views.claims import address
from billing.views.lists import link
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.shared.csv_files import csv_response


@require_safe
@staff_view(Permission.VIEW_BILLING)
def unbilled_list(request: StaffRequest) -> HttpResponse:
    """By payer: signed visits without a claim, and claims that didn't go out."""
    page = unbilled(request.user)
    context = {
        "page": page,
        "rows": [{"row": row, **_links(row)} for row in page.rows],
        "may_make": request.user.has_perm(Permission.CREATE_CLAIMS),
        "may_export": request.user.has_perm(Permission.EXPORT_CLAIMS),
    }
    return render(request, "billing/unbilled/list.html", context)


@require_safe
@staff_view(Permission.EXPORT_CLAIMS)
@fresh_login("export what is not billed", reading=True)
def unbilled_export(request: StaffRequest) -> StreamingHttpResponse:
    """The same as a file; it names no patient."""
    page = unbilled(request.user)
    return csv_response("unbilled.csv", COLUMNS, (row.cells() for row in [*page.rows, page.sum]))


def _links(row: Unbilled) -> dict[str, Any]:
    drafts = Filter(states=tuple(sorted(DRAFTS)), payer=row.payer or "self", snoozed=True)
    visits = link(reverse("billing:charges_ready"), payer=row.payer or "self")
    return {"visits_url": visits, "claims_url": address(drafts)}
