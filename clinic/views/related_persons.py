"""Contacts and guarantors of a patient: added, corrected, ended, marked as wrong."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from clinic.access import chart_view
from clinic.actions import related_persons as actions
from clinic.actions.errors import enter_in_error
from clinic.forms.lists import ErrorForm
from clinic.forms.related_persons import EndForm, RelatedPersonForm, person_initial
from clinic.models import Patient, RelatedPerson
from clinic.views.entries import small_page
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])
_FORM = "clinic/patients/relate.html"


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="demographics")
@_page
def add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Add someone of the patient's: next of kin, guardian, guarantor."""
    form = RelatedPersonForm(sent(request))
    return small_page(
        request,
        patient,
        form,
        lambda: actions.add_related_person(by=request.user, patient=patient, **form.person()),
        title="Add a contact person",
        button="Save contact",
        done="The contact is saved.",
        template=_FORM,
    )


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="demographics")
@_page
def edit(request: StaffRequest, patient: Patient, person_id: UUID) -> HttpResponse:
    """Correct someone's particulars."""
    person = _of(patient, person_id)
    form = RelatedPersonForm(sent(request), initial=person_initial(person))

    def write() -> object:
        seen = form.cleaned_data["version"] or person.created_at
        return actions.update_related_person(by=request.user, person=person, version_seen=seen, **form.person())

    title = f"Change {person}"
    return small_page(
        request, patient, form, write, title=title, button="Save contact", done="The contact is saved.", template=_FORM
    )


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="demographics")
@_page
def end(request: StaffRequest, patient: Patient, person_id: UUID) -> HttpResponse:
    """Say until when somebody was a contact."""
    person = _of(patient, person_id)
    form = EndForm(sent(request))
    return small_page(
        request,
        patient,
        form,
        lambda: actions.end_related_person(by=request.user, person=person, on=form.cleaned_data["period_end"]),
        title=f"{person} is a contact no more",
        button="End",
        done="The contact is ended.",
    )


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="demographics")
@_page
def error(request: StaffRequest, patient: Patient, person_id: UUID) -> HttpResponse:
    """Say that somebody never was the patient's contact."""
    person = _of(patient, person_id)
    form = ErrorForm(sent(request))
    return small_page(
        request,
        patient,
        form,
        lambda: enter_in_error(by=request.user, row=person, reason=form.cleaned_data["reason"]),
        title=f"Entered in error: {person}",
        button="Mark as wrong",
        done="The contact is marked as entered in error.",
        dangerous=True,
    )


def _of(patient: Patient, person_id: UUID) -> RelatedPerson:
    """The person, if it is this patient's contact: an id of somebody else's gives 404."""
    return get_object_or_404(RelatedPerson, pk=person_id, patient=patient, entered_in_error_at=None)
