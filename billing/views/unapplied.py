"""The worklist of money that isn't set off against anything yet."""

from __future__ import annotations

from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.queries.unapplied import claims_with_payers_money, patients_with_credit, waiting_money
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.reads import record_access


@require_safe
@staff_view(Permission.VIEW_BILLING)
def credits_list(request: StaffRequest) -> HttpResponse:
    """Patients with unapplied credit, and claims on which payers paid too much."""
    rows, claims = patients_with_credit(request.user), claims_with_payers_money(request.user)
    seen = {row.patient.pk for row in rows} | {row.claim.patient_id for row in claims}
    record_access(request, sorted(seen), section="billing")
    waiting = waiting_money()
    context = {
        "rows": rows,
        "claims": claims,
        "total": sum((row.balance.credit for row in rows), Decimal(0)),
        "waiting": waiting,
        "payers_total": sum((row.amount for row in claims), waiting),
        "may_apply": request.user.has_perm(Permission.TAKE_PAYMENTS),
        "may_refund": request.user.has_perm(Permission.CLOSE_DAY),
    }
    return render(request, "billing/credits/list.html", context)
