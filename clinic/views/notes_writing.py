"""Writing a note: the page, the draft on the server, the merge of two versions."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clinic.access import chart_view
from clinic.actions import notes as actions
from clinic.actions.encounters import set_diagnoses
from clinic.chart import chart_context
from clinic.choices import SectionKind
from clinic.diagnosis_list import changed, usable
from clinic.forms.notes import NoteForm, note_initial
from clinic.merging import merged_sections
from clinic.models import Note, NoteDraft, Patient
from clinic.printouts.notes import readable_vital
from clinic.queries.notes import chart_beside, draft_of, last_saved_by, named, others_writing, texts_of
from clinic.views.notes import detail_url, note_of, signed_meanwhile
from emr.access.decorators import StaffRequest, background
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import formats, htmx

_page = require_http_methods(["GET", "HEAD", "POST"])


@chart_view(Permission.WRITE_NOTES, section="notes")
@_page
def edit(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """The writing page. Every button of it saves the text first; ``do`` says what else it does."""
    note = note_of(request, patient, note_id)
    if request.method == "POST":
        return _saved(request, patient, note)
    if note.signed_at is not None or note.entered_in_error_at is not None:
        return htmx.redirect(request, detail_url(note))
    draft = draft_of(note, request.user)
    texts = {**texts_of(note), **(draft.sections if draft else {})}
    version = draft.base_version if draft else note.version
    form = NoteForm(initial=note_initial(texts, version), encounter=note.encounter)
    return _edit_page(request, patient, note, form, draft=draft)


@chart_view(Permission.WRITE_NOTES, section="notes", shows_chart=False)
@background
@require_POST
def autosave(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponse:
    """Keep what is typed. Answers what ``static/js/autosave.js`` expects: 200 and the time, 409 and where to go."""
    note = note_of(request, patient, note_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"text": "This is too long to keep. Shorten a section."}, status=422)
    base = form.cleaned_data["version"]
    draft = actions.save_draft(by=request.user, note=note, base_version=base, sections=form.texts())
    if note.signed_at is not None:
        said = "This note was signed meanwhile. Your text is kept: add it as an addendum."
        return JsonResponse({"text": said, "url": detail_url(note)}, status=409)
    if draft is not None and note.version > base:
        said = f"{last_saved_by(note)} saved a newer version at {formats.clock(note.updated_at)}. Your text is kept."
        return JsonResponse({"text": said, "url": _url("merge", note)}, status=409)
    writing = "".join(f" · {named(one.user)} is writing too" for one in others_writing(note, request.user))
    return JsonResponse({"text": f"Draft saved {formats.clock(timezone.now())}{writing}"})


@chart_view(Permission.WRITE_NOTES, section="notes")
@_page
def merge(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """One's own draft beside a newer version that somebody saved. Its form is sent to the writing page."""
    note = note_of(request, patient, note_id)
    draft = draft_of(note, request.user)
    if draft is None or note.signed_at is not None:
        return htmx.redirect(request, _url("edit", note))
    return _merge_page(request, patient, note, draft.sections, status=200)


@chart_view(Permission.WRITE_NOTES, section="notes")
@require_POST
def discard(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """Throw one's own unsaved text away."""
    note = note_of(request, patient, note_id)
    actions.discard_draft(by=request.user, note=note)
    return htmx.redirect(request, _url("edit", note), "Your unsaved text is discarded.")


def _saved(request: StaffRequest, patient: Patient, note: Note) -> HttpResponseBase:
    form = NoteForm(request.POST, encounter=note.encounter)
    command = request.POST.get("do", "save")
    if not form.is_valid():
        return _edit_page(request, patient, note, form, status=422)
    try:
        _change_diagnoses(request, patient, note, command, form)
        actions.save_note(by=request.user, note=note, base_version=form.cleaned_data["version"], sections=form.texts())
    except actions.NoteConflict as conflict:
        base = form.cleaned_data["version"]
        actions.save_draft(by=request.user, note=note, base_version=base, sections=conflict.mine)
        return _merge_page(request, patient, note, conflict.mine, status=409)
    except DomainError as refusal:
        return _refused(request, patient, note, form, refusal)
    if command in {"sign", "access"}:
        return htmx.redirect(request, _url(command, note))
    return htmx.redirect(request, _url("edit", note) + ("" if command == "save" else "#diagnoses"))


def _refused(
    request: StaffRequest, patient: Patient, note: Note, form: NoteForm, refusal: DomainError
) -> HttpResponseBase:
    """The page again with what was typed; for a note that was signed meanwhile, where the text can still go."""
    if note.signed_at is None:
        form.take(refusal)
        return _edit_page(request, patient, note, form, status=422)
    base = form.cleaned_data["version"]
    draft = actions.save_draft(by=request.user, note=note, base_version=base, sections=form.texts())
    return signed_meanwhile(request, patient, note, draft, f"{refusal} Your text is kept below.")


def _change_diagnoses(request: StaffRequest, patient: Patient, note: Note, command: str, form: NoteForm) -> None:
    rows = list(note.encounter.diagnoses.filter(entered_in_error_at=None))
    problems = patient.conditions.filter(entered_in_error_at=None) if command.startswith("use:") else ()
    wanted = changed(command, rows, problems, form.cleaned_data.get("diagnosis"))
    if wanted is not None:
        set_diagnoses(by=request.user, encounter=note.encounter, diagnoses=wanted)


def _edit_page(
    request: StaffRequest,
    patient: Patient,
    note: Note,
    form: NoteForm,
    *,
    draft: NoteDraft | None = None,
    status: int = 200,
) -> HttpResponse:
    beside = chart_beside(patient, note.encounter)
    context = {
        **chart_context(request, patient, "notes"),
        **beside,
        "vitals": [readable_vital(row) for row in beside["vitals"]],
        "note": note,
        "form": form,
        "draft": draft,
        "outdated": draft is not None and draft.base_version < note.version,
        "saved_by": last_saved_by(note),
        "writing": [named(one.user) for one in others_writing(note, request.user)],
        "usable": usable,
        "may_sign": request.user.has_perm(Permission.SIGN_NOTES),
        "keeps": actions.keeps(request.user, note),
    }
    return render(request, "clinic/notes/edit.html", context, status=status)


def _merge_page(
    request: StaffRequest, patient: Patient, note: Note, mine: dict[str, str], *, status: int
) -> HttpResponse:
    theirs = texts_of(note)
    sections = [
        {"label": label, "mine": mine.get(kind, ""), "theirs": theirs.get(kind, "")}
        for kind, label in SectionKind.choices
        if mine.get(kind) or theirs.get(kind)
    ]
    context = {
        **chart_context(request, patient, "notes"),
        "note": note,
        "sections": sections,
        "saved_by": last_saved_by(note),
        "merged": NoteForm(initial=note_initial(merged_sections(theirs, mine), note.version)),
    }
    return render(request, "clinic/notes/merge.html", context, status=status)


def _url(verb: str, note: Note) -> str:
    return reverse(f"clinic:notes_{verb}", args=[note.patient_id, note.pk])
