"""The templates that letters begin with."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.actions.letter_templates import add_usual_templates, retire_letter_template, save_letter_template
from clinic.forms.letters import LetterTemplateForm
from clinic.letters import FIELDS
from clinic.models import LetterTemplate
from clinic.queries.letters import letter_templates
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@staff_view(Permission.WRITE_NOTES)
def templates(request: StaffRequest) -> HttpResponse:
    """The templates in use."""
    return render(request, "clinic/letters/templates.html", {"rows": letter_templates()})


@_page
@staff_view(Permission.WRITE_NOTES)
def new(request: StaffRequest) -> HttpResponse:
    """Make a template."""
    return _form(request, None)


@_page
@staff_view(Permission.WRITE_NOTES)
def edit(request: StaffRequest, letter_template_id: UUID) -> HttpResponse:
    """Change a template."""
    return _form(request, get_object_or_404(LetterTemplate, pk=letter_template_id, active=True))


@require_POST
@staff_view(Permission.WRITE_NOTES)
def retire(request: StaffRequest, letter_template_id: UUID) -> HttpResponse:
    """Offer a template no more."""
    row = get_object_or_404(LetterTemplate, pk=letter_template_id)
    retire_letter_template(by=request.user, template=row)
    return htmx.redirect(request, reverse("clinic:letter_templates_list"), f"{row} is retired.")


@require_POST
@staff_view(Permission.WRITE_NOTES)
def usual(request: StaffRequest) -> HttpResponse:
    """Add the templates that come with the program."""
    number = add_usual_templates(by=request.user)
    return htmx.redirect(request, reverse("clinic:letter_templates_list"), f"{number} templates added.")


def _form(request: StaffRequest, row: LetterTemplate | None) -> HttpResponse:
    first = {name: getattr(row, name) for name in ("name", "kind", "language", "subject", "body")} if row else {}
    form = LetterTemplateForm(sent(request), initial={**first, "seen": row.updated_at.isoformat() if row else None})
    if form.is_valid():
        with form.refusals():
            save_letter_template(by=request.user, template=row, **form.cleaned_data)
            return htmx.redirect(request, reverse("clinic:letter_templates_list"), "Saved.")
    context = {"form": form, "row": row, "fields": FIELDS}
    return render(request, "clinic/letters/template.html", context, status=form.http_status)
