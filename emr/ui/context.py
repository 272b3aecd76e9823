"""What every page knows: navigation, clinic, theme, and whether this is the demo."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from emr.access.permissions import Permission
from emr.accounts.sessions.clock import STARTED, seconds_left
from emr.ui import navigation

PRODUCT = "Chartroom"
THEME_COOKIE = "theme"
_THEMES = frozenset({"light", "dark"})


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the context of every page."""
    user: Any = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    return {
        "product": PRODUCT,
        "demo": settings.DEMO,
        "factors_asked": settings.MFA_REQUIRED,
        "outside_login": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "theme": theme(request),
        "user": user,
        "clinic": _clinic(request),
        "nav": navigation.links(request) if known else [],
        "starts": navigation.starts(user) if known else [],
        "search_url": _search_url(user) if known else None,
        "session_left": _session_left(request) if known else None,
    }


def _session_left(request: HttpRequest) -> dict[str, int] | None:
    """Seconds until the session ends by itself, and how long before that the page warns; None outside of one."""
    session = getattr(request, "session", None)
    if session is None or STARTED not in session:
        return None
    return {"seconds": seconds_left(session), "warning": settings.SESSION_WARNING_SECONDS}


def theme(request: HttpRequest) -> str:
    """Return ``light`` or ``dark`` as chosen by the user, or an empty string: then the system decides."""
    chosen = request.COOKIES.get(f"__Host-{THEME_COOKIE}" if request.is_secure() else THEME_COOKIE, "")
    return chosen if chosen in _THEMES else ""


def _clinic(request: HttpRequest) -> Any:
    """The clinic that the middleware has read; before one is set up, one that has only the product's name."""
    return getattr(request, "clinic", None) or apps.get_model("accounts", "Clinic")(name=PRODUCT)


def _search_url(user: Any) -> str | None:
    if not user.has_perm(Permission.FIND_PATIENTS):
        return None
    try:
        return reverse("clinic:patients_search")
    except NoReverseMatch:
        return None
