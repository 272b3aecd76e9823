"""The review of what patients answered: the queue, one set of answers, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.access import chart_view
from clinic.actions.intake_review import accept_response, decide_field, reject_response
from clinic.actions.responses import answer_for_patient
from clinic.chart import chart_context
from clinic.forms.answers import WholeForm
from clinic.forms.intake import DecideForm, ReasonForm
from clinic.intaking import QuestionnairePurpose
from clinic.models import Patient, QuestionnaireResponse
from clinic.queries.intake_details import details_on_file
from clinic.queries.intake_review import changed_fields, fillable, may_see, reviewed_responses, waiting_responses
from clinic.questionnaires.answers import in_words
from clinic.questionnaires.items import parse_items
from clinic.questionnaires.scoring import alerts, band_of, parse_bands
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.shared.errors import DomainError
from emr.ui.forms import Form, sent
from emr.ui.htmx import redirect

SECTION = "intake"


@require_safe
@staff_view(Permission.REVIEW_INTAKE)
def review(request: StaffRequest) -> HttpResponse:
    """What waits for review, the longest waiting first."""
    done = request.GET.get("show") == "done"
    rows = reviewed_responses(request.user) if done else waiting_responses(request.user)
    record_access(request, {row.patient_id for row in rows}, section=SECTION, action=AccessAction.SEARCH)
    here = reverse("clinic:intake_review")
    chips = [
        {"label": "Waiting", "url": here, "current": not done},
        {"label": "Reviewed", "url": f"{here}?show=done", "current": done},
    ]
    context = {"rows": [(row, _note(row)) for row in rows], "done": done, "chips": chips}
    manages = request.user.has_perm(Permission.MANAGE_INTAKE)
    return render(request, "clinic/intake/review.html", {**context, "manages": manages})


@require_safe
@chart_view(Permission.REVIEW_INTAKE, section=SECTION)
def answers(request: StaffRequest, patient: Patient, response_id: UUID) -> HttpResponse:
    """One set of answers, and what accepting them would change."""
    return _page(request, patient, _response(request, patient, response_id), ReasonForm(None))


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.REVIEW_INTAKE, section=SECTION)
def fill(request: StaffRequest, patient: Patient, questionnaire_id: UUID) -> HttpResponseBase:
    """Write down what the patient says, on the telephone or at the desk; then the review, by whoever may."""
    questionnaire = get_object_or_404(fillable(request.user), pk=questionnaire_id)
    items = parse_items(questionnaire.items)
    form = WholeForm(items, details_on_file(patient), sent(request))
    if form.is_valid():
        with form.refusals():
            row = answer_for_patient(
                by=request.user,
                patient=patient,
                questionnaire=questionnaire,
                given=form.given(),
                request_token=form.cleaned_data["request_token"],
            )
            here = reverse("clinic:intake_answers", args=[patient.pk, row.pk])
            return redirect(request, here, "The answers are kept. Accept them here, or leave them for the review.")
    context = {**chart_context(request, patient, SECTION), "form": form, "items": items, "questionnaire": questionnaire}
    return render(request, "clinic/intake/fill.html", context, status=form.http_status)


@require_POST
@chart_view(Permission.REVIEW_INTAKE, section=SECTION)
def accept(request: StaffRequest, patient: Patient, response_id: UUID) -> HttpResponseBase:
    """Take the answers into the chart."""
    row = _response(request, patient, response_id)
    form = Form(request.POST)
    return _decide(
        *(request, patient, row, form),
        lambda: accept_response(by=request.user, response=row),
        "The answers are accepted.",
    )


@require_POST
@chart_view(Permission.REVIEW_INTAKE, section=SECTION)
def reject(request: StaffRequest, patient: Patient, response_id: UUID) -> HttpResponseBase:
    """Leave the answers out of the chart."""
    row = _response(request, patient, response_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, patient, row, form)
    reason = form.cleaned_data["reason"]
    return _decide(
        *(request, patient, row, form),
        lambda: reject_response(by=request.user, response=row, reason=reason),
        "The answers are left out of the chart.",
    )


@require_POST
@chart_view(Permission.REVIEW_INTAKE, section=SECTION)
def decide(request: StaffRequest, patient: Patient, response_id: UUID) -> HttpResponseBase:
    """Decide one changed field."""
    row = _response(request, patient, response_id)
    form = DecideForm(request.POST)
    here = reverse("clinic:intake_answers", args=[patient.pk, row.pk])
    if not form.is_valid():
        return redirect(request, here, "Choose whether to accept the change.", "error")
    said = form.cleaned_data
    if not request.user.has_perm(Permission.EDIT_DEMOGRAPHICS):
        return redirect(request, here, "Names, addresses and contacts are changed by the front desk.", "error")
    try:
        decide_field(
            by=request.user,
            response=row,
            field=said["field"],
            accept=said["decision"] == "accept",
            seen=said["seen"],
            reason=said["reason"],
        )
    except DomainError as error:
        return redirect(request, here, str(error), "error")
    return redirect(request, here)


def _decide(
    request: StaffRequest,
    patient: Patient,
    row: QuestionnaireResponse,
    form: Form,
    do: Callable[[], object],
    done: str,
) -> HttpResponseBase:
    here = reverse("clinic:intake_answers", args=[patient.pk, row.pk])
    try:
        if form.is_valid():
            do()
    except DomainError as error:
        return redirect(request, here, str(error), "error")
    return redirect(request, reverse("clinic:intake_review"), done)


def _response(request: StaffRequest, patient: Patient, response_id: UUID) -> QuestionnaireResponse:
    """The answers, if they are this patient's and the user's to read. Raises Http404."""
    people = ("patient", "created_by", "reviewed_by")
    rows = QuestionnaireResponse.objects.select_related("questionnaire", "observation", *people)
    row = rows.filter(pk=response_id, patient=patient, authored_at__isnull=False, entered_in_error_at=None).first()
    if row is None or not may_see(request.user, row):
        raise Http404
    return row


def _page(request: StaffRequest, patient: Patient, row: QuestionnaireResponse, form: ReasonForm) -> HttpResponse:
    details = row.questionnaire.purpose == QuestionnairePurpose.DEMOGRAPHICS
    items = parse_items(row.questionnaire.items)
    context = {
        **chart_context(request, patient, SECTION),
        "row": row,
        "form": form,
        "details": details,
        "changes": changed_fields(row) if details else [],
        "answers": in_words(items, row.answers),
        "band": band_of(parse_bands(row.questionnaire.bands), row.score, sex=patient.gender),
        "alerts": alerts(items, row.answers),
        "may_edit": request.user.has_perm(Permission.EDIT_DEMOGRAPHICS),
    }
    return render(request, "clinic/intake/answers.html", context)


def _note(row: QuestionnaireResponse) -> tuple[str, bool]:
    """What a score means, in words, and whether somebody should look soon."""
    band = band_of(parse_bands(row.questionnaire.bands), row.score, sex=row.patient.gender)
    urgent = bool(alerts(parse_items(row.questionnaire.items), row.answers))
    return (f"{row.score}, {band.label.lower()}" if band else "", urgent)
