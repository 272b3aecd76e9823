"""Background work of the calendar: thin, each calls one action."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.urls import reverse

from emr.access.permissions import Permission
from emr.accounts.clinic import in_clinic_zone
from emr.jobs import JobRun, job
from scheduling.actions.freeing import OFFER_JOB
from scheduling.actions.offering import offer_freed
from scheduling.actions.waitlist import expire_offers
from scheduling.models import Appointment


@job(
    OFFER_JOB,
    permission=Permission.BOOK_APPOINTMENTS,
    title="Offering freed time to the waitlist",
    result_url=lambda job: reverse("scheduling:waitlist_list"),
)
def offer_freed_time(run: JobRun) -> dict[str, Any]:
    """Offer the time of a visit that doesn't take place; gives how many were asked."""
    freed = Appointment.objects.select_related("practitioner").get(pk=run.payload["appointment"])
    with in_clinic_zone():
        return {"offered": len(offer_freed(by=run.by, appointment=freed))}


@job(
    "scheduling.expire_offers",
    permission=Permission.BOOK_APPOINTMENTS,
    title="Ending offers that nobody answered",
    daily_at=time(7),
    result_url=lambda job: reverse("scheduling:waitlist_list"),
)
def end_offers(run: JobRun) -> dict[str, Any]:
    """End what nobody answered in time."""
    with in_clinic_zone():
        return {"expired": expire_offers(by=run.by)}
