"""The admin site: what the machinery keeps (accounts' roles, code releases, jobs, content types), to be read.

Nothing of a patient, of money or of the logs is in it: reads of those are recorded chart by chart by their own pages,
which a generic site can't do. Nothing can be changed by it either; the rooms' actions do that. Log-in and log-out are
the house's own, so the second factor holds here as everywhere. Each view of it is a security event.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, reverse_lazy
from django.views.generic import RedirectView
from django.views.i18n import JavaScriptCatalog

from emr.access.decorators import Door, hang, public_view
from emr.audit.security import record_security_event

#: All that can be looked at. A policy test: none of them is recorded, and none belongs to a patient.
SHOWN = ("auth.Group", "codes.CodeSystem", "codes.Release", "contenttypes.ContentType", "jobs.Job")


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # at run time it takes no type
    """A table to look at: a list, and each row."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def get_urls(self) -> list[URLPattern]:
        """List and row alone."""
        named = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name=f"{named}_changelist"),
            path("<path:object_id>/change/", wrap(self.change_view), name=f"{named}_change"),
        ]


class MachinerySite(admin.AdminSite):
    """The site. Every view stands behind a door of its own kind and leaves an event."""

    site_header = site_title = "Chartroom's machinery"
    site_url = "/"
    enable_nav_sidebar = False
    #: The one without the list of recent changes: there are none.
    index_template = "admin/app_index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Superusers who are active."""
        return bool(request.user.is_active and request.user.is_superuser)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Guard a view: reading only, superusers only, on record."""

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request) or request.method not in {"GET", "HEAD"}:
                raise PermissionDenied
            match = request.resolver_match
            record_security_event("admin_view", request=request, detail=match.view_name if match else "")
            response: HttpResponse = view(request, *args, **kwargs)
            return response

        update_wrapper(guarded, view)
        guarded.__dict__.pop("door", None)
        hang(guarded, Door("admin"))
        return guarded

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The start, the tables, and a log-in that leads to ours."""
        to_ours = RedirectView.as_view(url=reverse_lazy("account_login"), query_string=True)
        found: list[URLPattern | URLResolver] = [
            path("", self.admin_view(self.index), name="index"),
            path("login/", public_view("It only leads to the house's own log-in.")(to_ours), name="login"),
            path("logout/", public_view("It only leads to the page to leave by.")(_leave), name="logout"),
            path("password/", public_view("It only leads to the house's own page.")(_password), name="password_change"),
            path(
                "jsi18n/", self.admin_view(JavaScriptCatalog.as_view(packages=["django.contrib.admin"])), name="jsi18n"
            ),
            path("<slug:app_label>/", self.admin_view(self.app_index), name="app_list"),
        ]
        for model, table in self._registry.items():
            prefix = f"{model._meta.app_label}/{model._meta.model_name}/"
            found += [path(f"{prefix}{p.pattern}", p.callback, name=p.name) for p in table.get_urls()]
        return found


_password = RedirectView.as_view(url=reverse_lazy("account_change_password"))
_leave = RedirectView.as_view(url=reverse_lazy("account_logout"))

site = MachinerySite(name="admin")
for _label in SHOWN:
    site.register(apps.get_model(_label), ReadOnly)
