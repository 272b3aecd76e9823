"""People, roles and the clinic's particulars."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.access.decorators import StaffRequest, fresh_login, staff_view
from emr.access.permissions import Permission
from emr.accounts.actions.clinic import save_clinic
from emr.accounts.actions.invitations import invite_person
from emr.accounts.actions.people import end_all_sessions, save_practitioner, unlock_person, update_person
from emr.accounts.clinic import current_clinic
from emr.accounts.forms.people import ClinicForm, PersonForm, PractitionerForm
from emr.accounts.models import Practitioner, User
from emr.accounts.queries.invitations import pending_invitations
from emr.accounts.queries.people import role_labels, staff, way_in
from emr.accounts.views.invitations import link_base
from emr.ui.forms import sent
from emr.ui.htmx import redirect


@require_safe
@staff_view(Permission.VIEW_PEOPLE)
def people_list(request: StaffRequest) -> HttpResponse:
    """Everybody who works here."""
    waiting = {invitation.user_id: invitation for invitation in pending_invitations()}
    rows = [(user, role_labels(user), waiting.get(user.pk)) for user in staff()]
    may_manage = request.user.has_perm(Permission.MANAGE_PEOPLE)
    context = {"rows": rows, "may_manage": may_manage, "waiting": list(waiting.values()), "now": timezone.now()}
    return render(request, "accounts/people/list.html", context)


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_PEOPLE)
@fresh_login("invite somebody")
def people_add(request: StaffRequest) -> HttpResponse:
    """Invite somebody."""
    form = PersonForm(sent(request))
    if form.is_valid():
        data = {key: value for key, value in form.cleaned_data.items() if key != "is_active"}
        with form.refusals():
            invitation = invite_person(by=request.user, link_base=link_base(request), **data)
            done = f"{invitation.user} is invited: a link to set a password is on its way to {invitation.user.email}."
            return redirect(request, reverse("accounts:people_list"), done)
    return render(request, "accounts/people/form.html", {"form": form, "person": None}, status=form.http_status)


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_PEOPLE)
@fresh_login("change who may do what")
def people_edit(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Change somebody's name, roles, or whether they may log in."""
    person = get_object_or_404(User, pk=user_id, is_service=False)
    form = PersonForm(sent(request), user=person)
    if form.is_valid():
        data = {key: value for key, value in form.cleaned_data.items() if key != "email"}
        with form.refusals():
            update_person(by=request.user, user=person, **data)
            return redirect(request, reverse("accounts:people_list"), f"{person} is saved.")
    context = {"form": form, "person": person, **way_in(person)}
    return render(request, "accounts/people/form.html", context, status=form.http_status)


@require_POST
@staff_view(Permission.MANAGE_PEOPLE)
@fresh_login("unlock this account")
def people_unlock(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Let somebody log in again who is locked out."""
    person = get_object_or_404(User, pk=user_id, is_service=False)
    unlock_person(by=request.user, user=person)
    return redirect(request, reverse("accounts:people_edit", args=[person.pk]), f"{person} may log in again.")


@require_POST
@staff_view(Permission.MANAGE_PEOPLE)
@fresh_login("sign a person out everywhere")
def people_sign_out(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Log somebody out everywhere, at once."""
    person = get_object_or_404(User, pk=user_id, is_service=False)
    end_all_sessions(by=request.user, user=person)
    return redirect(request, reverse("accounts:people_edit", args=[person.pk]), f"{person} is signed out everywhere.")


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_PEOPLE)
def practitioners_edit(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """What claims and notes say of a person whom patients see."""
    person = get_object_or_404(User, pk=user_id, is_service=False)
    practitioner = Practitioner.objects.filter(user=person).first()
    initial = {"family_name": person.last_name, "given_name": person.first_name}
    form = PractitionerForm(sent(request), instance=practitioner, initial=initial)
    if form.is_valid():
        with form.refusals():
            save_practitioner(by=request.user, practitioner=practitioner, user=person, **form.cleaned_data)
            return redirect(request, reverse("accounts:people_list"), f"{person} is saved.")
    return render(request, "accounts/people/practitioner.html", {"form": form, "person": person})


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_CLINIC)
def clinic_edit(request: StaffRequest) -> HttpResponse:
    """The clinic's name, numbers, address and clock."""
    clinic = current_clinic()
    form = ClinicForm(sent(request), request.FILES or None, instance=clinic)
    if form.is_valid():
        data = form.cleaned_data
        save_clinic(by=request.user, logo=data.pop("logo_file"), **data)
        return redirect(request, reverse("accounts:clinic_edit"), "The clinic is saved.")
    logo_url = clinic.logo_url if clinic else ""
    return render(request, "accounts/clinic/form.html", {"form": form, "logo_url": logo_url})
