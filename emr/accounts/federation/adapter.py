"""allauth's hooks for the outside provider: one provider, from the settings; known subjects only; no sign-up."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from requests import Session

from emr.accounts.actions.federation import link_identity
from emr.accounts.factors.policy import strengthen
from emr.accounts.federation.strength import is_strong_login
from emr.accounts.models import User
from emr.audit.security import SecurityKind, record_security_event
from emr.shared.errors import DomainError
from emr.ui.htmx import redirect

STRONG_KIND = "federation"


class FederationAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """One provider. Who it names is found by issuer and subject, never by an e-mail address."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        if not settings.OIDC_ISSUER:
            return []
        app = SocialApp(
            provider="openid_connect",
            # A link says whose subject it holds: another issuer's subjects are other people.
            provider_id=settings.OIDC_ISSUER,
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={"server_url": settings.OIDC_ISSUER, "oauth_pkce_enabled": True, "scope": ["openid"]},
        )
        known = provider in (None, app.provider, app.provider_id) and client_id in (None, app.client_id)
        return [app] if known else []

    def get_requests_session(self) -> Session:
        """The way to the provider. A redirect is an error: it would lead to an address that no setting names."""
        session: Session = super().get_requests_session()
        session.max_redirects = 0
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def authenticate_by_email(self, login: SocialLogin) -> None:
        return None

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        """Take no name or address from the provider: people are described by the clinic."""
        return sociallogin.user

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> Any:
        from emr.accounts.federation.provider import StrictProvider  # asks for this adapter itself

        return StrictProvider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Link an account, if that was asked; refuse whom nobody has linked; note whether there were two factors."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(_link(request, sociallogin))
        if not sociallogin.is_existing:
            record_security_event(SecurityKind.LOGIN_FAILED, request=request, detail="outside log-in, not linked")
            page = render(request, "socialaccount/unknown.html", status=HTTPStatus.FORBIDDEN)
            raise ImmediateHttpResponse(page)
        if is_strong_login(sociallogin.claims):
            strengthen(request, sociallogin.user, STRONG_KIND)

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        """Answer every failure with one page of ours; what went wrong is no business of whoever sees it."""
        cancelled = kwargs.get("error") == AuthError.CANCELLED
        if not cancelled:
            record_security_event(SecurityKind.LOGIN_FAILED, request=request, detail="outside log-in, not valid")
        context = {"cancelled": cancelled}
        page = render(request, "socialaccount/failed.html", context, status=HTTPStatus.UNAUTHORIZED)
        raise ImmediateHttpResponse(page)


def _link(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """Link the subject with the account that began this, if it is still the one that is logged in."""
    user = request.user
    back = reverse("mfa_index")
    if not isinstance(user, User) or str(user.pk) != sociallogin.state.get("user"):
        return redirect(request, back, "Nothing was linked: you are not who began it.", "error")
    try:
        link_identity(by=user, user=user, subject=sociallogin.account.uid)
    except DomainError as error:
        return redirect(request, back, str(error), "error")
    return redirect(request, back, f"You may sign in by {settings.OIDC_NAME} now.")
