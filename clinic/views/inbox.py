"""The inbox: everything that waits for the person who is logged in, whoever made it wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clinic.actions.inbox import give, move_due, put_away
from clinic.forms.inbox import ActForm, InboxFilter
from clinic.queries.delegations import covering
from clinic.queries.inbox import BY_NAME, KINDS, counts
from clinic.queries.inbox_items import SHOWN, Item, done, inbox, rows_of
from clinic.queries.people import chosen
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.ui import htmx


@require_safe
@staff_view(Permission.VIEW_TASKS)
def inbox_list(request: StaffRequest) -> HttpResponse:
    """Results, documents, messages, refills, tasks and notes that wait, in one list; or what was done."""
    form = InboxFilter(request.GET)
    wanted = form.wanted
    over = wanted.get("show") == "done"
    kinds = [BY_NAME[wanted["kind"]]] if "kind" in wanted else KINDS
    rows = done(request.user, kinds) if over else _filtered(inbox(request.user, kinds), wanted)
    record_access(request, [row.patient.pk for row in rows if row.patient], section="tasks", action=AccessAction.SEARCH)
    number = counts(request.user)
    context = {
        "rows": rows,
        "done": over,
        "form": form,
        "wanted": wanted,
        "chips": _chips(wanted, number),
        "act": ActForm(),
        "page": reverse(kinds[0].page) if len(kinds) == 1 and kinds[0].page and rows and not over else "",
        "narrowed": bool(wanted.keys() - {"show", "kind"}),
        "total": sum(number.values()),
        "covering": list(covering(request.user).values()),
        "cut": SHOWN if not over and any(many > SHOWN for many in number.values()) else 0,
    }
    return render(request, "clinic/inbox/list.html", context)


@require_POST
@staff_view(Permission.VIEW_TASKS)
def act(request: StaffRequest) -> HttpResponse:
    """Do one thing to each of the chosen rows. What refuses says why; the others are done. The filters stay."""
    back = _address(InboxFilter(request.POST).wanted)
    form = ActForm(request.POST)
    rows = [row for _, row in rows_of(request.user, request.POST.getlist("item"))]
    if not rows:
        return htmx.redirect(request, back, "Choose at least one row first.", "error")
    if not form.is_valid():
        said = " ".join(str(error) for found in form.errors.values() for error in found)
        return htmx.redirect(request, back, said, "error")
    finished, refused = _each(rows, _deed(request.user, form.cleaned_data))
    if refused:
        why = " ".join(dict.fromkeys(refused))
        return htmx.redirect(request, back, f"{finished} of {len(rows)} done. {why}", "warning")
    return htmx.redirect(request, back, "Done." if finished == 1 else f"{finished} done.")


def _deed(by: User, data: Mapping[str, Any]) -> Callable[[models.Model], None]:
    """What is to be done to one row."""
    if data["act"] == "assign":
        person, role = chosen(data["to"])
        return lambda row: give(by=by, row=row, to=person, role=role)
    if data["act"] == "due":
        return lambda row: move_due(by=by, row=row, day=data["day"])
    return lambda row: put_away(by=by, row=row)


def _each(rows: list[models.Model], deed: Callable[[models.Model], None]) -> tuple[int, list[str]]:
    refused = []
    for row in rows:
        try:
            deed(row)
        except DomainError as refusal:
            refused.append(str(refusal))
    return len(rows) - len(refused), refused


_BELONGS: dict[str, Callable[[Item], bool]] = {
    "mine": lambda row: not row.covered and not row.shared,
    "shared": lambda row: row.shared,
    "covered": lambda row: row.covered,
}
_DAYS = {"late": -1, "today": 0, "week": 7}


def _filtered(rows: list[Item], wanted: Mapping[str, str]) -> list[Item]:
    """The rows that the filters let through."""
    if belongs := _BELONGS.get(wanted.get("whose", "")):
        rows = [row for row in rows if belongs(row)]
    if "due" in wanted:
        last = clinic_today() + timedelta(days=_DAYS[wanted["due"]])
        rows = [row for row in rows if row.due is not None and row.due <= last]
    return [row for row in rows if row.mark] if "mark" in wanted else rows


def _chips(wanted: Mapping[str, str], number: Mapping[str, int]) -> list[dict[str, Any]]:
    """A chip for each kind with how many wait, and one for what is done; the other filters stay."""
    kept = {k: v for k, v in wanted.items() if k not in {"kind", "show"}}
    over, current = wanted.get("show") == "done", wanted.get("kind", "")

    def chip(label: str, is_current: bool, count: int | None = None, **more: str) -> dict[str, Any]:
        url = _address({**({} if "show" in more else kept), **more})
        return {"label": label, "url": url, "current": is_current, "count": count}

    kinds = [
        chip(kind.label, not over and current == kind.name, number.get(kind.name, 0), kind=kind.name) for kind in KINDS
    ]
    everything = chip("All", not over and not current, sum(number.values()))
    return [everything, *kinds, chip("Done", over, show="done")]


def _address(wanted: Mapping[str, str]) -> str:
    """The inbox with these filters."""
    here = reverse("clinic:tasks_inbox")
    return f"{here}?{urlencode(wanted)}" if wanted else here
