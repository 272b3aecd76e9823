"""Allergies."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view
from clinic.actions.allergies import add_allergy, record_none_known, resolve_allergy
from clinic.forms.lists import AllergyForm, ConfirmForm
from clinic.models import AllergyIntolerance, Patient
from clinic.queries.allergies import allergy_rows
from clinic.views.lists import Room, RowLink, entry, error_entry, list_page, row_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])

ROOM = Room(
    section="allergies",
    title="Allergies",
    columns=("Drug or substance", "Past reactions", "Criticality", "Kind", "Recorded"),
    rows=allergy_rows,
    empty="Allergies are not recorded. Ask, then add what the patient tells, or record that none is known.",
    noun="allergies",
    icon_name="triangle-alert",
    key="a a",
    list_url="clinic:allergies_list",
    history_url="clinic:allergies_history",
    add_url="clinic:allergies_add",
    add_label="Add an allergy",
    links=(
        RowLink("Resolve", "circle-check", "clinic:allergies_resolve"),
        RowLink("Entered in error", "ban", "clinic:allergies_error", active_only=False),
    ),
)


@require_safe
@chart_view(Permission.VIEW_CHART, section="allergies")
def allergies(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The allergies, or that none is known, or that nobody asked."""
    return list_page(request, patient, ROOM, none_known_url=_none_known_url(patient))


@_page
@chart_view(Permission.EDIT_CHART, section="allergies")
def add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Add an allergy."""
    return entry(
        request,
        patient,
        ROOM,
        AllergyForm(sent(request)),
        lambda data: add_allergy(by=request.user, patient=patient, **data),
        panel="Add an allergy",
        done="The allergy is recorded.",
        button="Add",
    )


@require_POST
@chart_view(Permission.EDIT_CHART, section="allergies")
def none_known(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Record that the patient was asked and none is known."""
    try:
        record_none_known(by=request.user, patient=patient)
    except DomainError as error:
        return htmx.redirect(request, reverse(ROOM.list_url, args=[patient.pk]), error.message, "error")
    return htmx.redirect(request, reverse(ROOM.list_url, args=[patient.pk]), "No known allergies: recorded.")


@_page
@chart_view(Permission.EDIT_CHART, section="allergies")
def resolve(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """Say that an allergy is one no longer."""
    row = row_of(AllergyIntolerance, patient, row_id)
    return entry(
        request,
        patient,
        ROOM,
        ConfirmForm(sent(request)),
        lambda data: resolve_allergy(by=request.user, allergy=row),
        panel=f"Resolve: {row.display}",
        done="The allergy is resolved.",
        button="Resolve",
    )


@_page
@chart_view(Permission.EDIT_CHART, section="allergies")
def error(request: StaffRequest, patient: Patient, row_id: UUID) -> HttpResponse:
    """Mark an allergy as entered in error."""
    return error_entry(request, patient, ROOM, row_of(AllergyIntolerance, patient, row_id))


def _none_known_url(patient: Patient) -> str:
    return reverse("clinic:allergies_none_known", args=[patient.pk])
