"""Nothing before the second factor: no page, no download, no fragment, no answer to a script."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from emr.accounts.factors.policy import factor_types, is_strong, needs_factor
from emr.ui.htmx import is_htmx

#: What somebody reaches who has to set a factor up first.
ENROLMENT = frozenset(
    {
        "factors_start",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "account_reauthenticate",
        "account_logout",
    }
)
#: What tells nothing but whether somebody is logged in, and the way in by an outside provider.
OPEN = frozenset({"healthz", "accounts:session_status", "accounts:session_extend", "oidc_login", "oidc_callback"})
#: What somebody reaches who has one and has not shown it in this session. The password adds no further factor here.
PROOF = frozenset({"mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_logout"})


class SecondFactorMiddleware(MiddlewareMixin):
    """Sends whoever must have a factor, and has not shown one in this session, to show it or to set it up."""

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        user: Any = request.user
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not user.is_authenticated or name in OPEN:
            return None
        clinic = getattr(request, "clinic", None)
        if not needs_factor(user, clinic) or is_strong(request, user):
            return None
        types = factor_types(user)
        if name in (PROOF if types else ENROLMENT):
            return None
        return _send(request, _destination(request, types))


def _destination(request: HttpRequest, types: set[str]) -> str:
    if not types:
        return reverse("factors_start")
    page = "mfa_reauthenticate" if Authenticator.Type.TOTP in types else "mfa_reauthenticate_webauthn"
    back = request.get_full_path() if request.method == "GET" and not is_htmx(request) else reverse("ui:home")
    return f"{reverse(page)}?{urlencode({'next': back})}"


def _send(request: HttpRequest, to: str) -> HttpResponse:
    """To the page, in the words of whoever asks: a browser, htmx, or a script."""
    if is_htmx(request):
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": to})
    if not request.accepts("text/html"):
        text = "A second factor is needed. Open Chartroom in the browser."
        return JsonResponse({"text": text, "url": to}, status=HTTPStatus.UNAUTHORIZED)
    return HttpResponseRedirect(to, status=HTTPStatus.SEE_OTHER)
