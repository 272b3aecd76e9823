"""Merge two charts of one person, with a preview; see what was merged; take it apart again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view, visible_to
from clinic.actions.merges import merge_patients
from clinic.actions.unmerges import move_to_unmerged, to_review, undo_merge
from clinic.chart import chart_context
from clinic.forms.merges import FindOtherForm, MergeForm, MoveForm, UndoForm, seen_text
from clinic.models import Patient, PatientMerge
from clinic.queries.merge_pairs import likely_pairs, others_for
from clinic.queries.merge_plan import is_plain, kind_of, plan_merge, rows_by_kind
from clinic.queries.merge_sides import sides
from clinic.queries.merges import SHOWN, merges_visible_to, told
from clinic.queries.patients import find_patients
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.errors import Conflict, DomainError
from emr.ui import htmx
from emr.ui.forms import sent
from emr.ui.navigation import Tab

_page = require_http_methods(["GET", "HEAD", "POST"])
_SECTION = "merges"


@_page
@chart_view(Permission.MERGE_PATIENTS, section=_SECTION)
def start(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Choose the other chart: who is likely to be the same person, or whom one finds."""
    form = FindOtherForm(sent(request))
    seen = visible_to(request.user).exclude(pk=patient.pk)
    found = find_patients(form.cleaned_data["q"], seen).all if form.is_valid() else None
    likely = others_for(patient, seen) if found is None else []
    shown = [hit.id for hit in found] if found is not None else [one.hit.id for one in likely]
    record_access(request, shown, section=_SECTION, action=AccessAction.SEARCH)
    context = {**chart_context(request, patient, "details"), "form": form, "found": found, "likely": likely}
    return render(request, "clinic/merges/start.html", context)


@_page
@chart_view(Permission.MERGE_PATIENTS, section=_SECTION)
@fresh_login("merge two charts")
def preview(request: StaffRequest, patient: Patient, other_id: UUID) -> HttpResponse:
    """Both charts side by side, what moves, what is settled and how; then the merge itself."""
    other = get_object_or_404(visible_to(request.user).exclude(pk=patient.pk), pk=other_id)
    record_access(request, [other.pk], section=_SECTION)
    plan = plan_merge(patient, other, by=request.user)
    form = MergeForm(sent(request), choices=plan.choices, initial={"seen": seen_text(patient, other)})
    if form.is_valid():
        try:
            merge = merge_patients(by=request.user, survivor=patient, merged=other, **form.values())
        except Conflict as conflict:
            return _seen_anew(request, patient, other, str(conflict))
        except DomainError as error:
            form.take(error)
        else:
            return htmx.redirect(request, _place(merge), "The two charts are one now.")
    context = {"form": form, "plan": plan, **_both(patient, other)}
    return render(request, "clinic/merges/preview.html", context, status=form.http_status)


@require_safe
@staff_view(Permission.MERGE_PATIENTS)
def merges_list(request: StaffRequest) -> HttpResponse:
    """What was merged, and what was taken apart again."""
    rows = list(merges_visible_to(request.user)[:SHOWN])
    both = [key for row in rows for key in (row.survivor_id, row.merged_id)]
    record_access(request, both, section=_SECTION, action=AccessAction.SEARCH)
    return render(request, "clinic/merges/list.html", {"rows": rows, "tabs": _tabs("merges_list")})


@require_safe
@staff_view(Permission.MERGE_PATIENTS)
def duplicates(request: StaffRequest) -> HttpResponse:
    """Charts that may be of one person: the same birth date and the same name."""
    pairs = likely_pairs(visible_to(request.user))
    both = [hit.id for pair in pairs for hit in (pair.one, pair.other)]
    record_access(request, both, section=_SECTION, action=AccessAction.SEARCH)
    return render(request, "clinic/merges/duplicates.html", {"pairs": pairs, "tabs": _tabs("merges_duplicates")})


@require_safe
@staff_view(Permission.MERGE_PATIENTS)
def detail(request: StaffRequest, merge_id: UUID) -> HttpResponse:
    """What one merge did; the way back; and after it, what is still to be looked at."""
    return _detail(request, _merge(request, merge_id), UndoForm(), MoveForm())


