"""Care that is due: a patient's, and the clinic's by rule."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.actions.care_gaps import decide_gap, take_back_decision
from clinic.care_rules import GapStatus, rule_named, rules
from clinic.chart import chart_context
from clinic.forms.care_gaps import DueForm, GapForm, TakeBackForm
from clinic.models import Patient
from clinic.queries.care_gaps import due_of, due_page, gaps_of
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.dates import clinic_today
from emr.ui import htmx
from emr.ui.forms import sent

#: Rows of the summary's card before it says how many more there are.
_CARD = 6
_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@chart_view(Permission.VIEW_CHART, section="care")
def care(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What is due, what is done, what somebody decided."""
    return _list(request, patient)


@require_safe
@chart_view(Permission.VIEW_CHART, section="care")
def panel(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What is due longest, as a card of the summary."""
    due = due_of(patient, clinic_today())
    context = {"patient": patient, "due": due[:_CARD], "more": max(0, len(due) - _CARD)}
    return render(request, "clinic/care_gaps/_panel.html", context)


@_page
@chart_view(Permission.EDIT_CHART, section="care")
def decide(request: StaffRequest, patient: Patient, key: str) -> HttpResponse:
    """Decide about what a rule says."""
    rule = rule_named(key)
    if rule is None:
        raise Http404
    form = GapForm(sent(request), rule)
    if form.is_valid():
        with form.refusals():
            decide_gap(by=request.user, patient=patient, rule=rule, **form.decided())
            return htmx.redirect(request, _here(patient), "The decision is recorded.")
    return _list(request, patient, form=form, panel=rule.title, button="Record")


@_page
@chart_view(Permission.EDIT_CHART, section="care")
def take_back(request: StaffRequest, patient: Patient, decision_id: UUID) -> HttpResponse:
    """Say that a decision holds no more."""
    row = get_object_or_404(patient.care_gap_decisions.filter(entered_in_error_at=None), pk=decision_id)
    form = TakeBackForm(sent(request))
    if form.is_valid():
        with form.refusals():
            take_back_decision(by=request.user, row=row, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, _here(patient), "The decision is taken back.")
    return _list(request, patient, form=form, panel=f"Take back: {row.get_decision_display()}", button="Take back")


@require_safe
@staff_view(Permission.VIEW_CHART)
def due(request: StaffRequest) -> HttpResponse:
    """For one rule the patients for whom something is due, by name."""
    rule, after = DueForm(request.GET).chosen()
    rows, more = due_page(rule, request.user, clinic_today(), after)
    record_access(request, [patient.pk for patient, _ in rows], section="care", action=AccessAction.SEARCH)
    here = reverse("clinic:care_due")
    older = f"{here}?{urlencode({'rule': rule.name, 'after': rows[-1][0].pk})}" if more else None
    chips = [
        {"label": one.title, "url": f"{here}?{urlencode({'rule': one.name})}", "current": one is rule}
        for one in rules()
    ]
    context = {"rule": rule, "rows": rows, "chips": chips, "older": older, "first": after is None}
    return render(request, "clinic/care_gaps/due.html", context)


def _list(
    request: StaffRequest,
    patient: Patient,
    *,
    form: GapForm | TakeBackForm | None = None,
    panel: str = "",
    button: str = "",
) -> HttpResponse:
    told = gaps_of(patient, clinic_today())
    context = {
        **chart_context(request, patient, "care"),
        "due": [one for one in told if one.gap.status == GapStatus.DUE],
        "silenced": [one for one in told if one.gap.status == GapStatus.SILENCED],
        "done": [one for one in told if one.gap.status == GapStatus.DONE],
        "not_meant": [one for one in told if one.gap.status == GapStatus.NOT_MEANT],
        "may_edit": request.user.has_perm(Permission.EDIT_CHART),
        "form": form,
        "panel": panel,
        "button": button,
    }
    return render(request, "clinic/care_gaps/list.html", context, status=form.http_status if form else 200)


def _here(patient: Patient) -> str:
    return reverse("clinic:care_list", args=[patient.pk])
