"""The search of both logs. Read-only, like the logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.forms import EntriesFilterForm
from emr.audit.models import AccessAction
from emr.audit.queries.entries import PAGE_SIZE, Filter, changes, plain_changes, reads
from emr.audit.reads import record_access

K = TypeVar("K")


@require_safe
@staff_view(Permission.VIEW_AUDIT)
def entries_list(request: StaffRequest) -> HttpResponse:
    """What was changed: who, when, which row, from what to what. It shows values, so it is a read of those charts."""
    form, asked = _asked(request)
    rows = changes(asked, before=_key(request, int))
    shown = rows[:PAGE_SIZE]
    patients = [entry.patient_id for entry in shown if entry.patient_id]
    record_access(request, patients, section="changes", action=AccessAction.SEARCH)
    context = {
        "form": form,
        "rows": [(entry, plain_changes(entry)) for entry in shown],
        "older": _older(request, shown[-1].pk) if len(rows) > PAGE_SIZE else None,
    }
    return render(request, "audit/entries/list.html", context)


@require_safe
@staff_view(Permission.VIEW_AUDIT)
def reads_list(request: StaffRequest) -> HttpResponse:
    """What was read: who, when, whose record, what part of it."""
    form, asked = _asked(request)
    rows = reads(asked, before=_key(request, UUID))
    shown = rows[:PAGE_SIZE]
    context = {
        "form": form,
        "rows": shown,
        "older": _older(request, shown[-1].pk) if len(rows) > PAGE_SIZE else None,
    }
    return render(request, "audit/entries/reads.html", context)


def _asked(request: HttpRequest) -> tuple[EntriesFilterForm, Filter]:
    form = EntriesFilterForm(request.GET or None)
    if not form.is_valid():
        return form, Filter()
    data = form.cleaned_data
    return form, Filter(data["user"].pk if data["user"] else None, data["patient"], data["on"])


def _key(request: HttpRequest, read: Callable[[str], K]) -> K | None:
    given = request.GET.get("before")
    if not given:
        return None
    try:
        return read(given)
    except ValueError as error:
        raise BadRequest from error


def _older(request: HttpRequest, key: object) -> str:
    query = request.GET.copy()
    query["before"] = str(key)
    return f"?{query.urlencode()}"
