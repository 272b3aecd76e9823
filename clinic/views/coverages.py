"""Insurance of a patient, and the list of payers."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic.access import chart_view
from clinic.actions import coverages as actions
from clinic.actions.errors import enter_in_error
from clinic.chart import chart_context
from clinic.forms.coverages import (
    CoverageEditForm,
    CoverageEndForm,
    CoverageErrorForm,
    CoverageForm,
    CoverageReplaceForm,
    OnDayForm,
    PayerEditForm,
    PayerForm,
    SwapForm,
    coverage_initial,
    payer_initial,
)
from clinic.models import Coverage, Patient, Payer
from clinic.queries.coverages import (
    ORDER_LABELS,
    CoverageRow,
    cards_of,
    coverage_rows,
    period_words,
    swappable,
)
from clinic.queries.eligibility import latest_rows
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.jobs.queries.jobs import job_for
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict
from emr.shared.records import uuid7
from emr.ui import formats, htmx
from emr.ui.forms import Form, sent

_page = require_http_methods(["GET", "HEAD", "POST"])


@chart_view(Permission.VIEW_COVERAGE, section="coverages")
def coverages(request: StaffRequest, patient: Patient) -> HttpResponse:
    """All policies of a patient with their periods, and which of them counts on a day of service; past ones stay."""
    form = OnDayForm(request.GET)
    day = form.day()
    rows, cards = coverage_rows(patient, day), cards_of(patient)
    context = {
        **chart_context(request, patient, "coverages"),
        "coverages": rows,
        "in_force": sorted(
            (row for row in rows if row.current), key=lambda row: list(ORDER_LABELS.values()).index(row.order)
        ),
        "swappable": swappable(rows),
        "cards": {row.id: cards.pictures(UUID(row.id), row.policy) for row in rows},
        "answers": latest_rows(patient),
        "day": day,
        "is_today": day == clinic_today(),
        "form": OnDayForm(initial={"on": day}),
        "tokens": [uuid7() for _ in rows],
        "job": _job(request),
    }
    return render(request, "clinic/coverages/list.html", context)


def _job(request: StaffRequest) -> Any:
    """The check that was just asked for, if the address names one of the reader's own."""
    try:
        key = UUID(request.GET.get("job", ""))
    except ValueError:
        return None
    return job_for(request.user, key)


