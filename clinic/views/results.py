"""Results: the house's list of those to review, one report, its review, values by hand and corrected."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view
from clinic.actions.result_filing import take_back_report
from clinic.actions.result_review import release_report, review_report, stamp, withhold_report
from clinic.actions.results import continue_report, continues, correct_result, record_report
from clinic.chart import chart_context
from clinic.forms.results import (
    OPEN_LINES,
    ContinueForm,
    CorrectForm,
    ReleaseForm,
    ReportErrorForm,
    ReportForm,
    ReviewForm,
    WorklistForm,
)
from clinic.models import DiagnosticReport, Observation, Patient, ServiceRequest
from clinic.queries.encounters import open_visit
from clinic.queries.orders import answerable, one_order
from clinic.queries.reports import median_wait, one_report, report_page, report_rows, reviewed, unreviewed
from clinic.ranges import flag_of, read_range, read_value
from clinic.views.history import Kind, history_page, owned
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import Form, sent
from emr.ui.navigation import Tab

_page = require_http_methods(["GET", "HEAD", "POST"])
#: Other pages about results, also of the floors above, by URL name: a tab of the worklist for each that exists.
BESIDE: tuple[tuple[str, str, Permission], ...] = (
    ("Not back", "clinic:orders_worklist", Permission.VIEW_CHART),
    ("Without a patient", "interop:messages_list", Permission.FILE_RESULTS),
)

history = history_page(
    Kind(
        *("History of a report", "results", Permission.VIEW_CHART, "clinic:results_list", owned(DiagnosticReport)),
        parts=((Observation, "report"),),
        key="report_id",
    )
)


@require_safe
@staff_view(Permission.VIEW_CHART)
def worklist(request: StaffRequest) -> HttpResponse:
    """The results that wait for a review, critical ones first; or those that were reviewed, with the time it took."""
    show, whose = WorklistForm(request.GET).chosen()
    found = (reviewed if show == "reviewed" else unreviewed)(request.user, mine=whose == "mine")
    rows = report_rows(found)
    record_access(request, [row.patient.pk for row in rows], section="results", action=AccessAction.SEARCH)
    here = reverse("clinic:results_worklist")
    context = {
        "rows": rows,
        "show": show,
        "tabs": worklist_tabs(request, show),
        "chips": [
            {"label": label, "url": f"{here}?show={show}&whose={name}", "current": whose == name}
            for name, label in (("mine", "Mine"), ("all", "Everybody's"))
        ],
        "median": median_wait(found[:500]) if show == "reviewed" else "",
    }
    return render(request, "clinic/results/worklist.html", context)


def worklist_tabs(request: StaffRequest, current: str) -> list[Tab]:
    """The pages about results that belong to no single chart."""
    here = reverse("clinic:results_worklist")
    tabs = [
        Tab("To review", here, current == "waiting"),
        Tab("Reviewed", f"{here}?show=reviewed", current == "reviewed"),
    ]
    for label, name, permission in BESIDE:
        try:
            path = reverse(name)
        except NoReverseMatch:
            continue
        if request.user.has_perm(permission):
            tabs.append(Tab(label, path, current == name))
    return tabs


@require_safe
@chart_view(Permission.VIEW_CHART, section="results")
def detail(request: StaffRequest, patient: Patient, report_id: UUID) -> HttpResponse:
    """One report with its results, and what they were before."""
    return _shown(request, patient, _of(patient, report_id))


@_page
@chart_view(Permission.EDIT_CHART, section="results")
def add(request: StaffRequest, patient: Patient, order_id: UUID | None = None) -> HttpResponse:
    """Record a report by hand, as the answer of an order or of none."""
    order = one_order(patient).filter(pk=order_id).first() if order_id else None
    if order_id and order is None:
        raise Http404
    first = {"order": order, "what": order.display, "performer": order.performer} if order else {}
    form = ReportForm(sent(request), orders=answerable(patient), initial=first)
    if form.is_valid():
        with form.refusals():
            report = _recorded(request, patient, form)
            return htmx.redirect(request, _path(patient, report), "The result is on file.")
    context = {
        **chart_context(request, patient, "orders" if order else "results"),
        "form": form,
        "open_lines": OPEN_LINES,
        "back": reverse("clinic:orders_detail", args=[patient.pk, order.pk])
        if order
        else reverse("clinic:results_list", args=[patient.pk]),
    }
    return render(request, "clinic/results/form.html", context, status=form.http_status)


@_page
@chart_view(Permission.REVIEW_RESULTS, section="results")
def review(request: StaffRequest, patient: Patient, report_id: UUID) -> HttpResponse:
    """Take notice of a report."""
    report = _of(patient, report_id)
    form = ReviewForm(sent(request))
    if form.is_valid():
        data = form.cleaned_data
        with form.refusals():
            review_report(
                by=request.user,
                report=report,
                follow_up=form.follow_up(request.user),
                **{name: data[name] for name in ("seen", "comment", "release")},
            )
            return htmx.redirect(request, reverse("clinic:results_worklist"), "The result is reviewed.")
    return _shown(request, patient, report, review=form)


@require_POST
@chart_view(Permission.REVIEW_RESULTS, section="results")
def release(request: StaffRequest, patient: Patient, report_id: UUID) -> HttpResponse:
    """Let the patient see a report, or take that back."""
    report = _of(patient, report_id)
    form = ReleaseForm(request.POST)
    wanted = form.is_valid() and form.cleaned_data["release"]
    try:
        (release_report if wanted else withhold_report)(by=request.user, report=report)
    except DomainError as refused:
        return htmx.redirect(request, _path(patient, report), str(refused), "error")
    done = "The patient may see this report." if wanted else "The patient doesn't see this report any more."
    return htmx.redirect(request, _path(patient, report), done)


@_page
@chart_view(Permission.EDIT_CHART, section="results")
def correct(request: StaffRequest, patient: Patient, report_id: UUID, result_id: UUID) -> HttpResponse:
    """Put the right value in the place of a wrong one."""
    report = _of(patient, report_id)
    row = report.results.filter(pk=result_id).first()
    if row is None:
        raise Http404
    form = CorrectForm(sent(request), initial={"unit": row.value_unit})

    def write(data: dict[str, Any]) -> object:
        typed = read_value(data["value"])
        return correct_result(
            by=request.user,
            row=row,
            value=typed.number,
            words=typed.words,
            comparator=typed.comparator,
            interpretation=data["flag"] or flag_of(typed, read_range(row.reference_text)),
            reason=data["reason"],
            unit=data["unit"],
        )

    return _done(request, patient, report, form, write, f"Correct: {row.display}", "The value is corrected.", "Correct")


@_page
@chart_view(Permission.EDIT_CHART, section="results")
def more(request: StaffRequest, patient: Patient, report_id: UUID) -> HttpResponse:
    """Add what came later to a report by hand, and say whether it is complete now."""
    report = _of(patient, report_id)
    if not continues(report) or report.entered_in_error_at is not None:
        return htmx.redirect(request, _path(patient, report), "Nothing more is added to this report by hand.", "error")
    form = ContinueForm(sent(request), initial={"seen": stamp(report), "status": report.status})
    if form.is_valid():
        with form.refusals():
            data = {name: form.cleaned_data[name] for name in ("status", "conclusion", "seen")}
            row = continue_report(by=request.user, report=report, results=list(form.results()), **data)
            said = f"It is on file. The report is {row.get_status_display().lower()} now."
            return htmx.redirect(request, _path(patient, report), said)
    context = {
        **chart_context(request, patient, "results"),
        "form": form,
        "report": report,
        "page": report_page(report),
        "open_lines": OPEN_LINES,
    }
    return render(request, "clinic/results/more.html", context, status=form.http_status)


@_page
@chart_view(Permission.EDIT_CHART, section="results")
def error(request: StaffRequest, patient: Patient, report_id: UUID) -> HttpResponse:
    """Mark a report with all its results as entered in error; its order is open again."""
    report = _of(patient, report_id)

    def write(data: dict[str, Any]) -> object:
        return take_back_report(by=request.user, report=report, reason=data["reason"])

    form = ReportErrorForm(sent(request))
    done = "The report is marked as entered in error."
    return _done(request, patient, report, form, write, "Entered in error", done, "Mark as an error")


def _recorded(request: StaffRequest, patient: Patient, form: ReportForm) -> DiagnosticReport:
    data = form.cleaned_data
    order: ServiceRequest | None = data["order"]
    return record_report(
        by=request.user,
        patient=patient,
        encounter=open_visit(patient),
        order=order,
        results=list(form.results()),
        needs_review=True,
        **{
            name: data[name]
            for name in ("coding", "effective_at", "status", "performer", "conclusion", "request_token")
        },
    )


def _done(
    request: StaffRequest,
    patient: Patient,
    report: DiagnosticReport,
    form: Form,
    write: Any,
    panel: str,
    done: str,
    button: str,
) -> HttpResponse:
    if form.is_valid():
        with form.refusals():
            write(form.cleaned_data)
            return htmx.redirect(request, _path(patient, report), done)
    return _shown(request, patient, report, form=form, panel=panel, button=button)


def _of(patient: Patient, report_id: UUID) -> DiagnosticReport:
    report = one_report(patient).filter(pk=report_id).first()
    if report is None:
        raise Http404
    return report


def _path(patient: Patient, report: DiagnosticReport) -> str:
    return reverse("clinic:results_detail", args=[patient.pk, report.pk])


def _shown(
    request: StaffRequest,
    patient: Patient,
    report: DiagnosticReport,
    *,
    form: Form | None = None,
    review: ReviewForm | None = None,
    **extra: Any,
) -> HttpResponse:
    page = report_page(report)
    may_review = request.user.has_perm(Permission.REVIEW_RESULTS) and report.entered_in_error_at is None
    if page.waits and may_review and form is None and review is None:
        review = ReviewForm(initial={"seen": page.seen, "release": page.settled})
    shown = form or review
    context = {
        **chart_context(request, patient, "results"),
        "report": report,
        "page": page,
        "panel_form": form,
        "review": review,
        "form": shown,
        "may_edit": request.user.has_perm(Permission.EDIT_CHART) and report.entered_in_error_at is None,
        "may_continue": continues(report),
        "may_review": may_review,
        "misfiled_url": _misfiled(patient, report),
        **extra,
    }
    return render(request, "clinic/results/detail.html", context, status=shown.http_status if shown else 200)


def _misfiled(patient: Patient, report: DiagnosticReport) -> str:
    """Where a report that another system sent is taken away from the wrong patient; the floor above knows."""
    if not report.identifier_value:
        return ""
    try:
        return reverse("interop:messages_undo", args=[patient.pk, report.pk])
    except NoReverseMatch:
        return ""
