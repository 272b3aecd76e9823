"""What the chart's lists have in common, so that a new list is small: its page, its entry beside it, its errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from clinic.actions.errors import enter_in_error
from clinic.chart import chart_context
from clinic.forms.lists import ErrorForm, ListForm
from clinic.models import Patient
from clinic.queries.lists import ListRow
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.records import ErrableMixin
from emr.ui import htmx
from emr.ui.forms import sent

R = TypeVar("R", bound=models.Model)


@dataclass(frozen=True)
class RowLink:
    """An act that a row offers: its label, icon, URL name."""

    label: str
    icon: str
    url_name: str
    active_only: bool = True


@dataclass(frozen=True)
class Room:
    """One list of the chart: its section, title, columns, who may write, how rows are read.

    ``noun`` completes "Record …" and "Show 3 past …". ``beside`` is how many columns stay while the entry stands
    beside the list. With ``folded`` what is not active any more waits behind a line that says how much it is.
    """

    section: str
    title: str
    columns: tuple[str, ...]
    rows: Callable[[Patient], Sequence[ListRow]]
    empty: str
    list_url: str
    noun: str
    icon_name: str
    add_url: str = ""
    add_label: str = ""
    edit: Permission = Permission.EDIT_CHART
    links: tuple[RowLink, ...] = ()
    detail_url: str = ""
    history_url: str = ""
    beside: int = 3
    folded: bool = True
    key: str = ""

    def without_links(self) -> Room:
        """The same list where nothing leads to its rows of today."""
        return replace(self, links=(), detail_url="", history_url="")


def list_page(
    request: StaffRequest, patient: Patient, room: Room, *, form: ListForm | None = None, panel: str = "", **extra: Any
) -> HttpResponse:
    """The list; with a form the entry stands beside it, so that the chart stays in view."""
    rows = room.rows(patient)
    past = [row for row in rows if not row.active and not row.errored] if room.folded else []
    context = {
        **chart_context(request, patient, room.section),
        "room": room,
        "current": [row for row in rows if row not in past and not row.errored],
        "past": past,
        "errored": [row for row in rows if row.errored],
        "may_edit": request.user.has_perm(room.edit),
        "form": form,
        "panel": panel,
        "button": "Save",
        "dangerous": False,
        "none_known_url": "",
        **extra,
    }
    status = form.http_status if form is not None else 200
    return render(request, "clinic/lists/list.html", context, status=status)


def entry(
    request: StaffRequest,
    patient: Patient,
    room: Room,
    form: ListForm,
    write: Callable[[dict[str, Any]], object],
    *,
    panel: str,
    done: str,
    **extra: Any,
) -> HttpResponse:
    """Show the form, or write what was sent and go back to the list. A refusal stands beside its field."""
    if form.is_valid():
        with form.refusals():
            write(form.cleaned_data)
            return htmx.redirect(request, reverse(room.list_url, args=[patient.pk]), done)
    return list_page(request, patient, room, form=form, panel=panel, **extra)


def row_of(model: type[R], patient: Patient, key: UUID) -> R:
    """The row of this patient with that key; a row of another patient is not there."""
    row = model._default_manager.filter(patient=patient, pk=key).first()
    if row is None:
        raise Http404
    return row


def error_entry(request: StaffRequest, patient: Patient, room: Room, row: ErrableMixin) -> HttpResponse:
    """Ask why a row is wrong, and mark it."""
    return entry(
        request,
        patient,
        room,
        ErrorForm(sent(request)),
        lambda data: enter_in_error(by=request.user, row=row, reason=data["reason"]),
        panel=f"Entered in error: {row}",
        done="The row is marked as entered in error.",
        button="Mark as an error",
        dangerous=True,
    )
