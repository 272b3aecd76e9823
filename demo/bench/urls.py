"""The project's URLs and the page that all others are compared with; mounted by the benchmark alone."""

from __future__ import annotations

import inspect
from typing import cast
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path

from clinic.models import Patient
from clinic.views import chart
from emr import urls
from emr.access.decorators import Door, StaffRequest, hang, staff_view
from emr.access.permissions import Permission
from emr.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@staff_view(Permission.FIND_PATIENTS)
def hello(request: StaffRequest) -> HttpResponse:
    """The least that a page can be: behind the same middleware and a door, without a query or a template of its own."""
    return HttpResponse("Hello, world.")


def bare_chart(request: StaffRequest, patient_id: UUID) -> HttpResponseBase:
    """The chart's summary as if there were no door: nobody is asked who they are, nothing is recorded."""
    view = inspect.unwrap(chart.summary)
    return cast(HttpResponseBase, view(request, Patient.objects.get(pk=patient_id)))


hang(bare_chart, Door("public", reason="What a door and its record cost is told by the page without them."))

urlpatterns = [
    path("bench/hello/", hello, name="bench_hello"),
    path("bench/chart/<uuid:patient_id>/", bare_chart, name="bench_bare_chart"),
    *urls.urlpatterns,
]
