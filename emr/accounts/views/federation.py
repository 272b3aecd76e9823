"""Log-in by the outside provider: leaving for it, coming back, and linking one's own account."""

from __future__ import annotations

import secrets
from http import HTTPStatus

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from emr.access.decorators import fresh_login, public_view
from emr.accounts.actions.federation import unlink_identity
from emr.accounts.federation.provider import Callback, StrictOpenID, max_age
from emr.accounts.models import User
from emr.ui.htmx import redirect

_OWN_ACCOUNT = "It works on the asker's own account alone; who is not logged in is sent to log in."


@require_POST
@public_view("It is a way to log in.")
def oidc_login(request: HttpRequest) -> HttpResponse:
    """Leave for the provider to log in."""
    return _leave(request, AuthProcess.LOGIN, next_url=get_next_redirect_url(request))


@require_GET
@public_view("The provider sends people back here to log in.")
def oidc_callback(request: HttpRequest) -> HttpResponse:
    """Come back from the provider."""
    _need_provider()
    answer: HttpResponse = Callback.adapter_view(StrictOpenID(request))(request)
    return answer


@require_POST
@public_view(_OWN_ACCOUNT)
def oidc_link(request: HttpRequest) -> HttpResponseBase:
    """Leave for the provider to link one's own account."""
    if not isinstance(request.user, User):
        return redirect_to_login(reverse("mfa_index"))
    return _link(request)


@require_POST
@public_view(_OWN_ACCOUNT)
def oidc_unlink(request: HttpRequest) -> HttpResponseBase:
    """Take the link of one's own account away."""
    if not isinstance(request.user, User):
        return redirect_to_login(reverse("mfa_index"))
    return _unlink(request)


@fresh_login("change how you sign in")
def _link(request: HttpRequest) -> HttpResponse:
    return _leave(request, AuthProcess.CONNECT, user=str(request.user.pk))


@fresh_login("change how you sign in")
def _unlink(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        unlink_identity(by=request.user, user=request.user)
    return redirect(request, reverse("mfa_index"), "The outside sign-in is unlinked.")


def _need_provider() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


def _leave(request: HttpRequest, process: str, *, next_url: str | None = None, **state: str) -> HttpResponse:
    """A page that goes on to the provider by itself.

    Not a redirect: our content policy lets a form lead to our own origin alone, and browsers hold a form's redirects to
    that too. The policy stays as it is, and no provider has to be named in it.
    """
    _need_provider()
    nonce = secrets.token_urlsafe(24)
    provider = StrictOpenID(request).get_provider()
    try:
        asked = {"nonce": nonce, "max_age": str(max_age())}
        answer = provider.redirect(request, process, next_url, auth_params=asked, nonce=nonce, **state)
    except (RequestException, OAuth2Error):
        return render(request, "socialaccount/away.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
    if not isinstance(answer, HttpResponseRedirect):
        failed: HttpResponse = answer
        return failed
    return render(request, "socialaccount/leave.html", {"to": answer.url})
