"""The page that the link in a mail opens: a time at the clinic, to take or to leave.

The mail and the page before the date of birth tell nothing: not whose offer it is, nor which time. Whatever is wrong
with a link, the answer is the same.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from emr.access.decorators import public_view
from emr.access.limits import Limit
from emr.audit.actor import service_user
from emr.shared.errors import DomainError
from scheduling.actions.offer_links import open_offer
from scheduling.actions.waitlist import accept_offer, decline_offer
from scheduling.forms.waitlist import AnswerForm
from scheduling.models import WaitlistOffer
from scheduling.queries.waitlist import offered

SERVICE = "waitlist"
#: Dates of birth that strangers may try.
TRIES = Limit("waitlist", per_address=20, in_all=300)


@require_http_methods(["GET", "HEAD", "POST"])
@public_view("Patients have no account; a link that only they have, and their date of birth, let them answer an offer.")
def offers_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the date of birth, show the offered time, take the answer."""
    if request.method != "POST":
        return render(request, "scheduling/waitlist/offer.html", {"form": AnswerForm()})
    form = AnswerForm(request.POST)
    if not TRIES.allows(request):
        form.add_error(None, "Too many tries. Wait a minute, or call the clinic.")
        return render(request, "scheduling/waitlist/offer.html", {"form": form}, status=HTTPStatus.TOO_MANY_REQUESTS)
    if not form.is_valid():
        return render(request, "scheduling/waitlist/offer.html", {"form": form}, status=422)
    offer = open_offer(by=service_user(SERVICE), secret=token, birth_date=form.cleaned_data["birth_date"])
    if offer is None:
        form.add_error(None, "This link and this date of birth don't go together. Check the date, or call the clinic.")
        return render(request, "scheduling/waitlist/offer.html", {"form": form}, status=422)
    return _answered(request, offer, form)


def _answered(request: HttpRequest, offer: WaitlistOffer, form: AnswerForm) -> HttpResponse:
    answer, by = form.cleaned_data["answer"], service_user(SERVICE)
    context: dict[str, Any] = {"form": form, "offer": offered(offer), "kind": offer.entry.type}
    try:
        if answer == "yes":
            made = accept_offer(by=by, offer=offer)
            return render(request, "scheduling/waitlist/offer_done.html", {"visit": made})
        if answer == "no":
            decline_offer(by=by, offer=offer)
            return render(request, "scheduling/waitlist/offer_done.html", {"visit": None})
    except DomainError:
        # What the front desk reads of it would tell of others.
        context["gone"] = True
        return render(request, "scheduling/waitlist/offer.html", context, status=409)
    context["gone"] = context["offer"].status != "open"
    return render(request, "scheduling/waitlist/offer.html", context)
