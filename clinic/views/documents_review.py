"""Documents that somebody reads: filed under what they are, given to who is to read them, reviewed."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic.access import chart_view
from clinic.actions.documents import assign_document, file_document, review_document
from clinic.chart import chart_context
from clinic.forms.documents import DocumentFileForm, DocumentReviewerForm, DocumentReviewForm
from clinic.models import DocumentReference, Patient
from clinic.queries.documents import categories_for, document_row
from clinic.views.documents import detail_page, document_of
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import sent


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="documents")
@require_http_methods(["GET", "HEAD", "POST"])
def file(request: StaffRequest, patient: Patient, document_id: UUID) -> HttpResponse:
    """Say anew what a document is, and to which policy a card belongs."""
    document = document_of(request, patient, document_id)
    policies = patient.coverages.filter(entered_in_error_at=None).select_related("payer").order_by("order")
    first = {"category": document.category, "description": document.description, "coverage": document.coverage_id}
    form = DocumentFileForm(sent(request), categories=categories_for(request.user), policies=policies, initial=first)
    if form.is_valid():
        with form.refusals():
            file_document(by=request.user, document=document, **form.cleaned_data)
            return htmx.redirect(request, _url(document), "Filed.")
    context = {**chart_context(request, patient, "documents"), "form": form, "row": document_row(document)}
    return render(request, "clinic/documents/file.html", context, status=form.http_status)


@chart_view(Permission.VIEW_DEMOGRAPHICS, section="documents")
@require_POST
def review(request: StaffRequest, patient: Patient, document_id: UUID) -> HttpResponse:
    """Say that one has read it."""
    document = document_of(request, patient, document_id)
    form = DocumentReviewForm(request.POST)
    if form.is_valid():
        with form.refusals():
            review_document(by=request.user, document=document, comment=form.cleaned_data["comment"])
            return htmx.redirect(request, _url(document), "Reviewed.")
    return detail_page(request, patient, document, form)


@chart_view(Permission.VIEW_DEMOGRAPHICS, section="documents")
@require_POST
def assign(request: StaffRequest, patient: Patient, document_id: UUID) -> HttpResponse:
    """Put it into the inbox of who is to read it."""
    document = document_of(request, patient, document_id)
    form = DocumentReviewerForm(request.POST)
    if not form.is_valid():
        return htmx.redirect(request, _url(document), "Choose who is to read it.", "error")
    try:
        assign_document(by=request.user, document=document, reviewer=form.cleaned_data["reviewer"])
    except DomainError as refusal:
        return htmx.redirect(request, _url(document), str(refusal), "error")
    return htmx.redirect(request, _url(document), f"It waits in the inbox of {form.cleaned_data['reviewer']}.")


def _url(document: DocumentReference) -> str:
    return reverse("clinic:documents_detail", args=[document.patient_id, document.pk])
