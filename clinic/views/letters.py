"""Letters of a patient: begun from a template, written, read as they will be signed, signed."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from clinic.access import chart_view
from clinic.actions.letters import change_letter, letter_in_error, sign_letter, write_letter
from clinic.chart import chart_context
from clinic.forms.letters import LetterErrorForm, LetterForm, LetterSignForm
from clinic.letters import has_blanks
from clinic.models import Letter, LetterTemplate, Patient, ServiceRequest
from clinic.models.letters import LetterStatus
from clinic.printouts.letters import letter_paper, letter_pdf
from clinic.queries.letters import begun, letter_templates, letters_of, merge_values
from emr.access.decorators import StaffRequest, fresh_login
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import sent
from emr.uploads.outgoing import private_file
from emr.uploads.papers import check_pdf, page_picture

_page = require_http_methods(["GET", "HEAD", "POST"])


@chart_view(Permission.VIEW_NOTES, section="letters")
@require_GET
def letters(request: StaffRequest, patient: Patient) -> HttpResponse:
    """All letters of a patient."""
    context = {**chart_context(request, patient, "letters"), "rows": list(letters_of(patient)[:200])}
    return render(request, "clinic/letters/list.html", context)


@chart_view(Permission.WRITE_NOTES, section="letters")
@_page
def new(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Begin a letter, from a template or an empty page; its words are filled from the chart."""
    template = _asked(LetterTemplate.objects.filter(active=True), request, "template")
    order = _asked(ServiceRequest.objects.filter(patient=patient, entered_in_error_at=None), request, "order")
    first: dict[str, Any] = {}
    if order is not None:
        first = {"recipient": order.performer, "recipient_address": order.performer_contact}
    if template is not None:
        first |= begun(template, merge_values(patient, author=request.user, order=order))
    form = LetterForm(sent(request), initial=first)
    if form.is_valid():
        with form.refusals():
            words, token = form.cleaned_data, form.cleaned_data["request_token"]
            letter = write_letter(
                by=request.user, patient=patient, words=words, template=template, order=order, request_token=token
            )
            return htmx.redirect(request, _url(letter))
    context = {
        **chart_context(request, patient, "letters"),
        "form": form,
        "templates": letter_templates(patient.language[:2]),
        "template": template,
        "order": order,
    }
    return render(request, "clinic/letters/form.html", context, status=form.http_status)


@chart_view(Permission.WRITE_NOTES, section="letters")
@_page
def edit(request: StaffRequest, patient: Patient, letter_id: UUID) -> HttpResponse:
    """Write on."""
    letter = _of(patient, letter_id)
    if letter.status != LetterStatus.PRELIMINARY:
        return htmx.redirect(request, _url(letter), "A signed letter does not change: write another.", "error")
    first = {name: getattr(letter, name) for name in LetterForm.base_fields if hasattr(letter, name)}
    form = LetterForm(sent(request), initial=first)
    if form.is_valid():
        with form.refusals():
            version = form.cleaned_data["version"] or 0
            change_letter(by=request.user, letter=letter, base_version=version, words=form.cleaned_data)
            return htmx.redirect(request, _url(letter))
    context = {**chart_context(request, patient, "letters"), "form": form, "letter": letter, "templates": []}
    return render(request, "clinic/letters/form.html", context, status=form.http_status)


@chart_view(Permission.VIEW_NOTES, section="letters")
@require_GET
def detail(request: StaffRequest, patient: Patient, letter_id: UUID) -> HttpResponse:
    """A letter, page by page: of a draft what would be signed."""
    letter = _of(patient, letter_id)
    return _shown(request, letter, LetterSignForm(initial={"version": letter.version}))


@chart_view(Permission.SIGN_NOTES, section="letters")
@fresh_login("sign this letter")
@_page
def sign(request: StaffRequest, patient: Patient, letter_id: UUID) -> HttpResponse:
    """Sign a letter as it is shown."""
    letter, now = _of(patient, letter_id), timezone.now()
    form = LetterSignForm(sent(request), initial={"version": letter.version})
    if form.is_valid():
        with form.refusals():
            paper = letter_paper(letter, by=request.user, signed_at=now)
            version = form.cleaned_data["version"]
            sign_letter(by=request.user, letter=letter, base_version=version, paper=paper, signed_at=now)
            return htmx.redirect(request, _url(letter), "The letter is signed and kept among the documents.")
    return _shown(request, letter, form)


@chart_view(Permission.VIEW_NOTES, section="letters")
@require_GET
def page(request: StaffRequest, patient: Patient, letter_id: UUID, number: int) -> HttpResponseBase:
    """One page of a letter as a picture."""
    picture = page_picture(_pdf(_of(patient, letter_id)), number) if 0 < number < 100 else None
    if picture is None:
        raise Http404("There is no such page.")
    return private_file(io.BytesIO(picture), name=f"page-{number}.png", content_type="image/png")


@chart_view(Permission.WRITE_NOTES, section="letters")
@_page
def error(request: StaffRequest, patient: Patient, letter_id: UUID) -> HttpResponse:
    """Say that a letter was wrong."""
    letter = _of(patient, letter_id)
    form = LetterErrorForm(sent(request))
    if form.is_valid():
        with form.refusals():
            letter_in_error(by=request.user, letter=letter, reason=form.cleaned_data["reason"])
            return htmx.redirect(request, reverse("clinic:letters_list", args=[patient.pk]), "Marked as wrong.")
    context = {**chart_context(request, patient, "letters"), "form": form, "letter": letter}
    return render(request, "clinic/letters/error.html", context, status=form.http_status)


def _shown(request: StaffRequest, letter: Letter, form: LetterSignForm) -> HttpResponse:
    draft = letter.status == LetterStatus.PRELIMINARY
    context = {
        **chart_context(request, letter.patient, "letters"),
        "letter": letter,
        "form": form,
        "pages": range(1, check_pdf(_pdf(letter)) + 1),
        "draft": draft,
        "blank": draft and has_blanks(letter.subject, letter.body),
        "signs": draft and request.user.has_perm(Permission.SIGN_NOTES),
    }
    return render(request, "clinic/letters/detail.html", context, status=form.http_status)


def _pdf(letter: Letter) -> bytes:
    """What was signed, from the documents; of a draft how it would look now."""
    if letter.document is None:
        return letter_pdf(letter)
    with letter.document.content.open("rb") as file:
        content: bytes = file.read()
    return content


def _of(patient: Patient, letter_id: UUID) -> Letter:
    return get_object_or_404(letters_of(patient).select_related("document", "patient", "signed_by"), pk=letter_id)


def _asked(rows: Any, request: StaffRequest, name: str) -> Any:
    """The row that the address names, if it is one of these."""
    try:
        return rows.filter(pk=UUID(request.GET.get(name, ""))).first()
    except ValueError:
        return None


def _url(letter: Letter) -> str:
    return reverse("clinic:letters_detail", args=[letter.patient_id, letter.pk])
