"""What payers refused: grouped, claim by claim, as a file; and what has to be done by which day."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from billing.forms.denials import DenialFilterForm
from billing.queries.deadlines import ANSWER, FILE, MEND, deadline_rows, deadlines_page
from billing.queries.deadlines import COLUMNS as DEADLINE_COLUMNS
from billing.queries.denials import COLUMNS, DenialFilter, denials, denied_rows, spelled
from billing.queries.reason_texts import texts_of
from billing.views.lists import key_of, link, page_number, payer_options
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.csv_files import csv_response
from emr.ui import formats

_KINDS = (("", "All"), (FILE, "Not submitted"), (MEND, "Rejected"), (ANSWER, "Refused"))


@require_safe
@staff_view(Permission.VIEW_BILLING)
def denials_list(request: StaffRequest) -> HttpResponse:
    """Refusals by reason, or by remark, and payer. It names no patient."""
    form = DenialFilterForm(request.GET)
    chosen, by_remark = form.chosen(), request.GET.get("by") == "remark"
    found = denials(request.user, chosen, remarks=by_remark)
    context = {
        "found": found,
        "total": formats.money(found.at_stake),
        "rows": [
            (group, _address("billing:denials_claims", chosen, code=group.code, payer=group.payer_id))
            for group in found.groups
        ],
        "chips": [
            {"label": "By reason", "url": _address("billing:denials_list", chosen), "current": not by_remark},
            {"label": "By remark", "url": _address("billing:denials_list", chosen, by="remark"), "current": by_remark},
        ],
        "by": "remark" if by_remark else "",
        **_filter(request, form, chosen, found.payers),
    }
    return render(request, "billing/denials/list.html", context)


@require_safe
@staff_view(Permission.VIEW_BILLING)
def denials_claims(request: StaffRequest) -> HttpResponse:
    """The claims behind a group, or all of them."""
    form = DenialFilterForm(request.GET)
    chosen = form.chosen()
    rows = denied_rows(request.user, chosen)
    shown = rows[:200]
    record_access(request, {row.claim.patient_id for row in shown}, section="billing")
    texts = texts_of([chosen.code], [chosen.code]) if chosen.code else {}
    context = {
        "rows": shown,
        "more": len(rows) - len(shown),
        "code": chosen.code,
        "reason": spelled(chosen.code),
        "text": texts.get(chosen.code, ""),
        "back": _address("billing:denials_list", DenialFilter(None, chosen.first, chosen.last)),
        "may_appeal": request.user.has_perm(Permission.CREATE_CLAIMS),
        **_filter(request, form, chosen, []),
    }
    return render(request, "billing/denials/claims.html", context)


@require_safe
@staff_view(Permission.EXPORT_CLAIMS)
@fresh_login("export these denials", reading=True)
def denials_export(request: StaffRequest) -> StreamingHttpResponse:
    """The refused claims as a file. Each patient in it is on record as exported."""
    rows = denied_rows(request.user, DenialFilterForm(request.GET).chosen())
    record_access(request, {row.claim.patient_id for row in rows}, section="billing", action=AccessAction.EXPORT)
    return csv_response("denials.csv", COLUMNS, (row.cells() for row in rows))


@require_safe
@staff_view(Permission.VIEW_BILLING)
def deadlines_list(request: StaffRequest) -> HttpResponse:
    """What has to go out by which day, the nearest first."""
    kind, payer = _asked(request)
    rows, page, more, payers = deadlines_page(
        request.user, kind=kind, payer=payer, page=page_number(request.GET.get("page"))
    )
    record_access(request, {row.claim.patient_id for row in rows}, section="billing")
    base = reverse("billing:deadlines_list")
    context = {
        "rows": rows,
        "kind": kind,
        "chips": [
            {"label": words, "url": link(base, kind=key, payer=payer), "current": key == kind} for key, words in _KINDS
        ],
        "payers": [("", "Any payer"), *payer_options(payers)],
        "payer": str(payer or ""),
        "older_url": link(base, kind=kind, payer=payer, page=page + 1) if more else None,
        "newest_url": link(base, kind=kind, payer=payer) if page > 1 else None,
        "may_export": request.user.has_perm(Permission.EXPORT_CLAIMS),
        "export_url": link(reverse("billing:deadlines_export"), kind=kind, payer=payer),
    }
    return render(request, "billing/denials/deadlines.html", context)


@require_safe
@staff_view(Permission.EXPORT_CLAIMS)
@fresh_login("export these deadlines", reading=True)
def deadlines_export(request: StaffRequest) -> StreamingHttpResponse:
    """The same as a file, all its pages. Each patient in it is on record as exported."""
    kind, payer = _asked(request)
    rows = deadline_rows(request.user, kind=kind, payer=payer)
    record_access(request, {row.claim.patient_id for row in rows}, section="billing", action=AccessAction.EXPORT)
    return csv_response("deadlines.csv", DEADLINE_COLUMNS, (row.cells() for row in rows))


def _asked(request: StaffRequest) -> tuple[str, UUID | None]:
    kind = request.GET.get("kind", "")
    return kind if kind in dict(_KINDS) else "", key_of(request.GET.get("payer"))


def _filter(request: StaffRequest, form: DenialFilterForm, chosen: DenialFilter, payers: Any) -> dict[str, Any]:
    return {
        "form": form,
        "payers": [("", "Any payer"), *payer_options(payers)],
        "payer": str(chosen.payer or ""),
        "may_export": request.user.has_perm(Permission.EXPORT_CLAIMS),
        "export_url": _address("billing:denials_export", chosen, code=chosen.code),
        "all_url": _address("billing:denials_claims", chosen),
    }


def _address(name: str, chosen: DenialFilter, **more: Any) -> str:
    said = {"payer": chosen.payer, "first": chosen.first, "last": chosen.last} | more
    return link(reverse(name), **said)
