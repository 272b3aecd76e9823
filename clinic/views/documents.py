"""Documents of a patient: photo, cards and papers, taken in, shown, handed out, marked as wrong."""

from __future__ import annotations

import io
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from clinic.access import chart_view
from clinic.actions.documents import CARDS, add_document, may_review
from clinic.actions.errors import enter_in_error
from clinic.chart import chart_context
from clinic.forms.documents import (
    CaptureForm,
    DocumentErrorForm,
    DocumentFilterForm,
    DocumentForm,
    DocumentReviewerForm,
    DocumentReviewForm,
)
from clinic.models import DocumentReference, Patient
from clinic.papers import DocumentStatus
from clinic.queries.documents import (
    capture_slots,
    categories_for,
    document_row,
    document_rows,
    documents_for,
    policies_today,
)
from emr.access.decorators import StaffRequest, uses_camera
from emr.access.permissions import Permission
from emr.audit.models import AccessAction
from emr.keys import Unreadable
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import sent
from emr.uploads.outgoing import private_file
from emr.uploads.papers import page_picture

_page = require_http_methods(["GET", "HEAD", "POST"])
#: So many pages of a PDF are shown as pictures; the file has them all.
_SHOWN_PAGES = 30


@chart_view(Permission.VIEW_DEMOGRAPHICS, section="documents")
@require_GET
def documents(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Photo and cards as small pictures, and every document with who added it, and who is to read it."""
    form = DocumentFilterForm(request.GET)
    context = {
        **chart_context(request, patient, "documents"),
        "slots": capture_slots(request.user, patient),
        "rows": document_rows(request.user, patient, **form.wanted),
        "form": form,
        "narrowed": bool(form.wanted),
    }
    return render(request, "clinic/documents/list.html", context)


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="documents")
@uses_camera
@_page
def capture(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Photo, ID and insurance card, by camera or as files. What can be taken is kept; the rest says why not."""
    form = CaptureForm(
        sent(request),
        request.FILES or None,
        categories=categories_for(request.user),
        coverages=policies_today(patient),
    )
    kept: list[str] = []
    if form.is_bound:
        kept = _keep(request, patient, form)
        if kept and not form.errors:
            return htmx.redirect(request, _list_url(patient), f"{' and '.join(kept)} kept.")
        if not kept and not form.errors:
            form.add_error(None, "Take a picture or choose a file first.")
    context = {
        **chart_context(request, patient, "documents"),
        "form": form,
        "kept": kept,
        "slots": {slot.name: slot for slot in capture_slots(request.user, patient)},
    }
    return render(request, "clinic/documents/capture.html", context, status=form.http_status)


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="documents")
@_page
def add(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Add a paper."""
    form = DocumentForm(sent(request), request.FILES or None, categories=categories_for(request.user))
    if form.is_valid():
        with form.refusals():
            document = add_document(by=request.user, patient=patient, **form.cleaned_data)
            return htmx.redirect(request, _list_url(patient), f"{document} is kept.")
    context = {**chart_context(request, patient, "documents"), "form": form}
    return render(request, "clinic/documents/form.html", context, status=form.http_status)


@chart_view(Permission.VIEW_DEMOGRAPHICS, section="documents")
@require_GET
def detail(request: StaffRequest, patient: Patient, document_id: UUID) -> HttpResponse:
    """One document, a picture in full, of a PDF its first pages as pictures."""
    return detail_page(request, patient, document_of(request, patient, document_id))


def detail_page(
    request: StaffRequest, patient: Patient, document: DocumentReference, review: DocumentReviewForm | None = None
) -> HttpResponse:
    """The page of a document, with the review that was refused in place of a fresh one."""
    waits = document.status == DocumentStatus.CURRENT and document.reviewed_at is None
    review = review or DocumentReviewForm()
    context = {
        **chart_context(request, patient, "documents"),
        "row": document_row(document),
        "pages": range(1, min(document.pages, _SHOWN_PAGES) + 1),
        "review": review if waits and may_review(request.user, document) else None,
        "assign": DocumentReviewerForm(initial={"reviewer": document.reviewer_id}) if waits else None,
    }
    return render(request, "clinic/documents/detail.html", context, status=review.http_status)


@chart_view(Permission.VIEW_DEMOGRAPHICS, section="documents")
@require_GET
def page(request: StaffRequest, patient: Patient, document_id: UUID, number: int) -> HttpResponseBase:
    """One page of a PDF as a picture: no PDF runs in a browser of ours."""
    document = document_of(request, patient, document_id)
    if not 1 <= number <= min(document.pages, _SHOWN_PAGES):
        raise Http404("There is no such page.")
    try:
        with document.content.open("rb") as file:
            picture = page_picture(file.read(), number)
    except (FileNotFoundError, Unreadable) as error:
        raise Http404("The file can't be read.") from error
    if picture is None:
        raise Http404("The page can't be shown. Save the file to see it.")
    return private_file(io.BytesIO(picture), name=f"page-{number}.png", content_type="image/png")


@chart_view(Permission.VIEW_DEMOGRAPHICS, section="documents", action=AccessAction.DOWNLOAD)
@require_GET
def content(request: StaffRequest, patient: Patient, document_id: UUID) -> HttpResponseBase:
    """The file as it was taken in. A browser shows a picture inside our page and saves everything else."""
    document = document_of(request, patient, document_id)
    try:
        file = document.content.open("rb")
    except FileNotFoundError as error:
        raise Http404("The file is not on the server any more.") from error
    except Unreadable as error:
        raise Http404("The file can't be decrypted: its key is missing, or it was altered.") from error
    return private_file(file, name=document.name, content_type=document.content_type)


@chart_view(Permission.VIEW_DEMOGRAPHICS, section="documents")
@require_GET
def thumbnail(request: StaffRequest, patient: Patient, document_id: UUID) -> HttpResponseBase:
    """A picture, small."""
    document = document_of(request, patient, document_id)
    try:
        file = document.thumbnail.open("rb")
    except (ValueError, FileNotFoundError, Unreadable) as error:
        raise Http404("There is no small picture of this document.") from error
    return private_file(file, name="thumbnail.jpg", content_type="image/jpeg")


@chart_view(Permission.EDIT_DEMOGRAPHICS, section="documents")
@_page
def error(request: StaffRequest, patient: Patient, document_id: UUID) -> HttpResponse:
    """Say that a document is not the patient's, or is not what it should be."""
    document = document_of(request, patient, document_id)
    form = DocumentErrorForm(sent(request))
    if form.is_valid():
        with form.refusals():
            enter_in_error(by=request.user, row=document, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, _list_url(patient), "The document is marked as entered in error.")
    context = {**chart_context(request, patient, "documents"), "form": form, "row": document_row(document)}
    return render(request, "clinic/documents/error.html", context, status=form.http_status)


def _keep(request: StaffRequest, patient: Patient, form: CaptureForm) -> list[str]:
    """Keep each file that was taken; gives what was kept, in words. A refusal stands beside its field."""
    form.is_valid()
    policy, kept = form.cleaned_data.get("coverage"), []
    for name, category, file in form.taken():
        coverage = policy if category in CARDS else None
        try:
            add_document(by=request.user, patient=patient, category=category, file=file, coverage=coverage)
        except DomainError as refusal:
            form.add_error(name, str(refusal))
        else:
            kept.append(str(category.label))
    return kept


def document_of(request: StaffRequest, patient: Patient, document_id: UUID) -> DocumentReference:
    """The document, if it is this patient's and the user's roles may see its kind; else 404."""
    rows = documents_for(request.user, patient).select_related(
        "created_by", "coverage__payer", "reviewer", "reviewed_by", "patient"
    )
    document = rows.filter(pk=document_id).first()
    if document is None:
        raise Http404
    return document


def _list_url(patient: Patient) -> str:
    return reverse("clinic:documents_list", args=[patient.pk])
