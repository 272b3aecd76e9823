"""Search of codes: the options under a field while somebody types, and a page to look one up."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from emr.access.decorators import staff_view
from emr.access.permissions import Permission
from emr.codes.forms import ConceptSearchForm
from emr.codes.queries.concepts import search
from emr.codes.queries.releases import active_release
from emr.codes.systems.registry import SYSTEMS
from emr.ui.htmx import is_htmx, render

_DEFAULT_SYSTEM = "icd-10-cm"
_ON_THE_PAGE = 50
_UNDER_A_FIELD = 12


@staff_view(Permission.SEARCH_CODES)
@require_GET
def concepts_search(request: HttpRequest) -> HttpResponse:
    """Codes of ``system`` (a short name) for the text ``q``: options for a field, or the page for a person."""
    system = SYSTEMS.get(request.GET.get("system", _DEFAULT_SYSTEM))
    if system is None:
        raise Http404
    text = request.GET.get("q", "").strip()
    limit = _UNDER_A_FIELD if is_htmx(request) else _ON_THE_PAGE
    context = {
        "system": system,
        "text": text,
        "hits": search(system.url, text, limit=limit) if text else [],
        "form": ConceptSearchForm(initial={"system": system.name, "q": text}),
        "release": active_release(system.url),
    }
    return render(request, "codes/concepts/search.html", "codes/concepts/_options.html", context)
