"""The words that stand for longer texts, replaced while somebody types."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from clinic.access import chart_view
from clinic.forms.notes import WordForm
from clinic.models import Patient
from clinic.tokens import expand
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission


@chart_view(Permission.WRITE_NOTES, section="notes")
@require_POST
def word(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What one word stands for in this chart, as ``static/js/note-words.js`` asks: ``{"text": "BP 152/88 mmHg"}``."""
    form = WordForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"text": "", "error": "This is no word that stands for a text."}, status=422)
    typed = f".{form.cleaned_data['word']}"
    return JsonResponse({"text": expand({"word": typed}, patient, request.user)["word"]})
