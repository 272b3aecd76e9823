"""The pharmacies that patients may choose."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinic.actions import pharmacies as actions
from clinic.forms.related_persons import PharmacyForm, pharmacy_initial
from clinic.models import Pharmacy
from emr.access.decorators import StaffRequest, staff_view
from emr.access.permissions import Permission
from emr.ui import htmx
from emr.ui.forms import sent

_page = require_http_methods(["GET", "HEAD", "POST"])
_FORM = "clinic/pharmacies/form.html"


@staff_view(Permission.EDIT_DEMOGRAPHICS)
def pharmacies(request: StaffRequest) -> HttpResponse:
    """All of them, those out of use too."""
    return render(request, "clinic/pharmacies/list.html", {"pharmacies": list(Pharmacy.objects.all())})


@staff_view(Permission.EDIT_DEMOGRAPHICS)
@_page
def add(request: StaffRequest) -> HttpResponse:
    """Add a pharmacy."""
    form = PharmacyForm(sent(request))
    if form.is_valid():
        fields = form.pharmacy()
        with form.refusals():
            actions.add_pharmacy(by=request.user, **fields)
            return htmx.redirect(request, reverse("clinic:pharmacies_list"), f"{fields['name']} is added.")
    context = {"form": form, "title": "Add a pharmacy", "button": "Add pharmacy"}
    return render(request, _FORM, context, status=form.http_status)


@staff_view(Permission.EDIT_DEMOGRAPHICS)
@_page
def edit(request: StaffRequest, pharmacy_id: UUID) -> HttpResponse:
    """Correct a pharmacy, or take it out of use."""
    row = get_object_or_404(Pharmacy, pk=pharmacy_id)
    form = PharmacyForm(sent(request), initial=pharmacy_initial(row))
    if form.is_valid():
        fields, seen = form.pharmacy(), form.cleaned_data["version"] or row.created_at
        with form.refusals():
            actions.update_pharmacy(by=request.user, pharmacy=row, version_seen=seen, **fields)
            return htmx.redirect(request, reverse("clinic:pharmacies_list"), f"{fields['name']} is saved.")
    context = {"form": form, "title": f"Change {row}", "button": "Save pharmacy"}
    return render(request, _FORM, context, status=form.http_status)
