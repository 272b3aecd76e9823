"""Writing a note: the page, the draft on the server, the merge of two versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
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
from clinic.chart_words import HISTORIES
from clinic.choices import SectionKind
from clinic.diagnosis_list import changed, usable
from clinic.forms.notes import NoteForm, note_initial
from clinic.merging import merged_sections
from clinic.models import Note, NoteDraft, Patient
from clinic.note_keys import texts_of
from clinic.printouts.notes import readable_vital
from clinic.queries.note_layouts import Part, halves, layout_of
from clinic.queries.note_sources import answered_before, earlier_notes
from clinic.queries.notes import chart_beside, draft_of, last_saved_by, named, others_writing
from clinic.tokens import words_of
from clinic.views import notes_commands as commands
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
    texts = {**texts_of(note.sections.all()), **(draft.sections if draft else {})}
    version = draft.base_version if draft else note.version
    return _edit_page(request, patient, note, _form(note, initial=note_initial(texts, version)), texts, draft=draft)


@chart_view(Permission.WRITE_NOTES, section="notes", shows_chart=False)
@background
@require_POST
def autosave(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponse:
    """Keep what is typed. Answers what ``static/js/autosave.js`` expects: 200 and the time, 409 and where to go."""
    note = note_of(request, patient, note_id)
    form = _form(note, request.POST)
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


def _form(note: Note, data: Any = None, **kwargs: Any) -> NoteForm:
    """The form of a note, with every part that this note has or may have."""
    saved = texts_of(note.sections.all())
    return NoteForm(data, problems=note.encounter.diagnoses.all(), encounter=note.encounter, saved=saved, **kwargs)


def _saved(request: StaffRequest, patient: Patient, note: Note) -> HttpResponseBase:
    form = _form(note, request.POST)
    command = request.POST.get("do", "save")
    if not form.is_valid():
        return _edit_page(request, patient, note, form, _typed(form), status=422)
    version, texts = form.cleaned_data["version"], form.texts()
    try:
        _change_diagnoses(request, patient, note, command, form)
        saved = actions.save_note(
            by=request.user, note=note, base_version=version, sections=commands.applied(command, note, texts)
        )
    except actions.NoteConflict as conflict:
        actions.save_draft(by=request.user, note=note, base_version=version, sections=conflict.mine)
        return _merge_page(request, patient, note, conflict.mine, status=409)
    except DomainError as refusal:
        return _refused(request, patient, note, form, refusal)
    if command in {"sign", "access"}:
        return htmx.redirect(request, _url(command, note))
    try:
        commands.copy(command, by=request.user, note=saved)
    except DomainError as refusal:
        return htmx.redirect(request, _url("edit", note), str(refusal), "error")
    if command == "save" and form.cleaned_data.get("diagnosis"):
        command = "add"
    return htmx.redirect(request, _url("edit", note) + commands.place_after(command))


def _typed(form: NoteForm) -> dict[str, str]:
    """What was sent, be it wrong, so that the page shows it."""
    return {key: str(form.data.get(name, "")) for key, name in form.names.items()}


def _refused(
    request: StaffRequest, patient: Patient, note: Note, form: NoteForm, refusal: DomainError
) -> HttpResponseBase:
    """The page again with what was typed; for a note that was signed meanwhile, where the text can still go."""
    if note.signed_at is None:
        form.take(refusal)
        return _edit_page(request, patient, note, form, _typed(form), status=422)
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
    texts: Mapping[str, str],
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
        "layout": halves(layout_of(note, texts, beside["all_diagnoses"], note.sections.all())),
        "words": words_of(request.user),
        "texts": texts,
        "histories": HISTORIES,
        "answered": answered_before(patient),
        "earlier": earlier_notes(note, request.user),
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
    theirs = texts_of(note.sections.all())
    both = merged_sections(theirs, mine)
    layout = layout_of(note, both, note.encounter.diagnoses.all(), note.sections.all())
    parts = [part for section in layout for part in section.parts]
    context = {
        **chart_context(request, patient, "notes"),
        "note": note,
        "layout": layout,
        "sections": [row for part in parts if (row := _compared(part, {**theirs, **mine}, theirs))],
        "saved_by": last_saved_by(note),
        "form": _form(note, initial=note_initial(both, note.version)),
        "texts": both,
    }
    return render(request, "clinic/notes/merge.html", context, status=status)


def _compared(part: Part, mine: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str] | None:
    """One part on both sides, what was found before what was written; None for what nobody wrote.

    A body system of which both say the same is left out too: there are dozens.
    """
    key = part.key
    heading = SectionKind(key.kind).label
    my, their = (
        " ".join(filter(None, [side.get(key.finding, "").capitalize(), side.get(str(key), "")]))
        for side in (mine, theirs)
    )
    if not (my or their) or (key.item and my == their):
        return None
    return {"label": heading if part.label == heading else f"{heading}: {part.label}", "mine": my, "theirs": their}


def _url(verb: str, note: Note) -> str:
    return reverse(f"clinic:notes_{verb}", args=[note.patient_id, note.pk])
