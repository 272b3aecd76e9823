"""The second factor: where one begins to set it up, and what a manager does for a person who has lost it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.access.decorators import StaffRequest, fresh_login, public_view, staff_view
from emr.access.permissions import Permission
from emr.accounts.actions.clinic import exempt_roles
from emr.accounts.actions.factors import ResetReason, reset_factors
from emr.accounts.actions.federation import link_identity, unlink_identity
from emr.accounts.factors.policy import factor_types, needs_factor
from emr.accounts.forms.factors import ExemptForm, IdentityForm, ResetForm
from emr.accounts.models import User
from emr.accounts.queries.factors import factors_of, identity_of
from emr.ui.forms import sent
from emr.ui.htmx import redirect


@require_safe
@public_view("It explains how to set up a second factor to whoever may see nothing else yet.")
def factors_start(request: HttpRequest) -> HttpResponse:
    """The choice of a second factor, for somebody who has none and needs one."""
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.path)
    if not needs_factor(user, getattr(request, "clinic", None)) or factor_types(user):
        return HttpResponseRedirect(reverse("mfa_index"))
    return render(request, "mfa/start.html")


@require_safe
@staff_view(Permission.MANAGE_PEOPLE)
def factors_edit(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """How a person signs in."""
    return _page(request, _person(user_id))


@require_http_methods(["GET", "POST"])
@staff_view(Permission.MANAGE_CLINIC)
@fresh_login("change who needs a second factor")
def factors_roles(request: StaffRequest) -> HttpResponse:
    """Which roles need a second factor."""
    clinic = getattr(request, "clinic", None)
    form = ExemptForm(sent(request), initial={"roles": clinic.factor_exempt_roles if clinic else []})
    if form.is_valid():
        with form.refusals():
            exempt_roles(by=request.user, roles=form.cleaned_data["roles"])
            return redirect(request, reverse("accounts:clinic_edit"), "Who needs a second factor is saved.")
    return render(request, "accounts/factors/roles.html", {"form": form, "asked": settings.MFA_REQUIRED})


@require_POST
@staff_view(Permission.MANAGE_PEOPLE)
@fresh_login("reset a second factor")
def factors_reset(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Take a person's factors away."""
    person, form = _person(user_id), ResetForm(request.POST)
    if form.is_valid():
        reason, clinic = ResetReason(form.cleaned_data["reason"]), getattr(request, "clinic", None)
        with form.refusals():
            reset_factors(by=request.user, user=person, reason=reason, clinic=str(clinic or "your clinic"))
            done = f"{person} sets up a new second factor at the next sign-in."
            return redirect(request, reverse("accounts:factors_edit", args=[person.pk]), done)
    return _page(request, person, reset=form)


@require_POST
@staff_view(Permission.MANAGE_PEOPLE)
@fresh_login("change how a person signs in")
def identity_edit(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Link a person's account with a subject of the outside provider, or unlink it."""
    if not settings.OIDC_ISSUER:
        raise Http404
    person, form = _person(user_id), IdentityForm(request.POST)
    if form.is_valid():
        subject = form.cleaned_data["subject"]
        with form.refusals():
            if subject:
                link_identity(by=request.user, user=person, subject=subject)
            else:
                unlink_identity(by=request.user, user=person)
            return redirect(request, reverse("accounts:factors_edit", args=[person.pk]), f"{person} is saved.")
    return _page(request, person, identity=form)


def _person(user_id: UUID) -> User:
    return get_object_or_404(User, pk=user_id, is_service=False)


def _page(
    request: StaffRequest, person: User, *, reset: ResetForm | None = None, identity: IdentityForm | None = None
) -> HttpResponse:
    link = identity_of(person)
    context = {
        "person": person,
        "factors": factors_of(person),
        "needed": needs_factor(person, getattr(request, "clinic", None)),
        "own": person == request.user,
        "reset_form": reset or ResetForm(),
        "identity_form": identity or IdentityForm(initial={"subject": link.uid if link else ""}),
        "provider": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
    }
    return render(request, "accounts/factors/detail.html", context)
