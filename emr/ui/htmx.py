"""Answers to htmx: the same fragment file serves the first page and the later swap."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render as render_page

Level = Literal["info", "success", "warning", "error"]
_LEVELS = {
    "info": messages.INFO,
    "success": messages.SUCCESS,
    "warning": messages.WARNING,
    "error": messages.ERROR,
}


def is_htmx(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a fragment; a boosted link and a restored history entry want the whole page."""
    headers = request.headers
    whole_page = headers.get("HX-Boosted") == "true" or headers.get("HX-History-Restore-Request") == "true"
    return headers.get("HX-Request") == "true" and not whole_page


def render(
    request: HttpRequest,
    full: str,
    fragment: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Render ``fragment`` for htmx and ``full`` for everyone else, from one context.

    Caches must not mix the two, so the answer varies by ``HX-Request``.
    """
    template = fragment if is_htmx(request) else full
    response = render_page(request, template, dict(context or {}), status=status)
    response.headers["Vary"] = ", ".join(filter(None, [response.headers.get("Vary"), "HX-Request"]))
    return response


def toast(response: HttpResponse, text: str, level: Level = "success") -> HttpResponse:
    """Ask the page to show a short message after the swap; ``static/js/toast.js`` listens."""
    return trigger(response, "toast", {"text": text, "level": level})


def trigger(response: HttpResponse, event: str, detail: Any = None) -> HttpResponse:
    """Fire ``event`` in the page once the answer has arrived; may be called more than once."""
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    events[event] = detail
    response.headers["HX-Trigger"] = json.dumps(events)
    return response


def no_content(text: str | None = None, level: Level = "success") -> HttpResponse:
    """Answer 204, which leaves the page as it is, with an optional toast."""
    response = HttpResponse(status=204)
    return toast(response, text, level) if text else response


def redirect(request: HttpRequest, to: str, text: str | None = None, level: Level = "success") -> HttpResponse:
    """Send the browser to the path ``to`` after a POST, with an optional message on the page it lands on."""
    if text:
        messages.add_message(request, _LEVELS[level], text)
    if not is_htmx(request):
        return HttpResponseRedirect(to, status=303)
    response = HttpResponse(status=204)
    response.headers["HX-Redirect"] = to
    return response
