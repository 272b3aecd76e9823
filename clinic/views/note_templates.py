"""Templates of notes, and the words that stand for longer texts."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic.actions import note_templates as actions
from clinic.forms.note_templates import MacroForm, NoteTemplateForm, macro_initial, template_initial
from clinic.models import NoteTemplate, TextMacro
from clinic.queries.note_templates import macros_for, template_rows, templates_for
from clinic.tokens import RESERVED
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.shared.errors import DomainError
from emr.ui import htmx
from emr.ui.forms import sent
from emr.ui.navigation import Tab

_page = require_http_methods(["GET", "HEAD", "POST"])


@staff_view(Permission.WRITE_NOTES)
def templates(request: StaffRequest) -> HttpResponse:
    """One's own templates and everybody's."""
    may_share = request.user.has_perm(Permission.SIGN_NOTES)
    context = {"rows": template_rows(request.user), "tabs": _tabs("templates"), "may_share": may_share}
    return render(request, "clinic/note_templates/list.html", context)


@staff_view(Permission.WRITE_NOTES)
@_page
def add_template(request: StaffRequest) -> HttpResponse:
    """Make a template."""
    return _template_page(request, None)


@staff_view(Permission.WRITE_NOTES)
@_page
def edit_template(request: StaffRequest, note_template_id: UUID) -> HttpResponse:
    """Change a template, or look at everybody's."""
    return _template_page(request, get_object_or_404(templates_for(request.user), pk=note_template_id))


@staff_view(Permission.WRITE_NOTES)
@require_POST
def retire_template(request: StaffRequest, note_template_id: UUID) -> HttpResponse:
    """Offer a template no longer."""
    row = get_object_or_404(templates_for(request.user), pk=note_template_id)
    try:
        actions.retire_template(by=request.user, template=row)
    except DomainError as refusal:
        return htmx.redirect(request, reverse("clinic:note_templates_list"), str(refusal), "error")
    return htmx.redirect(request, reverse("clinic:note_templates_list"), f"{row.name} is no longer offered.")


@staff_view(Permission.WRITE_NOTES)
@require_POST
def usual(request: StaffRequest) -> HttpResponse:
    """Add the templates and the words that come with the program."""
    here = reverse("clinic:note_templates_list")
    try:
        templates, words = actions.add_usual_notes(by=request.user)
    except DomainError as refusal:
        return htmx.redirect(request, here, str(refusal), "error")
    return htmx.redirect(request, here, f"{templates} templates and {words} words added.")


@staff_view(Permission.WRITE_NOTES)
def macros(request: StaffRequest) -> HttpResponse:
    """One's own words and everybody's, and those that are always there."""
    rows = list(macros_for(request.user).select_related("owner"))
    context = {"rows": rows, "reserved": sorted(RESERVED), "tabs": _tabs("words")}
    return render(request, "clinic/note_templates/macros.html", context)


@staff_view(Permission.WRITE_NOTES)
@_page
def add_macro(request: StaffRequest) -> HttpResponse:
    """Let a word stand for a text."""
    return _macro_page(request, None)


@staff_view(Permission.WRITE_NOTES)
@_page
def edit_macro(request: StaffRequest, macro_id: UUID) -> HttpResponse:
    """Change what a word stands for."""
    return _macro_page(request, get_object_or_404(macros_for(request.user), pk=macro_id))


@staff_view(Permission.WRITE_NOTES)
@require_POST
def retire_macro(request: StaffRequest, macro_id: UUID) -> HttpResponse:
    """Let a word stand for nothing any more."""
    row = get_object_or_404(macros_for(request.user), pk=macro_id)
    try:
        actions.retire_macro(by=request.user, macro=row)
    except DomainError as refusal:
        return htmx.redirect(request, reverse("clinic:macros_list"), str(refusal), "error")
    return htmx.redirect(request, reverse("clinic:macros_list"), f"{row} stands for nothing any more.")


def _template_page(request: StaffRequest, row: NoteTemplate | None) -> HttpResponse:
    form = NoteTemplateForm(sent(request), initial=template_initial(row) if row else {})
    if form.is_valid():
        data = form.cleaned_data
        with form.refusals():
            actions.save_template(
                by=request.user,
                name=data["name"],
                type=data["type"],
                shared=data["shared"],
                visit_types=data["visit_types"].split(","),
                parts=form.parts(),
                template=row,
                version_seen=data["version"],
            )
            return htmx.redirect(request, reverse("clinic:note_templates_list"), f"{data['name']} is saved.")
    return _form_page(request, "form", form, row)


def _macro_page(request: StaffRequest, row: TextMacro | None) -> HttpResponse:
    form = MacroForm(sent(request), initial=macro_initial(row) if row else {})
    if form.is_valid():
        with form.refusals():
            saved = actions.save_macro(by=request.user, macro=row, **form.cleaned_data)
            return htmx.redirect(request, reverse("clinic:macros_list"), f"{saved} is saved.")
    return _form_page(request, "macro", form, row)


def _form_page(
    request: StaffRequest, page: str, form: NoteTemplateForm | MacroForm, row: NoteTemplate | TextMacro | None
) -> HttpResponse:
    context = {
        "form": form,
        "row": row,
        "may_change": row is None or actions.may_change(request.user, row),
        "may_share": request.user.has_perm(Permission.SIGN_NOTES),
    }
    return render(request, f"clinic/note_templates/{page}.html", context, status=form.http_status)


def _tabs(current: str) -> list[Tab]:
    return [
        Tab("Templates", reverse("clinic:note_templates_list"), current == "templates"),
        Tab("Words", reverse("clinic:macros_list"), current == "words"),
    ]
