"""Who may open a chart: restrict it, grant it, keep somebody out. The pages show the patient's identity alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view, openable
from clinic.actions.grants import (
    deny_chart,
    grant_chart,
    grant_chart_to_role,
    lift_denial,
    revoke_grant,
    set_restricted,
)
from clinic.forms.access import DenialForm, FindChartForm, GrantForm, ReasonForm, RestrictForm
from clinic.models import Patient, PatientDenial
from clinic.queries.access import chart_access, found_charts, grant_of, kept_charts
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import sent

_MAY = Permission.RESTRICT_CHARTS


@staff_view(_MAY)
@require_http_methods(["GET", "HEAD", "POST"])
def charts(request: StaffRequest) -> HttpResponse:
    """The restricted charts and those with somebody kept out; and any patient, by what is typed."""
    known = openable(request.user, _MAY)
    form = FindChartForm(sent(request))
    text = form.cleaned_data["q"] if form.is_valid() else ""
    rows = found_charts(text, known) if text else kept_charts(known)
    record_access(request, [row.id for row in rows], section="access", action=AccessAction.SEARCH)
    return render(request, "clinic/access/list.html", {"rows": rows, "form": form, "text": text})


@require_safe
@chart_view(_MAY, section="access")
def chart(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Who may open this chart, who may not, and why."""
    return _page(request, patient)


@require_POST
@chart_view(_MAY, section="access")
@fresh_login("restrict or open this chart")
def restrict(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Restrict the chart, or open it to everybody again."""
    form = RestrictForm(request.POST, prefix="restrict")
    if form.is_valid():
        try:
            row = set_restricted(by=request.user, patient=patient, **form.cleaned_data)
        except DomainError as refusal:
            return htmx.redirect(request, _url(patient), str(refusal), "error")
        said = "The chart is restricted." if row.restricted else "The chart is not restricted any more."
        return htmx.redirect(request, _url(patient), said)
    return _page(request, patient, restrict_form=form)


@require_POST
@chart_view(_MAY, section="access")
@fresh_login("grant this chart")
def grant(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Grant the chart to a person or a role."""
    form = GrantForm(request.POST, prefix="grant")
    if form.is_valid():
        data = form.cleaned_data
        common = {"by": request.user, "patient": patient, "reason": data["reason"], "expires_at": data["until"]}
        with form.refusals():
            if data["user"]:
                grant_chart(user=data["user"], **common)
            else:
                grant_chart_to_role(group=data["role"], **common)
            return htmx.redirect(request, _url(patient), "The grant is in force.")
    return _page(request, patient, grant_form=form)


@require_POST
@chart_view(_MAY, section="access")
@fresh_login("take this grant back")
def revoke(request: StaffRequest, patient: Patient, grant_id: UUID) -> HttpResponseBase:
    """Take a grant back."""
    row = grant_of(patient, grant_id)
    if row is None:
        raise Http404
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return htmx.redirect(request, _url(patient), "Say why the grant is taken back.", "error")
    revoke_grant(by=request.user, grant=row, reason=form.cleaned_data["reason"])
    return htmx.redirect(request, _url(patient), "The grant is taken back.")


@require_POST
@chart_view(_MAY, section="access")
@fresh_login("keep somebody out of this chart")
def deny(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Keep a person out of the chart."""
    form = DenialForm(request.POST, prefix="deny")
    if form.is_valid():
        with form.refusals():
            deny_chart(by=request.user, patient=patient, **form.cleaned_data)
            to = reverse("clinic:access_charts") if form.cleaned_data["user"] == request.user else _url(patient)
            return htmx.redirect(request, to, f"{form.cleaned_data['user']} is kept out of this chart.")
    return _page(request, patient, deny_form=form)


@require_POST
@chart_view(_MAY, section="access")
@fresh_login("let somebody in again")
def lift(request: StaffRequest, patient: Patient, denial_id: UUID) -> HttpResponseBase:
    """Let a person in again who was kept out."""
    row = PatientDenial.objects.filter(patient=patient, pk=denial_id).first()
    if row is None:
        raise Http404
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return htmx.redirect(request, _url(patient), "Say why the denial is lifted.", "error")
    lift_denial(by=request.user, denial=row, reason=form.cleaned_data["reason"])
    return htmx.redirect(request, _url(patient), "The denial is lifted.")


def _page(request: HttpRequest, patient: Patient, **forms: Any) -> HttpResponse:
    context = {
        "patient": patient,
        "page": chart_access(patient),
        "restrict_form": RestrictForm(prefix="restrict", initial={"restricted": "no" if patient.restricted else "yes"}),
        "grant_form": GrantForm(prefix="grant"),
        "deny_form": DenialForm(prefix="deny"),
        **forms,
    }
    return render(request, "clinic/access/chart.html", context, status=422 if forms else 200)


def _url(patient: Patient) -> str:
    return reverse("clinic:access_chart", args=[patient.pk])
