"""Pages of the ground floor: where log-in leads, and the gallery of components."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from emr.access.decorators import staff_view
from emr.access.permissions import Permission
from emr.ui import gallery as exhibits
from emr.ui import navigation


@staff_view(Permission.VIEW_GALLERY)
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the first entry of the user's navigation."""
    path = navigation.home(request)
    if path is None:
        raise PermissionDenied
    return redirect(path)


@staff_view(Permission.VIEW_GALLERY)
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component in each of its states, with invented values."""
    form = exhibits.GalleryForm(request.GET if "family_name" in request.GET else None, initial=exhibits.INITIAL)
    broken = exhibits.GalleryForm(exhibits.BROKEN, prefix="broken")
    return render(
        request,
        "ui/gallery.html",
        {**exhibits.context(), "sample": form, "broken": broken},
    )


@staff_view(Permission.VIEW_GALLERY)
def gallery_suggest(request: HttpRequest) -> HttpResponse:
    """Answer the gallery's look-up field."""
    found = exhibits.suggest(request.GET.get("q", ""))
    return render(request, "ui/_gallery_options.html", {"found": found})


@staff_view(Permission.VIEW_GALLERY)
def gallery_print(request: HttpRequest) -> HttpResponse:
    """Show the printed page's skeleton on screen."""
    return render(request, "ui/gallery_print.html", exhibits.context())
