"""A practitioner's own calendar link, and what stands behind it."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from emr.access.decorators import StaffRequest, public_view, staff_view
from emr.access.limits import Limit
from emr.access.permissions import Permission
from emr.accounts.models import Practitioner
from emr.ui import htmx
from emr.ui.forms import Form, sent
from scheduling.actions.feeds import make_feed, revoke_feed
from scheduling.forms.feeds import FeedForm
from scheduling.icalendar import calendar
from scheduling.queries.feeds import events_of, feed_by_secret, feed_of

_WHY = (
    "Calendar programs can't log in: the address itself is the secret. It tells when somebody is booked, never whom by."
)
_PLAIN = "text/plain; charset=utf-8"
#: Calendar programs come a few times an hour.
READS = Limit("feeds", per_address=30, in_all=600)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_view(Permission.VIEW_SCHEDULE)
def feeds_own(request: StaffRequest) -> HttpResponse:
    """One's own calendar link. A new one is shown on the answer to the form, and never again."""
    practitioner = _own(request)
    form = FeedForm(sent(request))
    link = ""
    if request.method == "POST" and practitioner is not None and form.is_valid():
        secret = make_feed(by=request.user, practitioner=practitioner, **form.cleaned_data)
        link = request.build_absolute_uri(reverse("scheduling:feeds_read", args=[secret]))
    feed = feed_of(practitioner) if practitioner is not None else None
    context = {"practitioner": practitioner, "form": form, "feed": feed, "link": link}
    return render(request, "scheduling/feeds/own.html", context)


@require_POST
@staff_view(Permission.VIEW_SCHEDULE)
def feeds_revoke(request: StaffRequest) -> HttpResponse:
    """Let one's own calendar link work no more."""
    Form(request.POST).is_valid()
    practitioner = _own(request)
    if practitioner is not None:
        revoke_feed(by=request.user, practitioner=practitioner)
    return htmx.redirect(request, reverse("scheduling:feeds_own"), "The link works no more.", "success")


@require_safe
@public_view(_WHY)
def feeds_read(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of a link; 404 for one that never was or works no more."""
    if not READS.allows(request):
        answer = HttpResponse("Too many requests.", status=HTTPStatus.TOO_MANY_REQUESTS, content_type=_PLAIN)
        answer.headers["Retry-After"] = "60"
        return answer
    feed = feed_by_secret(token)
    if feed is None:
        return HttpResponse("No such calendar.", status=HTTPStatus.NOT_FOUND, content_type=_PLAIN)
    body = calendar("Booked times", events_of(feed), product="Chartroom")
    return HttpResponse(body, content_type="text/calendar; charset=utf-8")


def _own(request: StaffRequest) -> Practitioner | None:
    return Practitioner.objects.filter(user=request.user, active=True).first()
