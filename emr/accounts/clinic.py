"""The one clinic, and its clock."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from emr.accounts.models import Clinic


def current_clinic() -> Clinic | None:
    """The clinic's row, or None before it has been set up. The logo is read only where it is printed."""
    return Clinic.objects.defer("logo").first()


class ClinicMiddleware:
    """Puts the clinic on the request and shows every instant in its zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        clinic = current_clinic()
        request.clinic = clinic  # type: ignore[attr-defined]
        if clinic is None:
            return self.get_response(request)
        with timezone.override(zoneinfo.ZoneInfo(clinic.time_zone)):
            return self.get_response(request)


@contextmanager
def in_clinic_zone() -> Iterator[None]:
    """Run a task's or a command's block on the clinic's clock."""
    clinic = current_clinic()
    if clinic is None:
        yield
        return
    with timezone.override(zoneinfo.ZoneInfo(clinic.time_zone)):
        yield
