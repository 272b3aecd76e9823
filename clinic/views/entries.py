"""What the small forms of a patient's details have in common: one page, refusals beside their field, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from clinic.chart import chart_context
from clinic.forms.demographics import SUGGESTED
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.shared.errors import Conflict, DomainError
from emr.ui import htmx
from emr.ui.forms import Form


def small_page(
    request: StaffRequest,
    patient: Patient,
    form: Form,
    write: Callable[[], object],
    *,
    title: str,
    button: str,
    done: str,
    template: str = "clinic/patients/small_form.html",
    **extra: Any,
) -> HttpResponse:
    """Show the form, or write what was sent and go back to the details."""
    if form.is_bound and form.is_valid() and take(form, write):
        return htmx.redirect(request, reverse("clinic:patients_detail", args=[patient.pk]), done)
    context = {
        **chart_context(request, patient, "details"),
        "form": form,
        "title": title,
        "button": button,
        "suggested": SUGGESTED,
        **extra,
    }
    return render(request, template, context, status=status_of(form))


def take(form: Form, write: Callable[[], object]) -> bool:
    """Do it; a refusal stands in the form. A conflict is a refusal that keeps what was typed."""
    try:
        write()
    except Conflict as conflict:
        said = f"{conflict} Open the details to see the newest state; what you typed is kept here."
        form.add_error(None, ValidationError(said, code="conflict"))
    except DomainError as refusal:
        form.take(refusal)
    else:
        return True
    return False


def status_of(form: Form) -> int:
    """200 for a page that is only looked at, 409 after a conflict, 422 after another refusal."""
    if not form.is_bound:
        return 200
    return 409 if form.has_error(NON_FIELD_ERRORS, "conflict") else 422
