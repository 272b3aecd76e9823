"""Invitations: accepting one, sending one again, taking one back."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from emr.access.decorators import StaffRequest, fresh_login, public_view, staff_view
from emr.access.permissions import Permission
from emr.accounts.actions.invitations import accept_invitation, digest, resend_invitation, withdraw_invitation
from emr.accounts.forms.passwords import ChoosePasswordForm
from emr.accounts.models import User
from emr.accounts.queries.invitations import invitation_by_hash
from emr.shared.errors import DomainError
from emr.ui.forms import sent
from emr.ui.htmx import redirect


@public_view("Who was invited has no password yet; the key of the link, sent by mail, lets them set one, once.")
@require_http_methods(["GET", "POST"])
def invitations_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Choose the first password."""
    invitation = invitation_by_hash(digest(token))
    if invitation is None:
        return render(request, "accounts/invitations/accept.html", status=404)
    person = invitation.user
    form = ChoosePasswordForm(sent(request), user=person)
    if form.is_valid():
        with form.refusals():
            accept_invitation(by=person, invitation=invitation, password=form.cleaned_data["password1"])
            return redirect(request, reverse("account_login"), "Your password is set. Sign in with it.")
    return render(request, "accounts/invitations/accept.html", {"form": form, "person": person})


@require_POST
@staff_view(Permission.MANAGE_PEOPLE)
@fresh_login("send this invitation again")
def invitations_send(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Mail a new link."""
    person = get_object_or_404(User, pk=user_id, is_service=False)
    try:
        resend_invitation(by=request.user, user=person, link_base=link_base(request))
    except DomainError as error:
        return redirect(request, reverse("accounts:people_edit", args=[person.pk]), str(error), "error")
    return redirect(request, reverse("accounts:people_list"), f"A new link is on its way to {person.email}.")


@require_POST
@staff_view(Permission.MANAGE_PEOPLE)
@fresh_login("take this invitation back")
def invitations_withdraw(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    person = get_object_or_404(User, pk=user_id, is_service=False)
    try:
        withdraw_invitation(by=request.user, user=person)
    except DomainError as error:
        return redirect(request, reverse("accounts:people_edit", args=[person.pk]), str(error), "error")
    return redirect(request, reverse("accounts:people_list"), f"The invitation of {person} is taken back.")


def link_base(request: HttpRequest) -> str:
    """The address before the key of a link, as this browser reaches the clinic (one of ALLOWED_HOSTS)."""
    return request.build_absolute_uri(reverse("accounts:invitations_accept", args=["x"])).removesuffix("x/")
