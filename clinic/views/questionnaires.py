"""What the manager sets up for intake: questionnaires and texts to sign, by versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.actions.consent_forms import (
    add_shipped_text,
    publish_consent_form,
    retire_consent_form,
    save_consent_form,
)
from clinic.actions.questionnaires import (
    add_shipped_questionnaire,
    publish_questionnaire,
    retire_questionnaire,
    save_questionnaire,
)
from clinic.forms.questionnaires import (
    MOST_ROWS,
    SPARE_ROWS,
    QuestionnaireForm,
    RowForm,
    ShippedForm,
    StandingForm,
    TextForm,
    items_from,
    rows_of,
)
from clinic.intaking import PublicationStatus, QuestionnairePurpose
from clinic.models import ConsentForm, Questionnaire
from clinic.queries.questionnaires import offered_questionnaires, offered_texts, questionnaires, texts
from clinic.questionnaires.items import parse_items
from clinic.questionnaires.scoring import parse_bands
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.ui.forms import sent
from emr.ui.htmx import redirect

_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@staff_view(Permission.MANAGE_INTAKE)
def questionnaire_list(request: StaffRequest) -> HttpResponse:
    """All versions, and what comes with the program."""
    rows, papers = questionnaires(), texts()
    context = {
        "rows": rows,
        "texts": papers,
        "offered": offered_questionnaires(rows),
        "offered_texts": offered_texts(papers),
    }
    return render(request, "clinic/questionnaires/list.html", context)


@require_POST
@staff_view(Permission.MANAGE_INTAKE)
def add_shipped(request: StaffRequest) -> HttpResponseBase:
    """Add a questionnaire or a text that comes with the program."""
    form, here = ShippedForm(request.POST), reverse("clinic:questionnaires_list")
    if not form.is_valid():
        return redirect(request, here, "Choose what to add.", "error")
    name = form.cleaned_data["name"]
    try:
        if form.cleaned_data["kind"] == "text":
            text = add_shipped_text(by=request.user, key=name)
            return redirect(
                request, reverse("clinic:texts_edit", args=[text.pk]), "Adapt the text, then put it in force."
            )
        add_shipped_questionnaire(by=request.user, name=name)
    except DomainError as error:
        return redirect(request, here, str(error), "error")
    return redirect(request, here, "The questionnaire is in use.")


@_page
@staff_view(Permission.MANAGE_INTAKE)
def new(request: StaffRequest) -> HttpResponseBase:
    """Write a questionnaire."""
    return _editor(request, None)


@_page
@staff_view(Permission.MANAGE_INTAKE)
def edit(request: StaffRequest, questionnaire_id: UUID) -> HttpResponseBase:
    """Change a draft, or write the next version of one in use."""
    return _editor(request, get_object_or_404(Questionnaire, pk=questionnaire_id))


@require_safe
@staff_view(Permission.MANAGE_INTAKE)
def detail(request: StaffRequest, questionnaire_id: UUID) -> HttpResponse:
    """One version as it is asked."""
    row = get_object_or_404(Questionnaire.objects.select_related("created_by", "retired_by"), pk=questionnaire_id)
    editable = row.purpose == QuestionnairePurpose.HISTORY
    context = {"row": row, "items": parse_items(row.items), "bands": parse_bands(row.bands), "editable": editable}
    return render(request, "clinic/questionnaires/detail.html", context)


@require_POST
@staff_view(Permission.MANAGE_INTAKE)
def standing(request: StaffRequest, questionnaire_id: UUID) -> HttpResponseBase:
    """Put a version to use, or retire it."""
    row = get_object_or_404(Questionnaire, pk=questionnaire_id)
    return _stand(
        *(request, row),
        publish=lambda: publish_questionnaire(by=request.user, questionnaire=row),
        retire=lambda: retire_questionnaire(by=request.user, questionnaire=row),
    )


@_page
@staff_view(Permission.MANAGE_INTAKE)
def text_new(request: StaffRequest) -> HttpResponseBase:
    """Write a text to sign."""
    return _text_editor(request, None)


@_page
@staff_view(Permission.MANAGE_INTAKE)
def text_edit(request: StaffRequest, form_id: UUID) -> HttpResponseBase:
    """Change a draft, or write the next version of a text in force."""
    return _text_editor(request, get_object_or_404(ConsentForm, pk=form_id))


@require_safe
@staff_view(Permission.MANAGE_INTAKE)
def text_detail(request: StaffRequest, form_id: UUID) -> HttpResponse:
    """One version as it is signed."""
    row = get_object_or_404(ConsentForm.objects.select_related("created_by", "retired_by"), pk=form_id)
    paragraphs = [part.strip() for part in row.text.split("\n\n") if part.strip()]
    return render(request, "clinic/questionnaires/text.html", {"row": row, "paragraphs": paragraphs})


@require_POST
@staff_view(Permission.MANAGE_INTAKE)
def text_standing(request: StaffRequest, form_id: UUID) -> HttpResponseBase:
    """Put a text in force, or retire it."""
    row = get_object_or_404(ConsentForm, pk=form_id)
    return _stand(
        *(request, row),
        publish=lambda: publish_consent_form(by=request.user, form=row),
        retire=lambda: retire_consent_form(by=request.user, form=row),
    )


def _stand(
    request: StaffRequest,
    row: Questionnaire | ConsentForm,
    *,
    publish: Callable[[], object],
    retire: Callable[[], object],
) -> HttpResponseBase:
    form, here = StandingForm(request.POST), reverse("clinic:questionnaires_list")
    if not form.is_valid():
        return redirect(request, here, "Choose what becomes of it.", "error")
    try:
        publish() if form.cleaned_data["standing"] == "publish" else retire()
    except DomainError as error:
        return redirect(request, here, str(error), "error")
    return redirect(request, here, f"{row.title}, version {row.version}: done.")


def _editor(request: StaffRequest, row: Questionnaire | None) -> HttpResponseBase:
    if row is not None and row.purpose != QuestionnairePurpose.HISTORY:
        here = reverse("clinic:questionnaires_detail", args=[row.pk])
        return redirect(request, here, "This questionnaire is used as it was published. It can't be changed.", "error")
    before: list[dict[str, Any]] = row.items if row else []
    initial = rows_of(parse_items(before)) if row else []
    posted = sent(request)
    form = QuestionnaireForm(posted, initial={"title": row.title, "description": row.description} if row else {})
    count = _count(posted, len(initial))
    blank: list[dict[str, Any]] = [{}] * count
    rows = [RowForm(posted, prefix=f"row{n}", initial=(initial + blank)[n]) for n in range(count)]
    if posted is not None and all([form.is_valid(), *(one.is_valid() for one in rows)]):
        with form.refusals():
            saved = save_questionnaire(
                by=request.user,
                questionnaire=row,
                title=form.cleaned_data["title"],
                description=form.cleaned_data["description"],
                items=items_from([one.cleaned_data for one in rows], before),
            )
            return redirect(request, reverse("clinic:questionnaires_detail", args=[saved.pk]), "Saved as a draft.")
    context = {"form": form, "rows": rows, "count": count, "row": row}
    return render(request, "clinic/questionnaires/form.html", context)


def _count(posted: Any, known: int) -> int:
    """How many rows the editor has: what its page said, else those that there are and a few to spare."""
    said = posted.get("rows", "") if posted is not None else ""
    return min(int(said), MOST_ROWS) if said.isascii() and said.isdecimal() else min(known + SPARE_ROWS, MOST_ROWS)


def _text_editor(request: StaffRequest, row: ConsentForm | None) -> HttpResponseBase:
    names = ("title", "kind", "text", "effective", "required", "renew_months")
    initial = {name: getattr(row, name) for name in names} if row else {"effective": clinic_today()}
    if row is not None and row.status != PublicationStatus.DRAFT:
        initial["effective"] = clinic_today()
    form = TextForm(sent(request), initial=initial)
    if form.is_valid():
        with form.refusals():
            saved = save_consent_form(by=request.user, form=row, **form.cleaned_data)
            return redirect(request, reverse("clinic:texts_detail", args=[saved.pk]), "Saved as a draft.")
    return render(request, "clinic/questionnaires/text_form.html", {"form": form, "row": row})
