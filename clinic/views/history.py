"""The history of one row, in plain words: the same page for every kind of row, behind that row's own door.

A room makes its page by :func:`history_page` and gives it a URL; the upper floors do so for their rows too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinic.access import chart_view
from clinic.chart import chart_context
from clinic.models import Patient
from emr.access.decorators import StaffRequest
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.queries.history import history_of

Find = Callable[[User, Patient, UUID], models.Model | None]


@dataclass(frozen=True)
class Kind:
    """One kind of row: where it stands, who may see it, how it is found, and which rows are parts of it.

    ``parts`` are pairs of a model and its foreign key to the row; ``back_by`` names what of the row the page it came
    from has in its URL. ``find`` answers None for a row that isn't this
    patient's, or that the user may not know.
    """

    title: str
    section: str
    permission: Permission
    back_url: str
    find: Find
    parts: tuple[tuple[type[models.Model], str], ...] = ()
    key: str = "row_id"
    back_by: tuple[str, ...] = ()


def history_page(kind: Kind) -> Callable[..., HttpResponseBase]:
    """The view of a kind's history, behind the door of the rows themselves."""

    def page(request: StaffRequest, patient: Patient, /, **keys: UUID) -> HttpResponse:
        row = kind.find(request.user, patient, keys[kind.key]) if kind.key in keys else patient
        if row is None:
            raise Http404
        back = [patient.pk, *(getattr(row, name) for name in kind.back_by)]
        context: dict[str, Any] = {
            **chart_context(request, patient, kind.section),
            "kind": kind,
            "row": "" if row is patient else str(row),
            "deeds": history_of([row, *_parts(kind, row)]),
            "back_url": reverse(kind.back_url, args=back),
        }
        return render(request, "clinic/history/detail.html", context)

    page.__doc__ = f"{kind.title}, in plain words."
    page.__name__ = f"{kind.section}_history"
    return require_safe(chart_view(kind.permission, section=kind.section)(page))


def _parts(kind: Kind, row: models.Model) -> Sequence[models.Model]:
    """The rows that are parts of this one; nothing of the record is deleted, so that all that ever were are there."""
    return [part for model, name in kind.parts for part in model._default_manager.filter(**{name: row.pk})]


def owned(model: type[models.Model]) -> Find:
    """Find a row of a model among the patient's own."""

    def find(user: User, patient: Patient, key: UUID) -> models.Model | None:
        return model._default_manager.filter(patient=patient, pk=key).first()

    return find
