"""Find, register, see and change a patient. What was typed to find somebody travels in the body, never in a URL."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic.access import chart_view, visible_to
from clinic.actions.patients import register_patient, update_patient, verify_demographics
from clinic.chart import chart_context, patient_home
from clinic.forms.demographics import SUGGESTED, DemographicsForm
from clinic.forms.patients import (
    DuplicateQuery,
    PatientForm,
    RegistrationForm,
    SearchForm,
    patient_initial,
    version_text,
)
from clinic.models import Patient
from clinic.queries.coverages import coverage_rows
from clinic.queries.details import patient_details, present_contacts
from clinic.queries.duplicates import Duplicate
from clinic.queries.patients import find_patients, recent_patients
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.errors import Conflict, DomainError
from emr.ui import htmx
from emr.ui.forms import Form, sent

_page = require_http_methods(["GET", "HEAD", "POST"])


@staff_view(Permission.FIND_PATIENTS)
@_page
def search(request: StaffRequest) -> HttpResponse:
    """The search page, and the answers to its box and to the box on top of every page.

    One hit that fits to the letter is opened at once; typing in a box only suggests.
    """
    user = request.user
    form = SearchForm(sent(request))
    text = form.cleaned_data["q"] if form.is_valid() else ""
    hits = find_patients(text, visible_to(user)) if text else None
    recent = [] if hits or htmx.is_htmx(request) else recent_patients(user.pk, visible_to(user))
    shown = hits.all if hits else tuple(recent)
    record_access(request, [hit.id for hit in shown], section="search", action=AccessAction.SEARCH)
    if hits and len(hits.rows) == 1 and not htmx.is_htmx(request):
        return htmx.redirect(request, reverse(_home_name(user), args=[hits.rows[0].id]))
    context = {"hits": hits, "recent": recent, "text": text, "pick": "pick" in form.data, "home": _home_name(user)}
    suggesting = request.headers.get("HX-Target", "") != "hits"
    fragment = "clinic/patients/_suggestions.html" if suggesting else "clinic/patients/_hits.html"
    return htmx.render(request, "clinic/patients/search.html", fragment, context)


@staff_view(Permission.REGISTER_PATIENTS)
@_page
def register(request: StaffRequest) -> HttpResponse:
    """The registration form. Likely duplicates are shown before anything is written."""
    user = request.user
    form = RegistrationForm(sent(request), visible=visible_to(user))
    if form.is_valid():
        with form.refusals():
            patient = register_patient(by=user, **form.registration())
            return htmx.redirect(request, patient_home(user, patient), f"{patient.full_name} is registered.")
    _record_duplicates(request, form.duplicates)
    context = _form_context(request, form)
    return render(request, "clinic/patients/register.html", context, status=form.http_status)


@staff_view(Permission.REGISTER_PATIENTS)
@require_POST
def duplicates(request: StaffRequest) -> HttpResponse:
    """Who may be the person that is being typed: a fragment of the registration form."""
    return _alike(request)


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="duplicates", shows_chart=False)
@require_POST
def alike(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Who else may be the patient whose details are being changed: a fragment of that form."""
    return _alike(request, patient)


@chart_view(Permission.VIEW_DEMOGRAPHICS, section="demographics")
def detail(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Everything the front desk keeps about a patient; insurance for those who may see it."""
    insured = request.user.has_perm(Permission.VIEW_COVERAGE)
    context = {
        **chart_context(request, patient, "details"),
        "details": patient_details(patient),
        "coverages": coverage_rows(patient) if insured else None,
    }
    return render(request, "clinic/patients/detail.html", context)


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="demographics")
@_page
def edit(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Change demographics. Who saves over another's change sees both, and decides."""
    before = patient_initial(patient, *present_contacts(patient))
    form = PatientForm(sent(request), patient=patient, visible=visible_to(request.user), initial=before)
    if form.is_valid():
        try:
            update_patient(by=request.user, patient=patient, **form.changes())
        except Conflict as conflict:
            return _conflict(request, patient, form, str(conflict))
        except DomainError as error:
            form.take(error)
        else:
            return htmx.redirect(
                request, reverse("clinic:patients_detail", args=[patient.pk]), "The details are saved."
            )
    _record_duplicates(request, form.duplicates)
    context = {**chart_context(request, patient, "details"), **_form_context(request, form)}
    return render(request, "clinic/patients/edit.html", context, status=form.http_status)


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="demographics")
@require_POST
def verify(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Say that the details were gone through with the patient."""
    if Form(request.POST).is_valid():
        verify_demographics(by=request.user, patient=patient)
    return htmx.redirect(request, _detail_url(patient), "The details are confirmed as of today.")


def _conflict(request: StaffRequest, patient: Patient, form: PatientForm, message: str) -> HttpResponse:
    """Both values of each field that differs, over the form, which is now about the newest state."""
    data = request.POST.copy()
    data["version"] = version_text(patient)
    mine = PatientForm(data, patient=patient, visible=form.visible, initial=form.initial)
    context = {
        **chart_context(request, patient, "details"),
        **_form_context(request, mine),
        "message": message,
        "differences": form.differences(),
    }
    return render(request, "clinic/patients/edit.html", context, status=409)


def _alike(request: StaffRequest, patient: Patient | None = None) -> HttpResponse:
    """The warning while typing; nothing where the page shows just these already."""
    query, visible = DuplicateQuery(request.POST), visible_to(request.user)
    found = query.duplicates(visible, patient)
    shown = _shown(found)
    if shown == query.cleaned_data.get("shown", ""):
        return htmx.no_content()
    _record_duplicates(request, found)
    form = DemographicsForm(initial=request.POST.dict(), visible=visible)
    return render(
        request,
        "clinic/patients/_duplicates.html",
        {"form": form, "duplicates": found, "shown": shown, "home": _home_name(request.user)},
    )


def _form_context(request: StaffRequest, form: DemographicsForm) -> dict[str, Any]:
    """The form, who may be the same person, and the words that are offered while one types."""
    return {
        "form": form,
        "duplicates": form.duplicates,
        "shown": _shown(form.duplicates),
        "home": _home_name(request.user),
        "suggested": SUGGESTED,
    }


def _shown(found: list[Duplicate]) -> str:
    """What tells one list of likely duplicates from another."""
    return " ".join(sorted(f"{one.hit.id}{'!' if one.sure else ''}" for one in found))


def _record_duplicates(request: StaffRequest, found: list[Duplicate]) -> None:
    record_access(request, [one.hit.id for one in found], section="duplicates", action=AccessAction.SEARCH)


def _detail_url(patient: Patient) -> str:
    return reverse("clinic:patients_detail", args=[patient.pk])


def _home_name(user: User) -> str:
    return "clinic:chart_summary" if user.has_perm(Permission.VIEW_CHART) else "clinic:patients_detail"
