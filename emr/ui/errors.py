"""Pages for what went wrong: each says what happened and what to do next, and none gives a clue about records."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template

logger = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404, the same for what is not there and for what one may not know of."""
    return render(request, "404.html", status=404)


def only_forms(request: HttpRequest, allowed: str) -> HttpResponse:
    """Answer 405 to somebody who opened an address that only takes a form: after signing in again, or from history."""
    response = render(request, "405.html", status=405)
    response.headers["Allow"] = allowed
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without the request's context: what broke may be what the context needs."""
    return HttpResponse(get_template("500.html").render({}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form whose token is missing or stale."""
    logger.warning("csrf failure: %s", reason)
    return render(request, "403_csrf.html", status=403)


def conflict(request: HttpRequest, message: str) -> HttpResponse:
    """Answer 409: somebody else was first. ``message`` is the sentence of the ``Conflict``."""
    return render(request, "409.html", {"message": message}, status=409)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503: a service that this page needs does not answer."""
    response = HttpResponse(get_template("503.html").render({}), status=503)
    response.headers["Retry-After"] = "30"
    return response
