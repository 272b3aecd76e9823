"""The project's URLs and the page that all others are compared with; mounted by the benchmark alone."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

from emr import urls
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@staff_view(Permission.FIND_PATIENTS)
def hello(request: StaffRequest) -> HttpResponse:
    """The least that a page can be: behind the same middleware and a door, without a query or a template of its own."""
    return HttpResponse("Hello, world.")


urlpatterns = [path("bench/hello/", hello, name="bench_hello"), *urls.urlpatterns]
