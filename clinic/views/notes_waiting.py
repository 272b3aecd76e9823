"""Worklists of notes: one's own to finish, and those of others to cosign."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from clinic.access import visible_to
from clinic.actions.signing import supervisor_of
from clinic.forms.notes import CosignFilterForm
from clinic.queries.notes_waiting import awaiting_cosignature, bare_visits, left_to_sign, own_awaiting, unfinished
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.ui.navigation import Tab


@staff_view(Permission.WRITE_NOTES)
@require_GET
def unfinished_notes(request: StaffRequest) -> HttpResponse:
    """The notes that wait for the user's signature, and the user's visits without a note, oldest first."""
    user = request.user
    rows, hidden = unfinished(user, visible_to(user))
    bare, waiting = bare_visits(user, visible_to(user)), own_awaiting(user)
    left = left_to_sign(user) if user.has_perm(Permission.SIGN_NOTES) else []
    patients = {row.patient.pk for found in (rows, bare, waiting, left) for row in found}
    record_access(request, list(patients), section="unfinished", action=AccessAction.SEARCH)
    context = {"rows": rows, "hidden": hidden, "bare": bare, "waiting": waiting, "left": left}
    return render(request, "clinic/notes/unfinished.html", {**context, "tabs": _tabs(user, "unfinished")})


@staff_view(Permission.SIGN_NOTES)
@require_GET
def to_cosign(request: StaffRequest) -> HttpResponse:
    """The signed notes that wait for the user's cosignature; those of other supervisors too, when asked for."""
    user = request.user
    everybody = CosignFilterForm(request.GET).everybody
    rows = awaiting_cosignature(user, everybody=everybody)
    record_access(request, [row.patient.pk for row in rows], section="cosign", action=AccessAction.SEARCH)
    here = reverse("clinic:notes_to_cosign")
    chips = [
        {"label": "Asked of me", "url": here, "current": not everybody},
        {"label": "Of everybody", "url": f"{here}?whose=all", "current": everybody},
    ]
    context = {"rows": rows, "chips": chips, "tabs": _tabs(user, "to_cosign"), "may": supervisor_of(user) is None}
    return render(request, "clinic/notes/to_cosign.html", context)


def _tabs(user: User, current: str) -> list[Tab]:
    """The two worklists, for who works on both."""
    if not user.has_perm(Permission.SIGN_NOTES):
        return []
    pages = (("unfinished", "To finish"), ("to_cosign", "To cosign"))
    return [Tab(label, reverse(f"clinic:notes_{name}"), current=name == current) for name, label in pages]
