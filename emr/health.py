"""Whether the server answers and reaches its database: for a load balancer, not for people."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from emr.access.decorators import public_view

TEXT = "text/plain; charset=utf-8"


@public_view("A load balancer asks it without logging in; it says no more than ok or not.")
def healthz(request: HttpRequest) -> HttpResponse:
    """200 ``ok`` with a database that answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database unavailable", status=503, content_type=TEXT)
    return HttpResponse("ok", content_type=TEXT)
