"""What the chart's lists have in common, so that a new list is small: a `Room` says what it is, an `Act` what is done
in it, and ``clinic.urls.rooms`` makes its pages of that (docs/decisions/0022-a-list-is-a-room.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db import models
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from clinic.actions.errors import enter_in_error
from clinic.actions.lists import Check, can_undo, stamp, undo_change
from clinic.chart import chart_context, list_tabs
from clinic.forms.lists import ConfirmForm, ErrorForm, ListForm
from clinic.models import Patient
from clinic.queries.lists import LIMIT, ListRow
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.ui import htmx
from emr.ui.forms import sent

R = TypeVar("R", bound=models.Model)
#: Writes what a form said: who does it, the patient (a new row) or the row, the form's values.
Write = Callable[[User, Any, dict[str, Any]], object]


@dataclass(frozen=True)
class Act:
    """Something that is done in a list: the form that stands beside it, and what it writes.

    ``name`` ends the URL and its name. ``on`` says which rows offer it: those that are ``active``, the ``past`` ones,
    the ``errored`` ones, or ``any`` that stands; with ``needs_parts`` only one to which rows belong. ``prefill`` shows
    the row's values, to be changed. ``title`` is the panel's; the row's own words follow it.
    """

    name: str
    label: str
    icon: str
    form: type[ListForm]
    write: Write
    done: str
    title: str = ""
    button: str = ""
    on: str = "active"
    prefill: bool = False
    dangerous: bool = False
    needs_parts: bool = False


@dataclass(frozen=True)
class Room:
    """One list of the chart: its section, title, columns, who may write, how rows are read, what is done in it.

    ``noun`` completes "Show 3 past …", ``one`` "History of …". ``beside`` is how many columns stay while the entry
    stands beside the list; a narrow screen goes without those of ``wide``, which the history tells too. With ``folded``
    what is not active any more waits behind a line that says how much it is. A room with a ``model`` has entered in
    error, taking back, history and paper without saying so. ``key_name`` is what its URLs call a row; ``parts`` are the
    models whose rows belong to one, with their foreign key. ``check`` guards what is taken back. ``above`` is a
    fragment over the list, ``more`` what it needs. ``paper`` prints another sheet than the list itself. ``ways`` lead
    from an active row to pages of their own: label, icon, URL name.
    """

    section: str
    title: str
    columns: tuple[str, ...]
    rows: Callable[[Patient], Sequence[ListRow]]
    empty: str
    noun: str
    icon_name: str
    model: type[models.Model] | None = None
    path: str = ""
    one: str = ""
    key_name: str = "row_id"
    parts: tuple[tuple[type[models.Model], str], ...] = ()
    add: Act | None = None
    acts: tuple[Act, ...] = ()
    check: Check = field(default=lambda row: None)
    edit: Permission = Permission.EDIT_CHART
    detail_url: str = ""
    beside: int = 3
    wide: tuple[str, ...] = ("Recorded",)
    folded: bool = True
    key: str = ""
    above: str = ""
    more: Callable[[Patient], dict[str, Any]] = field(default=lambda patient: {})
    paper: Callable[[Patient, User, datetime], bytes] | None = None
    linked: bool = True
    ways: tuple[tuple[str, str, str], ...] = ()

    def url_name(self, verb: str) -> str:
        """The name of one of the room's URLs."""
        return f"clinic:{self.section}_{verb}"

    @property
    def list_url(self) -> str:
        """The URL name of the list itself."""
        return self.url_name("list")

    @property
    def every_act(self) -> tuple[Act, ...]:
        """The acts on its rows: its own, and those that every list has."""
        return (*self.acts, _error(), _restore(self)) if self.model is not None else self.acts

    def acts_on(self, row: ListRow) -> list[Act]:
        """What is offered for a row."""
        state = "errored" if row.errored else "active" if row.active else "past"
        offered = (act for act in self.every_act if self.linked and (row.parts or not act.needs_parts))
        return [act for act in offered if act.on == state or (act.on == "any" and not row.errored)]

    def without_links(self) -> Room:
        """The same list where nothing leads to its rows of today."""
        return replace(self, linked=False, detail_url="")


def _error() -> Act:
    return Act(
        *("error", "Entered in error", "ban", ErrorForm),
        lambda by, row, data: enter_in_error(by=by, row=row, reason=data["reason"]),
        "The row is marked as entered in error.",
        title="Entered in error",
        button="Mark as an error",
        on="any",
        dangerous=True,
    )


def _restore(room: Room) -> Act:
    return Act(
        *("undo", "Take back the last change", "undo-2", ConfirmForm),
        lambda by, row, data: undo_change(
            by=by, row=row, seen=data.get("seen", ""), check=room.check, parts=room.parts
        ),
        "The last change is taken back.",
        title="Take back the last change",
        button="Take back",
        on="errored",
    )


def list_page(
    request: StaffRequest, patient: Patient, room: Room, *, form: ListForm | None = None, panel: str = "", **extra: Any
) -> HttpResponse:
    """The list; with a form the entry stands beside it, so that the chart stays in view."""
    rows = room.rows(patient)
    past = [row for row in rows if not row.active and not row.errored] if room.folded else []
    context = {
        **chart_context(request, patient, room.section),
        **room.more(patient),
        "room": room,
        "beside_it": list_tabs(patient, room.section),
        "current": [row for row in rows if row not in past and not row.errored],
        "past": past,
        "errored": [row for row in rows if row.errored],
        "may_edit": request.user.has_perm(room.edit),
        "changed": _changed(request, patient, room, rows),
        "form": form,
        "panel": panel,
        "button": "Save",
        "dangerous": False,
        "most": LIMIT if len(rows) >= LIMIT else None,
        **extra,
    }
    status = form.http_status if form is not None else 200
    return render(request, "clinic/lists/list.html", context, status=status)


def act_page(
    request: StaffRequest, patient: Patient, room: Room, act: Act, row: models.Model | None = None
) -> HttpResponse:
    """Show an act's form, or write what was sent and go back to the list. A refusal stands beside its field."""
    form = act.form(sent(request))
    form.prepare(patient)
    if row is not None:
        form.show(row, values=act.prefill)
    if form.is_valid():
        with form.refusals():
            act.write(request.user, row if row is not None else patient, form.cleaned_data)
            return htmx.redirect(request, _back(room, patient, act, row), act.done)
    title = act.title or act.label
    return list_page(
        *(request, patient, room),
        form=form,
        panel=f"{title}: {row}" if row is not None else title,
        button=act.button or act.label,
        dangerous=act.dangerous,
    )


def row_of(model: type[R], patient: Patient, key: UUID) -> R:
    """The row of this patient with that key; a row of another patient is not there."""
    row = model._default_manager.filter(patient=patient, pk=key).first()
    if row is None:
        raise Http404
    return row


def _back(room: Room, patient: Patient, act: Act, row: models.Model | None) -> str:
    """The list; after a change with the row that was changed, so that it can be taken back at once."""
    path = reverse(room.list_url, args=[patient.pk])
    return path if row is None or act.name == "undo" else f"{path}?{urlencode({'changed': row.pk})}"


def _changed(request: StaffRequest, patient: Patient, room: Room, rows: Sequence[ListRow]) -> dict[str, Any] | None:
    """The row that was changed last, as the address names it, and its stamp, if that can be taken back; else None."""
    row = next((row for row in rows if row.key == request.GET.get("changed")), None)
    if row is None or room.model is None:
        return None
    found = row_of(room.model, patient, UUID(row.key))
    return {"row": row, "seen": stamp(found)} if can_undo(found, room.parts) else None