@require_POST
@staff_view(Permission.MERGE_PATIENTS)
@fresh_login("take two charts apart")
def undo(request: StaffRequest, merge_id: UUID) -> HttpResponse:
    """Take the two charts apart again."""
    merge, form = _merge(request, merge_id), UndoForm(request.POST)
    if form.is_valid():
        with form.refusals():
            undone = undo_merge(by=request.user, merge=merge, **form.cleaned_data)
            left = f" Left as it is: {' '.join(undone.left)}" if undone.left else ""
            words = f"The charts are two again: {undone.moved} rows went back.{left}"
            return htmx.redirect(request, _place(merge), words, "warning" if left else "success")
    return _detail(request, _merge(request, merge_id), form, MoveForm())


@require_POST
@staff_view(Permission.MERGE_PATIENTS)
@fresh_login("move a row to the other chart")
def move(request: StaffRequest, merge_id: UUID) -> HttpResponse:
    """Give a row that was added while the charts were one to the chart that was taken out again."""
    merge, form = _merge(request, merge_id), MoveForm(request.POST)
    if form.is_valid():
        (table, key), reason = form.cleaned_data["row"], form.cleaned_data["reason"]
        with form.refusals():
            move_to_unmerged(by=request.user, merge=merge, table=table, row_id=key, reason=reason)
            return htmx.redirect(request, _place(merge), "The row is in the other chart now.")
    return _detail(request, merge, UndoForm(), form)


def _detail(request: StaffRequest, merge: PatientMerge, undo_form: UndoForm, move_form: MoveForm) -> HttpResponse:
    record_access(request, [merge.survivor_id, merge.merged_id], section=_SECTION)
    bound = undo_form if undo_form.is_bound else move_form
    review = to_review(merge)
    words = [one for one in review if is_plain(one.column.model)]
    context = {
        "merge": merge,
        "told": told(merge),
        "review": [(one, str(one.row) if one in words else "") for one in review],
        "undo_form": undo_form,
        "move_form": move_form,
        "form": bound,
        "home": "clinic:chart_summary" if request.user.has_perm(Permission.VIEW_CHART) else "clinic:patients_detail",
    }
    return render(request, "clinic/merges/detail.html", context, status=bound.http_status)


def _both(survivor: Patient, merged: Patient) -> dict[str, Any]:
    return {
        "sides": sides(survivor, merged),
        "moving": rows_by_kind(survivor, merged),
        "back": _start(survivor),
        "is_plain": is_plain,
        "kind_of": kind_of,
    }


def _seen_anew(request: StaffRequest, patient: Patient, other: Patient, message: str) -> HttpResponse:
    """The page as both charts stand now, with what was typed; a chart that is merged by now leads on."""
    now = visible_to(request.user).in_bulk([patient.pk, other.pk])
    if len(now) < 2:
        return render(request, "409.html", {"message": message}, status=409)
    patient, other = now[patient.pk], now[other.pk]
    plan = plan_merge(patient, other, by=request.user)
    data = request.POST.copy()
    data["seen"] = seen_text(patient, other)
    form = MergeForm(data, choices=plan.choices)
    context = {
        "form": form,
        "plan": plan,
        **_both(patient, other),
        "is_plain": is_plain,
        "kind_of": kind_of,
        "message": message,
    }
    return render(request, "clinic/merges/preview.html", context, status=409)


def _merge(request: StaffRequest, merge_id: UUID) -> PatientMerge:
    found = merges_visible_to(request.user).filter(pk=merge_id).first()
    if found is None:
        raise Http404
    return found


def _place(merge: PatientMerge) -> str:
    return reverse("clinic:merges_detail", args=[merge.pk])


def _start(patient: Patient) -> str:
    return reverse("clinic:merges_start", args=[patient.pk])


def _tabs(current: str) -> list[Tab]:
    pages = (("merges_duplicates", "Possible duplicates"), ("merges_list", "Merged charts"))
    return [Tab(label, reverse(f"clinic:{name}"), current=name == current) for name, label in pages]
