"""Notes: the list, the reading page, print, addendum, entered in error."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.access import chart_view
from clinic.actions import notes as actions
from clinic.actions.signing import obstacle_to_cosigning
from clinic.chart import chart_context
from clinic.forms.notes import AddendumForm, NoteErrorForm, NoteStartForm, shown_initial
from clinic.models import Note, NoteDraft, Patient
from clinic.note_keys import ADDENDUM, FINDING, differ, parse, texts_of
from clinic.printouts.notes import addenda_of, cosignature_of, note_pdf, readable
from clinic.queries.notes import draft_of, full_note, named, notable_encounters, note_rows
from clinic.snapshots import Snapshot, snapshot_of, verify
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.models import AccessAction
from emr.ui import formats, htmx
from emr.ui.forms import sent


@chart_view(Permission.VIEW_NOTES, section="notes")
@require_GET
def notes(request: StaffRequest, patient: Patient) -> HttpResponse:
    """All notes of a patient."""
    return list_page(request, patient, NoteStartForm(patient=patient, user=request.user))


@chart_view(Permission.WRITE_NOTES, section="notes")
@require_POST
def start(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Begin a note of a visit, or open the one that was begun."""
    form = NoteStartForm(request.POST, patient=patient, user=request.user)
    if form.is_valid():
        with form.refusals():
            note = actions.start_note(by=request.user, **form.cleaned_data)
            return htmx.redirect(request, reverse("clinic:notes_edit", args=[patient.pk, note.pk]))
    return list_page(request, patient, form)


@chart_view(Permission.VIEW_NOTES, section="notes")
@require_GET
def detail(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponse:
    """A note to read: a signed one as it was signed, an open one as it stands."""
    note = note_of(request, patient, note_id)
    draft = draft_of(note, request.user) if note.signed_at or note.entered_in_error_at else None
    return detail_page(request, patient, note, _addendum_form(note, draft), draft=draft)


@chart_view(Permission.WRITE_NOTES, section="notes")
@require_POST
def add(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """Add an addendum to a signed note."""
    note = note_of(request, patient, note_id)
    form = AddendumForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        with form.refusals():
            actions.add_addendum(
                by=request.user,
                note=note,
                text=data["text"],
                kind=data["kind"],
                request_token=data["token"],
                window=form.place,
            )
            return htmx.redirect(request, detail_url(note), "The addendum is added.")
    return detail_page(request, patient, note, form)


@chart_view(Permission.WRITE_NOTES, section="notes")
@require_http_methods(["GET", "HEAD", "POST"])
def error(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """Mark a note as entered in error, with a reason."""
    note = note_of(request, patient, note_id)
    form = NoteErrorForm(sent(request))
    if form.is_valid():
        with form.refusals():
            actions.enter_in_error(by=request.user, note=note, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, detail_url(note), "The note is marked as entered in error.")
    context = {**chart_context(request, patient, "notes"), "note": note, "form": form}
    return render(request, "clinic/notes/error.html", context, status=form.http_status)


@chart_view(Permission.VIEW_NOTES, section="notes", action=AccessAction.PRINT)
@require_GET
def print_note(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponse:
    """The note as a PDF."""
    note = note_of(request, patient, note_id)
    data = note_pdf(note, content_of(note, request.user), by=request.user)
    name = f"note-{formats.iso(note.encounter.period_start)[:10]}.pdf"
    return HttpResponse(
        data, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


def closed_meanwhile(
    request: StaffRequest, patient: Patient, note: Note, draft: NoteDraft | None, said: str
) -> HttpResponse:
    """The answer to text that came too late: the signed note with the text ready to be added to it, the note in error
    with the text to be copied."""
    return detail_page(request, patient, note, _addendum_form(note, draft), draft=draft, said=said, status=409)


def note_of(request: StaffRequest, patient: Patient, note_id: UUID) -> Note:
    """The note, if it is this patient's and the user may know of it: any other id gives 404."""
    note = full_note(patient, note_id, request.user)
    if note is None:
        raise Http404
    return note


def content_of(note: Note, user: User) -> Snapshot:
    """What was signed; of an open note, what would be signed now."""
    if note.snapshot is not None:
        signed: Snapshot = note.snapshot
        return signed
    return snapshot_of(note, by=user, at=timezone.now())


def detail_url(note: Note) -> str:
    """The reading page."""
    return reverse("clinic:notes_detail", args=[note.patient_id, note.pk])


def list_page(request: StaffRequest, patient: Patient, form: NoteStartForm) -> HttpResponse:
    """The list with the form that begins a note."""
    may_start = request.user.has_perm(Permission.WRITE_NOTES) and notable_encounters(patient).exists()
    context = {**chart_context(request, patient, "notes"), "form": form, "named": named}
    context["rows"] = note_rows(patient, request.user)
    return render(request, "clinic/notes/list.html", {**context, "may_start": may_start}, status=form.http_status)


def detail_page(
    request: StaffRequest,
    patient: Patient,
    note: Note,
    form: AddendumForm,
    *,
    draft: NoteDraft | None = None,
    said: str = "",
    status: int | None = None,
) -> HttpResponse:
    """The reading page with the form of an addendum. ``said`` is why what was sent was not taken."""
    user = request.user
    context: dict[str, Any] = {
        **chart_context(request, patient, "notes"),
        "note": note,
        "content": readable(content_of(note, user)),
        "addenda": addenda_of(note),
        "cosign": cosignature_of(note),
        "versions": note.versions.exists(),
        "whole": verify(note),
        "named": named,
        "form": form,
        "draft": draft,
        "unsaved": _draft_text(note, draft) if draft else "",
        "said": said,
        "keeps": actions.keeps(user, note),
        "may_cosign": obstacle_to_cosigning(by=user, note=note) is None,
    }
    return render(request, "clinic/notes/detail.html", context, status=status or form.http_status)


def _addendum_form(note: Note, draft: NoteDraft | None) -> AddendumForm:
    initial = {"text": _draft_text(note, draft)} | shown_initial(draft) if draft else {}
    return AddendumForm(initial=initial)


def _draft_text(note: Note, draft: NoteDraft) -> str:
    """What was typed and never saved: the addendum, or the sections that say something else than the note, by name."""
    if ADDENDUM in draft.sections:
        return str(draft.sections[ADDENDUM])
    saved = texts_of(note.sections.all())
    parts = [
        f"{key.label}: {text.strip()}"
        for given, text in draft.sections.items()
        if text.strip() and differ({given: text}, saved)
        if (key := parse(given)) is not None and not given.endswith(FINDING)
    ]
    return "\n\n".join(parts)
