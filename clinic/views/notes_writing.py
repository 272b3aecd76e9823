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
from clinic.actions.note_drafts import discard_draft, save_draft
from clinic.chart import chart_context
from clinic.chart_words import HISTORIES
from clinic.choices import SectionKind
from clinic.diagnosis_list import changed, usable
from clinic.forms.notes import AddendumForm, NoteForm, WindowForm, note_initial, shown_initial, shown_window
from clinic.merging import merged_sections
from clinic.models import Note, NoteDraft, Patient
from clinic.note_keys import ADDENDUM, known, texts_of
from clinic.printouts.notes import readable_vital
from clinic.queries.note_layouts import Part, halves, layout_of
from clinic.queries.note_sources import answered_before, earlier_notes
from clinic.queries.notes import chart_beside, draft_of, last_saved_by, named, other_windows, others_writing
from clinic.tokens import words_of
from clinic.views import notes_commands as commands
from clinic.views.notes import closed_meanwhile, detail_url, note_of
from emr.access.decorators import StaffRequest, background
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import formats, htmx

_page = require_http_methods(["GET", "HEAD", "POST"])
_TOO_LONG = "A section is too long to be kept. Shorten it."


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
    texts = {**texts_of(note.sections.all()), **(known(draft.sections) if draft else {})}
    initial = note_initial(texts, draft.base_version if draft else note.version) | shown_initial(draft)
    return _edit_page(request, patient, note, _form(note, initial=initial), texts, draft=draft)


@chart_view(Permission.WRITE_NOTES, section="notes", shows_chart=False)
@background
@require_POST
def autosave(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponse:
    """Keep what is typed. Answers what ``static/js/autosave.js`` expects: 200 and the time, 409 and where to go.

    What can be kept is kept, whatever else is wrong with what was sent.
    """
    note = note_of(request, patient, note_id)
    if "text" in request.POST:
        return _kept_addendum(request, note)
    form = _form(note, request.POST, diagnosing=False)
    right = form.is_valid()
    draft = _keep(request, note, form)
    if not right:
        return JsonResponse({"text": _TOO_LONG}, status=422)
    if closed := _closed_meanwhile(note):
        return JsonResponse({"text": closed, "url": detail_url(note)}, status=409)
    if draft is not None and note.version > draft.base_version:
        said = f"{last_saved_by(note)} saved a newer version at {formats.clock(note.updated_at)}. Your text is kept."
        return JsonResponse({"text": said, "url": _url("merge", note)}, status=409)
    writing = [f"{named(one.user)} is writing too" for one in others_writing(note, request.user)]
    writing += ["you have unsaved text in another window"] if other_windows(note, request.user, form.place) else []
    return JsonResponse({"text": " · ".join([_draft_saved(), *writing])})


@chart_view(Permission.WRITE_NOTES, section="notes")
@_page
def merge(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """One's own draft beside a newer version that somebody saved. Its form is sent to the writing page."""
    note = note_of(request, patient, note_id)
    draft = draft_of(note, request.user)
    if draft is None or note.signed_at is not None:
        return htmx.redirect(request, _url("edit", note))
    return _merge_page(request, patient, note, draft, known(draft.sections), status=200)


@chart_view(Permission.WRITE_NOTES, section="notes")
@require_POST
def discard(request: StaffRequest, patient: Patient, note_id: UUID) -> HttpResponseBase:
    """Throw one's own unsaved text of this window away."""
    note = note_of(request, patient, note_id)
    discard_draft(by=request.user, note=note, window=WindowForm(request.POST).place)
    return htmx.redirect(request, _url("edit", note), "Your unsaved text is discarded.")


def _form(note: Note, data: Any = None, *, diagnosing: bool = True, **kwargs: Any) -> NoteForm:
    """The form of a note, with every part that this note has or may have."""
    visit, saved = note.encounter, texts_of(note.sections.all())
    return NoteForm(
        data, problems=visit.diagnoses.all(), encounter=visit if diagnosing else None, saved=saved, **kwargs
    )


def _kept_addendum(request: StaffRequest, note: Note) -> HttpResponse:
    """What is being added to a signed note."""
    form = AddendumForm(request.POST)
    form.is_valid()
    if "text" in form.errors and form["text"].data:
        return JsonResponse({"text": _TOO_LONG}, status=422)
    texts = {ADDENDUM: form.cleaned_data.get("text", "")}
    save_draft(by=request.user, note=note, base_version=note.version, sections=texts, window=form.place)
    return JsonResponse({"text": _draft_saved()})


def _draft_saved() -> str:
    return f"Draft saved {formats.clock(timezone.now())}"


def _closed_meanwhile(note: Note) -> str:
    """Why a note takes no text any more, and where the text goes; empty while it takes some."""
    if note.entered_in_error_at is not None:
        return "This note was marked as entered in error. Your text is kept: copy it from the note's page."
    if note.signed_at is not None:
        return "This note was signed meanwhile. Your text is kept: add it as an addendum."
    return ""


def _saved(request: StaffRequest, patient: Patient, note: Note) -> HttpResponseBase:
    form = _form(note, request.POST)
    command = request.POST.get("do", "save")
    if not form.is_valid():
        _keep(request, note, form)
        return _edit_page(request, patient, note, form, _typed(form), status=422)
    version, texts = form.cleaned_data["version"], commands.applied(command, note, form.texts())
    try:
        _change_diagnoses(request, patient, note, command, form)
        saved = actions.save_note(by=request.user, note=note, base_version=version, sections=texts, window=form.place)
    except actions.NoteConflict as conflict:
        draft = _keep(request, note, form, conflict.mine)
        return _merge_page(request, patient, note, draft, conflict.mine, status=409)
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
    """The page again with what was typed; for a note that takes no text any more, where the text can still go."""
    draft = _keep(request, note, form)
    if _closed_meanwhile(note):
        return closed_meanwhile(request, patient, note, draft, f"{refusal} Your text is kept below.")
    form.take(refusal)
    return _edit_page(request, patient, note, form, _typed(form), status=422)


def _keep(
    request: StaffRequest, note: Note, form: NoteForm, texts: Mapping[str, str] | None = None
) -> NoteDraft | None:
    """Keep as a draft what could not be saved: a page that is closed now loses nothing."""
    base = form.cleaned_data.get("version", note.version)
    sections = form.texts() if texts is None else texts
    return save_draft(by=request.user, note=note, base_version=base, sections=sections, window=form.place)


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
        "unsaved": draft.sections.get(ADDENDUM, "") if draft else "",
        "outdated": draft is not None and draft.base_version < note.version,
        "saved_by": last_saved_by(note),
        "writing": [named(one.user) for one in others_writing(note, request.user)],
        "elsewhere": other_windows(note, request.user, form.place if form.is_bound else shown_window(draft)),
        "usable": usable,
        "may_sign": request.user.has_perm(Permission.SIGN_NOTES),
        "keeps": actions.keeps(request.user, note),
    }
    return render(request, "clinic/notes/edit.html", context, status=status)


def _merge_page(
    request: StaffRequest, patient: Patient, note: Note, draft: NoteDraft | None, mine: dict[str, str], *, status: int
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
        "form": _form(note, initial=note_initial(both, note.version) | shown_initial(draft)),
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
