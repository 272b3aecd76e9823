"""Allergies, and the one button that says there are none."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from clinic.access import chart_view
from clinic.actions.allergies import (
    add_allergy,
    change_allergy,
    check,
    record_none_known,
    resolve_allergy,
    strike_reaction,
)
from clinic.forms.allergies import AllergyChangeForm, AllergyForm, ReactionErrorForm
from clinic.forms.lists import ConfirmForm
from clinic.models import AllergyIntolerance, AllergyReaction, Patient
from clinic.queries.allergies import allergy_rows
from clinic.queries.encounters import open_visit
from clinic.views.lists import Act, Room
from clinic.views.safety import standing_context
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx

ROOM = Room(
    section="allergies",
    path="allergies",
    key_name="allergy_id",
    title="Allergies",
    columns=("Drug or substance", "Past reactions", "Criticality", "Kind", "Recorded"),
    rows=allergy_rows,
    model=AllergyIntolerance,
    parts=((AllergyReaction, "allergy"),),
    empty="Allergies are not recorded. Ask, then add what the patient tells, or record that none is known.",
    noun="allergies",
    one="an allergy",
    icon_name="triangle-alert",
    key="a a",
    check=check,
    above="clinic/allergies/_none_known.html",
    more=standing_context,
    add=Act(
        *("add", "Add an allergy", "plus", AllergyForm),
        lambda by, patient, data: add_allergy(by=by, patient=patient, encounter=open_visit(patient), **data),
        "The allergy is recorded.",
        button="Add",
    ),
    acts=(
        Act(
            *("edit", "Change", "pencil", AllergyChangeForm),
            lambda by, row, data: change_allergy(by=by, allergy=row, **data),
            "The allergy is changed.",
            prefill=True,
            button="Save",
        ),
        Act(
            *("strike", "Strike out a reaction", "eraser", ReactionErrorForm),
            lambda by, row, data: strike_reaction(by=by, allergy=row, **data),
            "The reaction is struck out.",
            button="Strike out",
            needs_parts=True,
            dangerous=True,
        ),
        Act(
            *("resolve", "Resolve", "circle-check", ConfirmForm),
            lambda by, row, data: resolve_allergy(by=by, allergy=row, **data),
            "The allergy is resolved.",
        ),
    ),
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
