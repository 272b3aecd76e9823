"""Intake of one patient, for staff: what is missing, what was answered, and the way in that is given."""

from __future__ import annotations

import io
from base64 import b64encode
from uuid import UUID

import qrcode  # type: ignore[import-untyped]
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from qrcode.image.svg import SvgPathFillImage  # type: ignore[import-untyped]

from clinic import intake_pass
from clinic.access import chart_view
from clinic.actions.intake_links import create_intake_link, show_code, withdraw_intake_link
from clinic.chart import chart_context
from clinic.forms.intake import SendForm
from clinic.intake_pass import Pass
from clinic.intaking import LinkKind
from clinic.models import IntakeLink, Patient
from clinic.queries.consents import every_consent, forms_in_force
from clinic.queries.intake import askable, missing_for, responses_of, standings, ways_in
from clinic.queries.intake_review import fillable, may_see
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.ui.forms import Form, sent
from emr.ui.htmx import redirect

SECTION = "intake"


@require_safe
@chart_view(Permission.REVIEW_INTAKE, section=SECTION)
def intake_list(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Texts to sign, answers, and the ways in that were given."""
    today = clinic_today()
    context = {
        **chart_context(request, patient, SECTION),
        "standings": standings(patient, today),
        "consents": every_consent(patient),
        "responses": [(row, may_see(request.user, row)) for row in responses_of(patient)],
        "ways": ways_in(patient),
        "fillable": list(fillable(request.user)),
        "may_send": request.user.has_perm(Permission.CHECK_IN),
    }
    return render(request, "clinic/intake/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.CHECK_IN, section=SECTION)
def send(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Choose what to ask, and hand over the tablet, show a code or mail a link."""
    today = clinic_today()
    questionnaires, texts = askable(), forms_in_force(today)
    wanted = {row.label for row in missing_for(patient, today)}
    initial = {
        "questionnaires": [str(row.pk) for row in questionnaires if row.purpose != "scored" or row.title in wanted],
        "forms_to_sign": [str(row.pk) for row in texts if row.title in wanted],
    }
    form = SendForm(sent(request), questionnaires=questionnaires, texts=texts, initial=initial)
    if form.is_valid():
        base = request.build_absolute_uri(reverse("intake:arrive", args=["x"])).removesuffix("x/")
        with form.refusals():
            link = create_intake_link(by=request.user, patient=patient, link_base=base, **form.values())
            return _hand_over(request, patient, link)
    context = {**chart_context(request, patient, SECTION), "form": form, "ready": bool(questionnaires or texts)}
    return render(request, "clinic/intake/send.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@chart_view(Permission.CHECK_IN, section=SECTION)
def code(request: StaffRequest, patient: Patient, intake_id: UUID) -> HttpResponseBase:
    """Show a code and its QR picture, for the patient's own telephone. Each showing is a new code."""
    link = get_object_or_404(IntakeLink, pk=intake_id, patient=patient)
    form = Form(sent(request))
    if form.is_valid():
        return _code_page(request, patient, link)
    context = {**chart_context(request, patient, SECTION), "link": link, "code": "", "qr": ""}
    return render(request, "clinic/intake/code.html", context)


@require_POST
@chart_view(Permission.CHECK_IN, section=SECTION)
def withdraw(request: StaffRequest, patient: Patient, intake_id: UUID) -> HttpResponseBase:
    """Close a way in."""
    link = get_object_or_404(IntakeLink, pk=intake_id, patient=patient)
    form = Form(request.POST)
    try:
        if form.is_valid():
            withdraw_intake_link(by=request.user, link=link)
    except DomainError as error:
        return redirect(request, _home(patient), str(error), "error")
    return redirect(request, _home(patient), "It can't be opened any more.")


def _hand_over(request: StaffRequest, patient: Patient, link: IntakeLink) -> HttpResponseBase:
    if link.kind == LinkKind.KIOSK:
        return _to_kiosk(request, link)
    if link.kind == LinkKind.CODE:
        return _code_page(request, patient, link)
    return redirect(request, _home(patient), "The link is on its way by e-mail.")


def _code_page(request: StaffRequest, patient: Patient, link: IntakeLink) -> HttpResponseBase:
    try:
        shown = show_code(by=request.user, link=link)
    except DomainError as error:
        return redirect(request, _home(patient), str(error), "error")
    address = request.build_absolute_uri(reverse("intake:arrive", args=[shown]))
    context = {
        **chart_context(request, patient, SECTION),
        "link": link,
        "code": f"{shown[:5]} {shown[5:]}",
        "qr": _picture(address),
        "where": _entrance(request),
    }
    return render(request, "clinic/intake/code.html", context)


def _to_kiosk(request: HttpRequest, link: IntakeLink) -> HttpResponseBase:
    """End the session of this browser, so that nothing of it is in reach of the patient, then open the intake.

    The browser is told to forget what it kept of the pages, for the back button.
    """
    logout(request)
    response = redirect(request, reverse("intake:prove"))
    intake_pass.give(response, Pass(link.pk))
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _home(patient: Patient) -> str:
    return reverse("clinic:intake_list", args=[patient.pk])


def _entrance(request: HttpRequest) -> str:
    """The address where a code is typed, as people read it out."""
    return request.build_absolute_uri(reverse("intake:enter")).removeprefix("https://").removeprefix("http://")


def _picture(address: str) -> str:
    """A QR picture as a ``data:`` URL."""
    out = io.BytesIO()
    qrcode.make(address, image_factory=SvgPathFillImage, border=0).save(out)
    return f"data:image/svg+xml;base64,{b64encode(out.getvalue()).decode()}"
