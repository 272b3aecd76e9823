"""Who may read a note: its author and its cosigner keep it confidential, and grant it to colleagues by name."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic.access import chart_view
from clinic.actions.grants import grant_note, revoke_grant
from clinic.actions.notes import keeps, set_confidential, set_cosigner
from clinic.chart import chart_context
from clinic.forms.access import NoteGrantForm, NoteKeepForm, ReasonForm
from clinic.models import Note, NoteUserGrant, Patient
from clinic.queries.notes import named, note_grants
from clinic.views.notes import note_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import sent


@chart_view(Permission.WRITE_NOTES, section="notes")
@require_http_methods(["GET", "HEAD", "POST"])
def access(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """The page, and granting the note to a colleague."""
    note = _kept(request, patient, note_id)
    form = NoteGrantForm(sent(request), note=note)
    if form.is_valid():
        data = form.cleaned_data
        with form.refusals():
            grant_note(by=request.user, note=note, user=data["user"], reason=data["reason"], expires_at=data["until"])
            return htmx.redirect(request, _url(note), f"{data['user']} may read the note.")
    return _page(request, note, form, NoteKeepForm(note=note))


@chart_view(Permission.WRITE_NOTES, section="notes")
@require_POST
def keep(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """Keep the note confidential, or not any more, and say who answers for it beside the author."""
    note = _kept(request, patient, note_id)
    form = NoteKeepForm(request.POST, note=note)
    if form.is_valid():
        with form.refusals():
            if "cosigner" in form.fields:
                set_cosigner(by=request.user, note=note, cosigner=form.cleaned_data["cosigner"])
            set_confidential(by=request.user, note=note, confidential=form.cleaned_data["confidential"])
            return htmx.redirect(request, _url(note), "Saved.")
    return _page(request, note, NoteGrantForm(note=note), form)


@chart_view(Permission.WRITE_NOTES, section="notes")
@require_POST
def revoke(request: StaffRequest, patient: Patient, note_id: UUID, grant_id: UUID) -> HttpResponseBase:
    """Take a colleague's grant back."""
    note = _kept(request, patient, note_id)
    grant = NoteUserGrant.objects.filter(content_object=note, pk=grant_id).first()
    if grant is None:
        raise Http404
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return htmx.redirect(request, _url(note), "Say why the grant is taken back.", "error")
    revoke_grant(by=request.user, grant=grant, reason=form.cleaned_data["reason"])
    return htmx.redirect(request, _url(note), f"{grant.user} may read the note no longer.")


def _kept(request: StaffRequest, patient: Patient, note_id: UUID) -> Note:
    """The note, if the user decides who reads it; a colleague to whom it is granted reads it and decides nothing."""
    note = note_of(request, patient, note_id)
    if not keeps(request.user, note):
        raise PermissionDenied
    return note


def _page(request: StaffRequest, note: Note, form: NoteGrantForm, keep_form: NoteKeepForm) -> HttpResponse:
    context = {
        **chart_context(request, note.patient, "notes"),
        "note": note,
        "form": form,
        "keep_form": keep_form,
        "grants": note_grants(note),
        "named": named,
    }
    bound = form.is_bound or keep_form.is_bound
    return render(request, "clinic/notes/access.html", context, status=422 if bound else 200)


def _url(note: Note) -> str:
    return reverse("clinic:notes_access", args=[note.patient_id, note.pk])