@chart_view(Permission.EDIT_COVERAGE, section="coverages")
@_page
def add(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Add a policy."""
    form = CoverageForm(sent(request), patient=patient)
    if form.is_valid():
        data = form.cleaned_data
        with form.refusals():
            actions.add_coverage(
                by=request.user,
                patient=patient,
                order=data["order"],
                request_token=data["token"],
                **form.coverage(),
            )
            return _done(request, patient, "The policy is added.")
    return _form_page(request, patient, form, title="Add a policy", button="Add policy")


@chart_view(Permission.EDIT_COVERAGE, section="coverages")
@_page
def edit(request: StaffRequest, patient: Patient, coverage_id: UUID) -> HttpResponseBase:
    """Correct a policy."""
    coverage = _of(patient, coverage_id)
    form = CoverageEditForm(sent(request), patient=patient, initial=coverage_initial(coverage))
    if form.is_valid():
        data = form.cleaned_data
        changes = {**form.coverage(), "order": data["order"], "version_seen": data["version"]}
        with form.refusals():
            actions.update_coverage(by=request.user, coverage=coverage, **changes)
            return _done(request, patient, "The policy is saved.")
    return _form_page(request, patient, form, title=f"Change {coverage}", button="Save policy")


@chart_view(Permission.EDIT_COVERAGE, section="coverages")
@_page
def replace(request: StaffRequest, patient: Patient, coverage_id: UUID) -> HttpResponseBase:
    """Put a new policy in the place of an old one, which ends the day before."""
    coverage = _of(patient, coverage_id)
    form = CoverageReplaceForm(sent(request), patient=patient)
    if form.is_valid():
        fields = {**form.coverage(), "request_token": form.cleaned_data["token"]}
        with form.refusals():
            actions.replace_coverage(by=request.user, coverage=coverage, **fields)
            return _done(request, patient, f"{coverage} is replaced.")
    return _form_page(request, patient, form, title=f"Replace {coverage}", button="Replace policy")


@chart_view(Permission.EDIT_COVERAGE, section="coverages")
@_page
def end(request: StaffRequest, patient: Patient, coverage_id: UUID) -> HttpResponseBase:
    """Give a policy its last day."""
    coverage = _of(patient, coverage_id)
    form = CoverageEndForm(sent(request))
    if form.is_valid():
        day = form.cleaned_data["period_end"]
        with form.refusals():
            actions.end_coverage(by=request.user, coverage=coverage, on=day)
            return _done(request, patient, f"{coverage} has its last day.")
    return _small_page(request, patient, form, coverage, title="End this policy", button="End policy")


@chart_view(Permission.EDIT_COVERAGE, section="coverages")
@_page
def error(request: StaffRequest, patient: Patient, coverage_id: UUID) -> HttpResponseBase:
    """Say that a policy never was the patient's."""
    coverage = _of(patient, coverage_id)
    form = CoverageErrorForm(sent(request))
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        with form.refusals():
            enter_in_error(by=request.user, row=coverage, reason=reason)
            return _done(request, patient, f"{coverage} is marked as entered in error.")
    return _small_page(request, patient, form, coverage, title="Entered in error", button="Mark as wrong")


@chart_view(Permission.EDIT_COVERAGE, section="coverages")
@require_POST
def swap(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Exchange the primary and the secondary policy: from a day on, or because they were the wrong way round."""
    form = SwapForm(request.POST)
    if form.is_valid():
        since = form.cleaned_data["since"]
        pair = swappable(coverage_rows(patient, since))
        if pair and pair[0].id != str(form.cleaned_data["primary"]):
            form.take(Conflict("The policies were exchanged meanwhile. Look at their order before you exchange them."))
        elif pair:
            with form.refusals():
                _swap(request, patient, pair, since)
                said = f"From {formats.day(since)} on, primary" if since else "Primary"
                return _done(request, patient, f"{said} and secondary are exchanged.")
    said = " ".join(str(error) for errors in form.errors.values() for error in errors)
    said = said or "No primary and secondary policy are in force to exchange."
    return htmx.redirect(request, _list_url(patient), said, "error")


def _swap(request: StaffRequest, patient: Patient, pair: tuple[CoverageRow, CoverageRow], since: date | None) -> None:
    first, second = (_of(patient, UUID(row.id)) for row in pair)
    by = request.user
    if since is None:
        actions.swap_order(by=by, patient=patient, first=first, second=second)
    else:
        actions.swap_from(by=by, patient=patient, first=first, second=second, since=since)


@chart_view(Permission.EDIT_COVERAGE, section="coverages")
@require_POST
def verify(request: StaffRequest, patient: Patient, coverage_id: UUID) -> HttpResponseBase:
    """Say that a policy was gone through with the patient and is right."""
    coverage = _of(patient, coverage_id)
    form = Form(request.POST)
    if form.is_valid():
        with form.refusals():
            actions.verify_coverage(by=request.user, coverage=coverage)
            return _done(request, patient, f"{coverage} is verified.")
    return htmx.redirect(request, _list_url(patient), " ".join(map(str, form.non_field_errors())), "error")


@staff_view(Permission.EDIT_COVERAGE)
def payers(request: StaffRequest) -> HttpResponse:
    """The payers that policies may name."""
    return render(request, "clinic/coverages/payers.html", {"payers": list(Payer.objects.all())})


@staff_view(Permission.EDIT_COVERAGE)
@_page
def add_payer(request: StaffRequest) -> HttpResponseBase:
    """Add an insurance company."""
    form = PayerForm(sent(request))
    if form.is_valid():
        fields = form.cleaned_data
        with form.refusals():
            actions.add_payer(by=request.user, **fields)
            return htmx.redirect(request, reverse("clinic:payers_list"), f"{fields['name']} is added.")
    context = {"form": form, "title": "Add a payer", "button": "Add payer"}
    return render(request, "clinic/coverages/payer_form.html", context, status=form.http_status)


@staff_view(Permission.EDIT_COVERAGE)
@_page
def edit_payer(request: StaffRequest, payer_id: UUID) -> HttpResponseBase:
    """Correct an insurance company, or take it out of use."""
    payer = get_object_or_404(Payer, pk=payer_id)
    form = PayerEditForm(sent(request), initial=payer_initial(payer))
    if form.is_valid():
        fields = dict(form.cleaned_data)
        seen = fields.pop("version")
        with form.refusals():
            actions.update_payer(by=request.user, payer=payer, version_seen=seen, **fields)
            return htmx.redirect(request, reverse("clinic:payers_list"), f"{fields['name']} is saved.")
    context = {"form": form, "title": f"Change {payer}", "button": "Save payer"}
    return render(request, "clinic/coverages/payer_form.html", context, status=form.http_status)


def _of(patient: Patient, coverage_id: UUID) -> Coverage:
    """The policy, if it is this patient's: an id of somebody else's gives 404."""
    return get_object_or_404(Coverage.objects.select_related("payer"), pk=coverage_id, patient=patient)


def _form_page(request: StaffRequest, patient: Patient, form: CoverageForm, *, title: str, button: str) -> HttpResponse:
    context = {**chart_context(request, patient, "coverages"), "form": form, "title": title, "button": button}
    return render(request, "clinic/coverages/form.html", context, status=form.http_status)


def _small_page(
    request: StaffRequest, patient: Patient, form: Form, coverage: Coverage, *, title: str, button: str
) -> HttpResponse:
    context = {
        **chart_context(request, patient, "coverages"),
        "form": form,
        "title": title,
        "button": button,
        "policy": str(coverage),
        "period": period_words(coverage),
    }
    return render(request, "clinic/coverages/small_form.html", context, status=form.http_status)


def _done(request: StaffRequest, patient: Patient, said: str) -> HttpResponse:
    return htmx.redirect(request, _list_url(patient), said)


def _list_url(patient: Patient) -> str:
    return reverse("clinic:coverages_list", args=[patient.pk])
