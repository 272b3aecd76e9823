"""Charges of a visit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.actions.charges import add_charge, correct_charge, keep_off_claim, move_charge, void_charge
from billing.actions.vaccine_charges import charge_vaccines
from billing.forms.charges import BillableForm, ChargeForm, MoveForm, ReasonForm
from billing.forms.services import ServiceField
from billing.models import ChargeItem
from billing.queries.charges import VisitCharges, entered_before, usual_services, visit_charges
from billing.queries.leftovers import leftovers
from billing.queries.services import find_services
from billing.queries.supporting_info import supporting_info_of
from billing.queries.vaccine_charges import vaccine_proposals
from billing.views.lists import key_of
from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from clinic.queries.coverages import first_coverage_on
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.shared.dates import clinic_day, clinic_today
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import sent


@require_http_methods(["GET", "POST"])
@chart_view(Permission.EDIT_CHARGES, section="charges")
def charges_edit(request: StaffRequest, patient: Patient, encounter_id: UUID) -> HttpResponse:
    """What was done at a visit and what it costs. It shows no word of the note."""
    visit = _visit(patient, encounter_id)
    form = _form(request, patient, visit)
    if form.is_valid():
        with form.refusals():
            words = _write(request, visit, dict(form.cleaned_data))
            if not htmx.is_htmx(request):
                return htmx.redirect(request, request.path, words)
            fresh = _visit(patient, encounter_id)
            return htmx.toast(_page(request, patient, fresh, _form(request, patient, fresh, anew=True)), words)
    return _page(request, patient, visit, form)


@require_http_methods(["GET", "POST"])
@chart_view(Permission.EDIT_CHARGES, section="charges")
def charges_void(request: StaffRequest, patient: Patient, encounter_id: UUID, charge_id: UUID) -> HttpResponse:
    """Take a charge back, with a reason."""
    charge = _charge(patient, encounter_id, charge_id)
    form = ReasonForm(sent(request))
    if form.is_valid():
        with form.refusals():
            void_charge(by=request.user, charge=charge, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, _address(patient, encounter_id), f"{charge.code} is taken back.")
    back = _address(patient, encounter_id)
    context = {**chart_context(request, patient, "encounters"), "form": form, "charge": charge, "back": back}
    return render(request, "billing/charges/void.html", context, status=form.http_status)


@require_POST
@chart_view(Permission.EDIT_CHARGES, section="charges")
def charges_move(request: StaffRequest, patient: Patient, encounter_id: UUID, charge_id: UUID) -> HttpResponse:
    """Put a line before or after its neighbour."""
    charge, form = _charge(patient, encounter_id, charge_id), MoveForm(request.POST)
    back = _address(patient, encounter_id)
    if not form.is_valid():
        return htmx.redirect(request, back, "Choose up or down.", "warning")
    try:
        move_charge(by=request.user, charge=charge, up=form.cleaned_data["to"] == "up")
    except DomainError as error:
        return htmx.redirect(request, back, error.message, "warning")
    return htmx.redirect(request, back)


@require_POST
@chart_view(Permission.EDIT_CHARGES, section="charges")
def charges_billable(request: StaffRequest, patient: Patient, encounter_id: UUID, charge_id: UUID) -> HttpResponse:
    """Leave a line off the claim, or put it back on."""
    charge, form = _charge(patient, encounter_id, charge_id), BillableForm(request.POST)
    off = form.is_valid() and form.cleaned_data["off"]
    back = _address(patient, encounter_id)
    try:
        keep_off_claim(by=request.user, charge=charge, off=off)
    except DomainError as error:
        return htmx.redirect(request, back, error.message, "warning")
    return htmx.redirect(request, back, f"{charge.code} is {'kept off' if off else 'on'} the claim.")


@require_POST
@chart_view(Permission.EDIT_CHARGES, section="charges")
def charges_vaccines(request: StaffRequest, patient: Patient, encounter_id: UUID) -> HttpResponse:
    """Charge the vaccines of the visit: what is proposed, all at once."""
    visit, back = _visit(patient, encounter_id), _address(patient, encounter_id)
    try:
        made = charge_vaccines(by=request.user, encounter=visit.encounter)
    except DomainError as error:
        return htmx.redirect(request, back, error.message, "warning")
    words = "1 service is charged." if len(made) == 1 else f"{len(made)} services are charged."
    return htmx.redirect(request, back, words if made else "The vaccines are charged already.")


@require_safe
@staff_view(Permission.EDIT_CHARGES)
def services_search(request: StaffRequest) -> HttpResponse:
    """Services for the text ``q``: options under the field of charge entry."""
    text = request.GET.get("q", "").strip()
    found = find_services(text, day=clinic_today(), limit=12)
    return render(request, "billing/charges/_services.html", {"services": found, "text": text})


def _visit(patient: Patient, encounter_id: UUID) -> VisitCharges:
    visit = visit_charges(patient, encounter_id)
    if visit is None:
        raise Http404
    return visit


def _charge(patient: Patient, encounter_id: UUID, charge_id: UUID) -> ChargeItem:
    rows = ChargeItem.objects.select_related("encounter", "immunization")
    charge = rows.filter(patient=patient, encounter_id=encounter_id, pk=charge_id).first()
    if charge is None:
        raise Http404
    return charge


def _address(patient: Patient, encounter_id: UUID) -> str:
    return reverse("billing:charges_edit", args=[patient.pk, encounter_id])


def _write(request: StaffRequest, visit: VisitCharges, said: dict[str, Any]) -> str:
    """Add the line, or put it in the place of the one that it corrects; gives what is told."""
    corrects = said.pop("corrects", None)
    if corrects is None:
        return f"{add_charge(by=request.user, encounter=visit.encounter, **said).code} is charged."
    charge = ChargeItem.objects.select_related("encounter", "immunization").filter(
        encounter=visit.encounter, pk=corrects
    )
    row = charge.first()
    if row is None:
        raise DomainError("The line to correct isn't one of this visit's.")
    return f"{correct_charge(by=request.user, charge=row, **said).code} is corrected."


def _form(request: StaffRequest, patient: Patient, visit: VisitCharges, *, anew: bool = False) -> ChargeForm:
    """The entry of one service: empty, as it was sent, or filled from a line that is copied or corrected."""
    encounter = visit.encounter
    day = clinic_day(encounter.period_start)
    coverage = first_coverage_on(patient, day)
    payer = coverage.payer if coverage else None
    initial: dict[str, Any] = {"service_date": day, "place_of_service": encounter.place_of_service}
    if not visit.diagnoses:
        initial["diagnosis_ranks"] = ""
    if not anew:
        initial |= entered_before(visit, key_of(request.GET.get("copy")), key_of(request.GET.get("correct")))
        initial |= {"coding": request.GET["code"][:10]} if "code" in request.GET else {}
    form = ChargeForm(
        None if anew else sent(request),
        initial=initial,
        place=encounter.place_of_service,
        performer=encounter.practitioner_id,
    )
    coding = form.fields["coding"]
    if isinstance(coding, ServiceField):
        coding.on, coding.payer = day, payer
    form.fields["diagnosis_ranks"].required = bool(visit.diagnoses)
    return form


def _page(request: StaffRequest, patient: Patient, visit: VisitCharges, form: ChargeForm) -> HttpResponse:
    encounter = visit.encounter
    proposals = vaccine_proposals(encounter)
    context = {
        **chart_context(request, patient, "encounters"),
        "visit": visit,
        "form": form,
        "proposals": proposals,
        "leftovers": leftovers(encounter, proposals),
        "told": supporting_info_of(encounter),
        "usual": usual_services(encounter.practitioner_id),
        "may_bill": request.user.has_perm(Permission.CREATE_CLAIMS),
        "may_view": request.user.has_perm(Permission.VIEW_BILLING),
        "may_set": request.user.has_perm(Permission.MANAGE_FEES),
    }
    pages = ("billing/charges/form.html", "billing/charges/_charges.html")
    return htmx.render(request, *pages, context, status=form.http_status)
