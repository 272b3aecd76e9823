"""Emergency access to a restricted chart, as who treats asks for it and ends it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic.access import chart_view
from clinic.actions.break_glass import AlreadyOpen, NobodyFits, break_glass, end_break_glass
from clinic.chart import patient_home
from clinic.forms.break_glass import BreakGlassForm, EndForm
from clinic.models import Patient
from clinic.queries.break_glass import FAILED, TRIES_PER_HOUR, failed_tries, identified, open_on
from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.audit.models import AccessOutcome
from emr.audit.reads import record_access
from emr.audit.security import SecurityKind, record_security_event
from emr.shared.errors import DomainError
from emr.ui import formats
from emr.ui.forms import sent
from emr.ui.htmx import redirect

_page = require_http_methods(["GET", "HEAD", "POST"])


@_page
@staff_view(Permission.BREAK_GLASS)
@fresh_login("open a restricted chart in an emergency")
def start(request: StaffRequest) -> HttpResponse:
    """Ask for emergency access. The answer is the same for who isn't here and for whom the asker may not know."""
    form = BreakGlassForm(sent(request))
    if form.is_valid():
        answer = _answer(request, form)
        if answer is not None:
            return answer
    context = {"form": form, "minutes": settings.BREAK_GLASS_MINUTES}
    return render(request, "clinic/break_glass/start.html", context, status=form.http_status)


@require_POST
@chart_view(Permission.BREAK_GLASS, section="break-glass", shows_chart=False)
def end(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Close the chart again before the time is over."""
    glass = open_on(request.user, patient)
    if EndForm(request.POST).is_valid() and glass is not None:
        end_break_glass(by=request.user, glass=glass)
    return redirect(request, reverse("ui:home"), "Emergency access is ended. The chart is closed to you again.")


def _answer(request: StaffRequest, form: BreakGlassForm) -> HttpResponse | None:
    """Where a valid form leads; None where it is shown again with what was wrong."""
    if failed_tries(request.user) >= TRIES_PER_HOUR:
        form.take(DomainError("You have tried too often within an hour. Call the privacy officer."))
        return None
    patient = identified(**form.person())
    try:
        glass = break_glass(by=request.user, patient=patient, origin=_origin(request), **form.why())
    except AlreadyOpen as open_anyway:
        assert patient is not None  # noqa: S101  the action saw the chart
        return redirect(request, patient_home(request.user, patient), str(open_anyway), "info")
    except NobodyFits as refused:
        record_security_event(SecurityKind.PERMISSION_DENIED, request=request, detail=FAILED)
        if patient is not None:
            record_access(request, [patient.pk], section="break-glass", outcome=AccessOutcome.DENIED)
        form.take(refused)
        return None
    until = formats.clock(glass.expires_at)
    text = f"The chart is open to you until {until}. The privacy officer has been told."
    return redirect(request, patient_home(request.user, glass.patient), text)


def _origin(request: HttpRequest) -> str:
    """``https://host`` of this request; Django has checked the host against ALLOWED_HOSTS."""
    return f"{request.scheme}://{request.get_host()}"
