"""Signing, cosigning and unlocking a note. Who does it has proved within minutes who they are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic.access import chart_view
from clinic.actions.signing import (
    cosign_note,
    obstacle_to_cosigning,
    obstacle_to_signing,
    sign_note,
    supervisor_of,
    unlock_note,
)
from clinic.chart import chart_context
from clinic.forms.notes import CosignForm, SignForm, UnlockForm
from clinic.models import Note, Patient
from clinic.printouts.notes import addenda_of, readable
from clinic.queries.notes import named, others_writing
from clinic.snapshots import Snapshot, fingerprint, snapshot_of, verify
from clinic.views.notes import content_of, detail_url, note_of
from emr.access.decorators import StaffRequest, fresh_login
from emr.access.permissions import Permission
from emr.shared.errors import Conflict, DomainError
from emr.ui import htmx
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])
_CHANGED = (
    "The note, its diagnoses or the vital signs changed since you opened this page. "
    "Below is what your signature would lock now: read it, then sign."
)


@chart_view(Permission.SIGN_NOTES, section="notes")
@fresh_login("sign this note")
@_page
def sign(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """Exactly what will be locked, and the signature."""
    note = note_of(request, patient, note_id)
    if note.signed_at is not None:
        return htmx.redirect(request, detail_url(note))
    snapshot = snapshot_of(note, by=request.user, at=timezone.now())
    fresh = {"version": note.version, "seen": fingerprint(snapshot)}
    form = SignForm(sent(request), initial=fresh)
    if form.is_valid():
        data = form.cleaned_data
        try:
            sign_note(by=request.user, note=note, base_version=data["version"], seen=data["seen"])
        except Conflict:
            return _sign_page(request, patient, note, SignForm(initial=fresh), snapshot, _CHANGED, status=409)
        except DomainError as refusal:
            form.take(refusal)
        else:
            return htmx.redirect(request, detail_url(note), "The note is signed.")
    return _sign_page(request, patient, note, form, snapshot, status=form.http_status)


@chart_view(Permission.SIGN_NOTES, section="notes")
@fresh_login("cosign this note")
@_page
def cosign(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """The signed note of somebody in training, to read and to answer for."""
    note = note_of(request, patient, note_id)
    form = CosignForm(sent(request), initial={"content_hash": note.content_hash})
    if form.is_valid():
        with form.refusals():
            cosign_note(by=request.user, note=note, **form.cleaned_data)
            return htmx.redirect(request, detail_url(note), "The note is cosigned.")
    obstacle = obstacle_to_cosigning(by=request.user, note=note)
    if not form.is_bound and obstacle is not None:
        return htmx.redirect(request, detail_url(note), str(obstacle), "error")
    context = {"form": form, "whole": verify(note), "addenda": addenda_of(note)}
    return _note_page(request, patient, note, "cosign", context, status=form.http_status)


@chart_view(Permission.UNLOCK_NOTES, section="notes")
@fresh_login("unlock this note")
@_page
def unlock(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """Open a signed note again, with a reason."""
    note = note_of(request, patient, note_id)
    form = UnlockForm(sent(request))
    if form.is_valid():
        with form.refusals():
            unlock_note(by=request.user, note=note, reason=form.cleaned_data["reason"])
            return htmx.redirect(
                request, detail_url(note), f"The note is open again. {named(note.author)} signs it anew."
            )
    return _note_page(request, patient, note, "unlock", {"form": form}, status=form.http_status)


def _sign_page(
    request: StaffRequest,
    patient: Patient,
    note: Note,
    form: SignForm,
    snapshot: Snapshot,
    said: str = "",
    *,
    status: int,
) -> HttpResponse:
    user = request.user
    supervisor = note.cosigner or supervisor_of(user)
    context = {
        "form": form,
        "said": said,
        "content": readable(snapshot),
        "obstacle": obstacle_to_signing(by=user, note=note),
        "writing": [named(one.user) for one in others_writing(note, user)],
        "cosigner": supervisor if supervisor_of(user) else None,
    }
    return _note_page(request, patient, note, "sign", context, status=status)


def _note_page(
    request: StaffRequest, patient: Patient, note: Note, name: str, more: dict[str, Any], *, status: int
) -> HttpResponse:
    context = {**chart_context(request, patient, "notes"), "note": note, "named": named}
    if "content" not in more:
        context["content"] = readable(content_of(note, request.user))
    return render(request, f"clinic/notes/{name}.html", {**context, **more}, status=status)
