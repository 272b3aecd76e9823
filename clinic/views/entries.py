"""What the small forms of a patient's details have in common: one page, refusals beside their field, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from clinic.chart import chart_context
from clinic.forms.demographics import SUGGESTED
from clinic.models import Patient
from emr.access.decorators import StaffRequest
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
    if form.is_valid():
        with form.refusals():
            write()
            return htmx.redirect(request, reverse("clinic:patients_detail", args=[patient.pk]), done)
    context = {
        **chart_context(request, patient, "details"),
        "form": form,
        "title": title,
        "button": button,
        "suggested": SUGGESTED,
        **extra,
    }
    return render(request, template, context, status=form.http_status)
