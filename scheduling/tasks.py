"""Background work of the calendar: thin, each calls one action."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any
from uuid import uuid5

from django.urls import reverse

from clinic.actions.eligibility import request_check
from emr.access.permissions import Permission
from emr.accounts.clinic import in_clinic_zone
from emr.jobs import JobRun, job
from emr.shared.dates import clinic_today
from scheduling.actions.freeing import OFFER_JOB
from scheduling.actions.offering import offer_freed
from scheduling.actions.reminders import send_due
from scheduling.actions.waitlist import expire_offers
from scheduling.models import Appointment
from scheduling.queries.coverages import unchecked_on
from scheduling.queries.reminders import anything_due
from scheduling.queries.waitlist import anything_to_end


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
    every=timedelta(minutes=5),
    due=anything_to_end,
    result_url=lambda job: reverse("scheduling:waitlist_list"),
)
def end_offers(run: JobRun) -> dict[str, Any]:
    """End what nobody answered in time."""
    with in_clinic_zone():
        return {"expired": expire_offers(by=run.by)}


@job(
    "scheduling.check_eligibility",
    permission=Permission.EDIT_COVERAGE,
    title="Checking insurance for tomorrow",
    daily_at=time(17),
)
def check_tomorrow(run: JobRun) -> dict[str, Any]:
    """Have each payer asked about the visits of tomorrow, one job a policy, so that a slow payer holds up no other.

    A policy about which its payer has answered for that day is not asked about again.
    """
    with in_clinic_zone():
        day = clinic_today() + timedelta(days=1)
        policies = unchecked_on(day)
    for number, policy in enumerate(policies, 1):
        token = uuid5(policy.pk, f"eligibility {day.isoformat()}")
        request_check(by=run.by, coverage=policy, service_date=day, request_token=token)
        run.progress(number, len(policies))
    return {"asked": len(policies)}


@job(
    "scheduling.reminders",
    permission=Permission.MANAGE_SCHEDULES,
    title="Reminding patients of visits",
    every=timedelta(minutes=5),
    due=anything_due,
    atomic=False,
    result_url=lambda job: reverse("scheduling:reminders_list"),
)
def remind(run: JobRun) -> dict[str, Any]:
    """Send the reminders that are due; gives how many left and how many did not."""
    with in_clinic_zone():
        sent, failed = send_due(by=run.by)
    return {"sent": sent, "not_sent": failed}
