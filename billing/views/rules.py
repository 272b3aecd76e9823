"""What claims are held to: the house's rules to read, the clinic's own to keep."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.actions.rules import checked, save_rule
from billing.choices import RuleKind
from billing.cms1500.edits import Severity
from billing.forms.rules import RuleForm, SearchForm
from billing.models import ClaimRule
from billing.queries.rules import Preview, house_rules, missing_lists, own_rules, preview
from billing.scrubber import OwnRule
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui.forms import sent
from emr.ui.htmx import redirect

_FIELDS = (
    *("kind", "payer", "codes", "values", "message", "source", "severity", "period_start", "period_end", "active"),
)


@require_safe
@staff_view(Permission.VIEW_BILLING)
def rules_list(request: StaffRequest) -> HttpResponse:
    """Every rule: what it checks, in which box, why, and where a claim is mended that breaks it."""
    words = SearchForm(request.GET).words()
    own, house = own_rules(words), house_rules(words)
    context = {
        "words": words,
        "own": own,
        "house": house,
        "missing": missing_lists(),
        "count": sum(len(rules) for _, rules in house),
        "may_change": request.user.has_perm(Permission.MANAGE_FEES),
    }
    return render(request, "billing/rules/list.html", context)


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_FEES)
def rules_add(request: StaffRequest) -> HttpResponse:
    """A new rule of the clinic."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_FEES)
def rules_edit(request: StaffRequest, rule_id: UUID) -> HttpResponse:
    """Change a rule of the clinic, or take it out of use."""
    return _edit(request, get_object_or_404(ClaimRule.objects.select_related("payer"), pk=rule_id))


def _edit(request: StaffRequest, rule: ClaimRule | None) -> HttpResponse:
    initial = {name: getattr(rule, name) for name in _FIELDS} if rule else {}
    form, told = RuleForm(sent(request), initial=initial), None
    if form.is_valid():
        with form.refusals():
            if "preview" in request.POST:
                told = _preview(form)
            else:
                _, job = save_rule(by=request.user, rule=rule, **form.cleaned_data)
                words = "The rule is kept. Open claims are checked again."
                return redirect(request, reverse("jobs:jobs_detail", args=[job.pk]), words)
    context = {"form": form, "rule": rule, "told": told}
    return render(request, "billing/rules/form.html", context, status=200 if told else form.http_status)


def _preview(form: RuleForm) -> Preview:
    data = form.cleaned_data
    start, end = data["period_start"], data["period_end"]
    kept = checked(
        kind=data["kind"], codes=data["codes"], values=data["values"], message=data["message"], start=start, end=end
    )
    rule = OwnRule(
        key="",
        kind=RuleKind(data["kind"]),
        codes=tuple(kept.codes),
        values=tuple(kept.values),
        message=kept.message,
        severity=Severity(data["severity"]),
        payer=str(data["payer"].pk) if data["payer"] else "",
        start=start,
        end=end,
    )
    return preview(rule)
