"""Deny first: a view without a door is refused at run time, whatever a test overlooked."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from emr.accounts.sessions import fresh, kept
from emr.ui import errors
from emr.ui.htmx import is_htmx

#: Views that third parties bring, by the namespace or the name prefix of their URL; LoginRequiredMiddleware
#: guards those that are not for the log-in itself.
THIRD_PARTY_PREFIXES = ("account_", "mfa_", "usersessions_")


class DoorMiddleware(MiddlewareMixin):
    """Refuses any view that has no door and is not on the short list of third parties."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """TRACE, which has no use here, would be answered as GET is by a view that looks at no method."""
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"]) if request.method == "TRACE" else None

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        if getattr(view, "door", None) is not None:
            return
        match = request.resolver_match
        if match is not None and (match.url_name or "").startswith(THIRD_PARTY_PREFIXES):
            return
        raise PermissionDenied

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Put a page in the place of Django's empty 405, which a browser shows as a failure of its own."""
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET" and not response.content:
            return errors.only_forms(request, response.headers["Allow"])
        return response


class LogInMiddleware(LoginRequiredMiddleware):
    """Login required everywhere; a script is told so by 401, instead of being sent to a page.

    What was sent by somebody whose session had ended meanwhile is held until they have logged in again.
    """

    def handle_no_permission(  # type: ignore[override]  # Django itself declares too little
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        if request.headers.get("Accept") == "application/json" or is_htmx(request):
            return JsonResponse({"text": "You are signed out."}, status=401)
        ended_for = getattr(request, "ended_for", None)
        if request.method == "POST" and ended_for is not None:
            text = kept.pack(request, ended_for)
            return HttpResponseRedirect(fresh.log_in_and_resume(request, text, ended_for))
        return super().handle_no_permission(request, view_func)


class BrowserPolicyMiddleware(MiddlewareMixin):
    """No page uses a sensor or a payment of the browser, so none may, whatever got into it, and the camera only a page
    whose view says so (``uses_camera``); no other site may take anything of ours into a page of its own; and where to
    report what the content policy refused.
    """

    _NONE = ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer",
            "display-capture",
            "geolocation",
            "gyroscope",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "usb",
        )
    )

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers["Permissions-Policy"] = f"{self._NONE}, camera={'(self)' if _uses_camera(request) else '()'}"
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers["Reporting-Endpoints"] = 'csp="/csp-reports"'
        return response


def _uses_camera(request: HttpRequest) -> bool:
    """Whether somebody who is logged in looks at a page for which its view asks for the camera."""
    view = getattr(getattr(request, "resolver_match", None), "func", None)
    return bool(getattr(view, "uses_camera", False) and request.user.is_authenticated)


class NoStoreMiddleware(MiddlewareMixin):
    """No page is kept by a browser or a proxy: every answer but a static file may carry PHI."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Cache-Control", "no-store")
        if request.path == "/accounts/logout/" and request.method == "POST":
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response
