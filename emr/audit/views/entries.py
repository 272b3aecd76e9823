"""The reports of the logs. Looking at them is on record like looking at a chart."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit import directory
from emr.audit.actions import export_log
from emr.audit.forms import ExportForm, PatientLookUpForm, ReportForm
from emr.audit.models import AccessAction, SecurityKind
from emr.audit.queries.reports import CHANGES, EVENTS, LOGS, PAGE_SIZE, READS, Asked, Log, page_of, within
from emr.audit.queries.tables import COLUMNS, told
from emr.audit.reads import record_access
from emr.audit.security import record_security_event
from emr.ui import formats, htmx
from emr.ui.navigation import Tab

_URLS = {"changes": "audit:entries_list", "reads": "audit:reads_list", "events": "audit:events_list"}


@require_safe
@staff_view(Permission.VIEW_AUDIT)
def entries_list(request: StaffRequest) -> HttpResponse:
    """What was changed: who, when, which row, from what to what. It shows values, so it is a read of those charts."""
    return _report(request, CHANGES)


@require_safe
@staff_view(Permission.VIEW_AUDIT)
def reads_list(request: StaffRequest) -> HttpResponse:
    """What was read: who, when, whose record, what part of it, why."""
    return _report(request, READS)


@require_safe
@staff_view(Permission.VIEW_AUDIT)
def events_list(request: StaffRequest) -> HttpResponse:
    """What happened to accounts, sessions and rights."""
    return _report(request, EVENTS)


@require_POST
@staff_view(Permission.VIEW_AUDIT)
def entries_find(request: StaffRequest, log_name: str) -> HttpResponse:
    """Find the patient to whom a report is to be narrowed; one who fits alone is taken at once."""
    log = LOGS[log_name]
    form = PatientLookUpForm(request.POST)
    found = list(directory.find(request.user, form.cleaned_data["q"])) if form.is_valid() else []
    record_access(request, [label.id for label in found], section="audit", action=AccessAction.SEARCH)
    base = reverse(_URLS[log.name])
    if len(found) == 1:
        return htmx.redirect(request, f"{base}?patient={found[0].id}")
    context = {"look_up": form, "found": [(label, f"{base}?patient={label.id}") for label in found], "log": log}
    return render(request, "audit/entries/find.html", context | {"base": base}, status=422 if form.errors else 200)


@require_POST
@staff_view(Permission.EXPORT_AUDIT)
@fresh_login("export the log")
def entries_export(request: StaffRequest, log_name: str) -> HttpResponse:
    """Ask for the report, filtered as the page is, as a file."""
    log = LOGS[log_name]
    form, token = ReportForm(request.POST, log=log), ExportForm(request.POST)
    if not token.is_valid() or not form.is_valid():
        return htmx.redirect(request, reverse(_URLS[log.name]), "Filter the report anew, then ask for it.", "warning")
    job = export_log(by=request.user, log=log, asked=form.asked(), request_token=token.cleaned_data["token"])
    return htmx.redirect(request, reverse("jobs:jobs_detail", kwargs={"job_id": job.pk}))


def _report(request: StaffRequest, log: Log) -> HttpResponse:
    form = ReportForm(request.GET or None, log=log)
    asked = form.asked()
    try:
        rows = page_of(log, asked, request.GET.get("after", ""))
    except (LookupError, ValueError, ValidationError) as error:
        raise BadRequest from error
    shown = rows[:PAGE_SIZE]
    whose = [row.patient_id for row in shown] if log is CHANGES else [asked.patient_id]
    record_access(request, filter(None, whose), section=log.name, action=AccessAction.SEARCH)
    record_security_event(SecurityKind.AUDIT_VIEWED, request=request, detail=log.title)
    older = shown[-1].pk if len(rows) > PAGE_SIZE else None
    context = {
        **_around(request, log, form, asked),
        "rows": told(log, shown, request.user),
        "older_url": _link(log, asked, after=older) if older else None,
        "newest_url": _link(log, asked) if "after" in request.GET else None,
    }
    return render(request, "audit/entries/list.html", context, status=422 if form.is_bound and form.errors else 200)


def _around(request: StaffRequest, log: Log, form: ReportForm, asked: Asked) -> dict[str, Any]:
    """The page around the rows: tabs, filters, columns, what the file will hold."""
    same = {name: value for name, value in _query(asked).items() if name in ("patient", "user", "since", "until")}
    narrowed = within(asked)
    return {
        "form": form,
        "log": log,
        "columns": COLUMNS[log.name],
        "order": asked.order,
        "base": _link(log, asked, order=""),
        "tabs": [
            Tab(one.title, f"{reverse(_URLS[one.name])}?{urlencode(same)}", current=one is log) for one in LOGS.values()
        ],
        "patient": next(iter(directory.labels(request.user, [asked.patient_id]).values()), None),
        "anybody_url": _link(log, asked, patient=""),
        "filtered": _query(asked) | {"order": asked.order},
        "token": ExportForm(),
        "look_up": PatientLookUpForm(),
        "may_export": request.user.has_perm(Permission.EXPORT_AUDIT),
        "cut": formats.day(narrowed.since) if narrowed != asked else "",
    }


def _query(asked: Asked) -> dict[str, str]:
    """The filters as the URL has them."""
    names = {"user_id": "user", "patient_id": "patient"}
    return {names.get(name, name): str(value) for name, value in vars(asked).items() if value and name != "order"}


def _link(log: Log, asked: Asked, **other: Any) -> str:
    query = _query(asked) | {"order": asked.order} | {name: str(value) for name, value in other.items()}
    return f"{reverse(_URLS[log.name])}?{urlencode({name: value for name, value in query.items() if value})}"
