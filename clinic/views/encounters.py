"""Visits."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view
from clinic.actions.encounters import set_diagnoses, set_status
from clinic.chart import chart_context
from clinic.choices import EncounterStatus
from clinic.forms.lists import DiagnosisForm, ListForm, StatusForm
from clinic.models import Encounter, EncounterDiagnosis, Patient
from clinic.queries.encounters import encounter_rows, visit
from clinic.views.lists import Room, list_page, row_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.codes.coding import Coding
from emr.shared.errors import Conflict, DomainError
from emr.ui import htmx
from emr.ui.forms import sent

ROOM = Room(
    section="encounters",
    title="Visits",
    columns=("Visit", "When", "Seen by", "Reason", "Diagnoses"),
    rows=encounter_rows,
    empty="No visit yet. A visit opens when the patient is checked in.",
    noun="visits",
    icon_name="stethoscope",
    detail_url="clinic:encounters_detail",
    folded=False,
)


@require_safe
@chart_view(Permission.VIEW_ENCOUNTERS, section="encounters")
def encounters(request: StaffRequest, patient: Patient) -> HttpResponse:
    """All visits."""
    return list_page(request, patient, ROOM)


@require_safe
@chart_view(Permission.VIEW_ENCOUNTERS, section="encounters")
def detail(request: StaffRequest, patient: Patient, encounter_id: UUID) -> HttpResponse:
    """One visit: why, when, with whom, and what came of it."""
    return _visit_page(request, patient, row_of(Encounter, patient, encounter_id))


@require_POST
@chart_view(Permission.EDIT_ENCOUNTERS, section="encounters")
def status(request: StaffRequest, patient: Patient, encounter_id: UUID) -> HttpResponse:
    """Move a visit on."""
    encounter = row_of(Encounter, patient, encounter_id)
    form = StatusForm(request.POST)
    if not form.is_valid():
        return _back(request, encounter, "Choose where the patient is.", failed=True)
    try:
        row = set_status(by=request.user, encounter=encounter, status=EncounterStatus(form.cleaned_data["status"]))
    except Conflict:
        raise
    except DomainError as error:
        return _back(request, encounter, error.message, failed=True)
    return _back(request, encounter, f"The visit is {row.get_status_display().lower()}.")


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.EDIT_ENCOUNTERS, section="encounters")
def diagnose(request: StaffRequest, patient: Patient, encounter_id: UUID) -> HttpResponse:
    """Give a visit one more diagnosis."""
    encounter = row_of(Encounter, patient, encounter_id)
    form = DiagnosisForm(sent(request))
    if form.is_valid():
        codings = [*(_coding(row) for row in _diagnoses(encounter)), form.cleaned_data["coding"]]
        with form.refusals():
            set_diagnoses(by=request.user, encounter=encounter, diagnoses=codings)
            return _back(request, encounter, "The diagnosis is on the visit.")
    return _visit_page(request, patient, encounter, form=form)


@require_POST
@chart_view(Permission.EDIT_ENCOUNTERS, section="encounters")
def undiagnose(request: StaffRequest, patient: Patient, encounter_id: UUID, row_id: UUID) -> HttpResponse:
    """Take a diagnosis off a visit."""
    encounter = row_of(Encounter, patient, encounter_id)
    gone = _diagnosis(encounter, row_id)
    return _reorder(request, encounter, [row for row in _diagnoses(encounter) if row.pk != gone.pk])


@require_POST
@chart_view(Permission.EDIT_ENCOUNTERS, section="encounters")
def promote(request: StaffRequest, patient: Patient, encounter_id: UUID, row_id: UUID) -> HttpResponse:
    """Make a diagnosis the first one of a visit, the one that the claim lists first."""
    encounter = row_of(Encounter, patient, encounter_id)
    first = _diagnosis(encounter, row_id)
    return _reorder(request, encounter, sorted(_diagnoses(encounter), key=lambda row: row.pk != first.pk))


def _reorder(request: StaffRequest, encounter: Encounter, rows: list[EncounterDiagnosis]) -> HttpResponse:
    try:
        set_diagnoses(by=request.user, encounter=encounter, diagnoses=[_coding(row) for row in rows])
    except Conflict:
        raise
    except DomainError as error:
        return _back(request, encounter, error.message, failed=True)
    return _back(request, encounter, "The diagnoses are in their new order.")


def _diagnoses(encounter: Encounter) -> list[EncounterDiagnosis]:
    return list(encounter.diagnoses.filter(entered_in_error_at=None).order_by("rank"))


def _diagnosis(encounter: Encounter, row_id: UUID) -> EncounterDiagnosis:
    """That diagnosis of this visit; one of another visit is not there."""
    row = next((row for row in _diagnoses(encounter) if row.pk == row_id), None)
    if row is None:
        raise Http404
    return row


def _coding(row: EncounterDiagnosis) -> Coding:
    return Coding(row.system, row.code, row.display)


def _back(request: StaffRequest, encounter: Encounter, text: str, *, failed: bool = False) -> HttpResponse:
    path = reverse("clinic:encounters_detail", args=[encounter.patient_id, encounter.pk])
    return htmx.redirect(request, path, text, "error" if failed else "success")


def _visit_page(
    request: StaffRequest, patient: Patient, encounter: Encounter, *, form: ListForm | None = None
) -> HttpResponse:
    user = request.user
    context = {
        **chart_context(request, patient, "encounters"),
        "encounter": encounter,
        "visit": visit(
            encounter,
            clinical=user.has_perm(Permission.VIEW_CHART),
            notes_for=user if user.has_perm(Permission.VIEW_NOTES) else None,
        ),
        "may_edit": user.has_perm(Permission.EDIT_ENCOUNTERS),
        "may_record": user.has_perm(Permission.RECORD_VITALS),
        "sees_chart": user.has_perm(Permission.VIEW_CHART),
        "sees_notes": user.has_perm(Permission.VIEW_NOTES),
        "start_note_url": _start_note(encounter) if user.has_perm(Permission.WRITE_NOTES) else "",
        "form": form,
    }
    status_code = form.http_status if form is not None else 200
    return render(request, "clinic/encounters/detail.html", context, status=status_code)


def _start_note(encounter: Encounter) -> str:
    try:
        return reverse("clinic:notes_start", args=[encounter.patient_id])
    except NoReverseMatch:
        return ""
