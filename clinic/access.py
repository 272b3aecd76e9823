"""THE DOOR: every page about a patient goes through ``chart_view``, and through nothing else.

It loads the patient of the URL, checks the role's permission, checks restricted charts, records the access, and only
then calls the view, which gets the patient as its second argument and never looks one up itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import get_resolver, reverse

from clinic.models import Patient
from clinic.rules import IDENTITY_ONLY, Decision, can, notes_visible_to, openable, visible_to
from emr.access.decorators import Door, StaffRequest, hang, must_prove
from emr.access.permissions import Permission
from emr.audit.models import AccessAction, AccessOutcome
from emr.audit.reads import record_access
from emr.shared.errors import Conflict
from emr.ui.errors import conflict

__all__ = ["Decision", "can", "chart_view", "notes_visible_to", "openable", "visible_to"]

P = ParamSpec("P")
ChartView = Callable[Concatenate[StaffRequest, Patient, P], HttpResponseBase]


def chart_view(
    permission: Permission, *, section: str, action: AccessAction = AccessAction.VIEW, shows_chart: bool = True
) -> Callable[[ChartView[P]], Callable[..., HttpResponseBase]]:
    """Guard a view of one patient's record.

    The URL carries ``patient_id``. A patient who doesn't exist and one of whom the user may not know give the same
    404; a role without ``permission`` gives 403. ``section`` and ``action`` are what the log of reads will say.
    ``shows_chart=False`` is for a view that only takes what is typed and shows nothing: no read, so no entry.
    """

    def decorate(view: ChartView[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: StaffRequest, patient_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            # Not first(): it would put the one row in order, which costs more than reading it.
            patient = next(iter(openable(request.user, permission).filter(pk=patient_id).order_by()), None)
            if patient is None:
                return _not_found(request, patient_id, section, action, permission)
            # Who has yet to prove who they are is shown nothing: no read, and no export, to record.
            if shows_chart and not must_prove(view, request):
                record_access(request, [patient.pk], section=section, action=action)
            try:
                with _undone_by_a_refusal(request):
                    return view(request, patient, *args, **kwargs)
            except Http404 as missing:
                # Answered here and not by raising, which would roll the record of the access back.
                return _page_not_found(request, missing)
            except Conflict as refusal:
                return conflict(request, refusal.message)

        hang(guarded, Door("chart", permission))
        return guarded

    return decorate


def _undone_by_a_refusal(request: HttpRequest) -> AbstractContextManager[object]:
    """What a view wrote before it was refused is undone, while the record of the access stays."""
    return transaction.atomic() if request.method == "POST" else nullcontext()


def _not_found(
    request: StaffRequest, patient_id: UUID, section: str, action: AccessAction, permission: Permission
) -> HttpResponseBase:
    """The project's own 404 page, returned and not raised: raising would roll the record of the try back.

    A try at a chart that exists but is restricted is on record; an id of nobody is not anybody's chart. A chart that
    was merged into one that the user may open leads there.
    """
    known = Patient.objects.filter(pk=patient_id).order_by().values_list("mrn", "replaced_by").first()
    if known is None:
        return _page_not_found(request, Http404())
    mrn, heir = known
    kept = openable(request.user, permission).filter(pk=heir).order_by().first() if heir else None
    outcome = AccessOutcome.DENIED if kept is None else AccessOutcome.GRANTED
    record_access(request, [patient_id], section=section, action=action, outcome=outcome)
    return (
        _page_not_found(request, Http404()) if kept is None else _leads_on(request, patient_id, mrn, kept, permission)
    )


def _leads_on(
    request: StaffRequest, patient_id: UUID, mrn: str, kept: Patient, permission: Permission
) -> HttpResponseBase:
    """A chart that was merged leads to the one that was kept. Who sent something to it is told that it wasn't taken."""
    sent = request.method not in {"GET", "HEAD"}
    opens = "clinic:chart_summary" if request.user.has_perm(Permission.VIEW_CHART) else "clinic:patients_detail"
    context = {"mrn": mrn, "kept": kept, "leads": reverse(opens, args=[kept.pk]), "sent": sent}
    if permission in IDENTITY_ONLY:
        context["leads"] = request.path.replace(str(patient_id), str(kept.pk))
    return render(request, "clinic/merges/moved.html", context, status=409 if sent else 200)


def _page_not_found(request: HttpRequest, missing: Http404) -> HttpResponseBase:
    response: HttpResponseBase = get_resolver().resolve_error_handler(404)(request, missing)  # type: ignore[call-arg]
    return response
