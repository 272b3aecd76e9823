"""The pages of a room: its list, its acts, its paper and its histories, each behind the door of the chart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import chart_view
from clinic.models import Patient
from clinic.printouts.lists import list_pdf
from clinic.views.history import Kind, history_page, owned
from clinic.views.lists import Act, Room, act_page, list_page, row_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.models import AccessAction

View = Callable[..., HttpResponseBase]
_either = require_http_methods(["GET", "HEAD", "POST"])


def list_view(room: Room) -> View:
    """The list."""

    @chart_view(Permission.VIEW_CHART, section=room.section)
    def page(request: StaffRequest, patient: Patient) -> HttpResponse:
        return list_page(request, patient, room)

    return _named(require_safe(page), room, "list", f"The list of {room.noun}.")


def add_view(room: Room, act: Act) -> View:
    """The entry of a new row beside the list."""

    @chart_view(room.edit, section=room.section)
    def page(request: StaffRequest, patient: Patient) -> HttpResponse:
        return act_page(request, patient, room, act)

    return _named(_either(page), room, act.name, f"{act.label}.")


def act_view(room: Room, act: Act) -> View:
    """An act on one row, beside the list."""

    @chart_view(room.edit, section=room.section)
    def page(request: StaffRequest, patient: Patient, /, **keys: UUID) -> HttpResponse:
        assert room.model is not None  # noqa: S101  a room without one has no acts on rows
        return act_page(request, patient, room, act, row_of(room.model, patient, keys[room.key_name]))

    return _named(_either(page), room, act.name, f"{act.label}: {room.one}.")


def history_view(room: Room) -> View:
    """Who changed what of one row."""
    assert room.model is not None  # noqa: S101  a room without one has no histories
    kind = Kind(
        *(f"History of {room.one}", room.section, Permission.VIEW_CHART, room.list_url, owned(room.model)),
        parts=room.parts,
        key=room.key_name,
    )
    return history_page(kind)


def print_view(room: Room) -> View:
    """The list on paper."""

    def _list_paper(patient: Patient, by: User, printed: datetime) -> bytes:
        rows = [row for row in room.rows(patient) if not row.errored]
        return list_pdf(patient, room.title, room.columns, rows, room.empty, by=by, printed=printed)

    @chart_view(Permission.VIEW_CHART, section=room.section, action=AccessAction.PRINT)
    def page(request: StaffRequest, patient: Patient) -> HttpResponse:
        paper = (room.paper or _list_paper)(patient, request.user, timezone.now())
        name = f"{room.path or room.section}.pdf"
        headers = {"Content-Disposition": f'inline; filename="{name}"'}
        return HttpResponse(paper, content_type="application/pdf", headers=headers)

    return _named(require_safe(page), room, "print", f"The list of {room.noun} on paper.")


def _named(view: View, room: Room, verb: str, doc: str) -> View:
    view.__name__, view.__doc__ = f"{room.section}_{verb}", doc
    return view
