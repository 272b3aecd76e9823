"""Why can, or can't, this person see that?"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from clinic.access import openable
from clinic.forms.explain import ExplainForm
from clinic.queries.explain import Question, answer
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.access.roles import ROLES
from emr.audit.reads import record_access
from emr.ui.forms import sent


@staff_view(Permission.VIEW_ACCESS)
@require_http_methods(["GET", "HEAD", "POST"])
def explain(request: StaffRequest) -> HttpResponse:
    """Choose a person and a page or a right; the answer is the one that the door gives, step by step.

    Who keeps the charts' lists may ask about one patient; everybody else asks about roles.
    """
    keeper = request.user.has_perm(Permission.RESTRICT_CHARTS)
    patients = openable(request.user, Permission.RESTRICT_CHARTS) if keeper else None
    form = ExplainForm(sent(request), initial=_initial(request), patients=patients)
    context = {"form": form, "keeper": keeper, "decision": None}
    if form.is_bound and form.is_valid():
        asked: Question = form.question()
        person = form.cleaned_data["user"]
        context |= {
            "asked": asked,
            "person": person,
            "roles": [ROLES[name].label for name in sorted(person.role_names) if name in ROLES],
            "decision": answer(person, asked, patients=patients),
        }
        if keeper and asked.patient_id is not None and patients is not None:
            known = patients.filter(pk=asked.patient_id).values_list("pk", flat=True)
            record_access(request, list(known), section="access")
    return render(request, "clinic/access/explain.html", context, status=422 if form.errors else 200)


def _initial(request: StaffRequest) -> dict[str, str]:
    """A page may lead here with a patient's key, which tells nothing; anything else in the address is left."""
    try:
        return {"page": f"/patients/{UUID(request.GET['patient'])}/"} if "patient" in request.GET else {}
    except ValueError:
        return {}
