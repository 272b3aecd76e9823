"""Background work of the calendar: thin, each calls one action."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.http import Http404, HttpRequest
from django.urls import reverse

from clinic.access import visible_to
from clinic.actions.eligibility import request_check
from emr.access.permissions import Permission
from emr.accounts.clinic import in_clinic_zone
from emr.accounts.models import User
from emr.audit.models import AccessAction
from emr.audit.reads import record_access
from emr.jobs import JobRun, job
from emr.jobs.models import Job
from emr.shared.dates import clinic_today
from emr.ui.formats import day_long
from scheduling.actions.day_sheets import SHEETS_JOB
from scheduling.actions.freeing import OFFER_JOB
from scheduling.actions.offering import offer_freed
from scheduling.actions.reminders import send_due
from scheduling.actions.waitlist import expire_offers
from scheduling.models import Appointment
from scheduling.printouts.day_sheets import day_sheets_pdf
from scheduling.queries.coverages import unchecked_on
from scheduling.queries.day_sheet import day_sheets
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


def _record_sheets(row: Job, request: HttpRequest) -> None:
    """A downloaded file of day sheets is a printing of each visit in it; a patient of whom the user may not know any
    more stops it."""
    patients, user = [UUID(one) for one in (row.result or {}).get("patients", ())], request.user
    if not isinstance(user, User) or visible_to(user).filter(pk__in=patients).count() < len(patients):
        raise Http404
    record_access(request, patients, section="schedule", action=AccessAction.PRINT)


@job(SHEETS_JOB, permission=Permission.VIEW_SCHEDULE, title="Printing day sheets", on_download=_record_sheets)
def print_day_sheets(run: JobRun) -> dict[str, Any]:
    """Draw the day sheets of all practitioners into one PDF; gives how many sheets and visits, and who is on them."""
    with in_clinic_zone():
        day = date.fromisoformat(run.payload["day"])
        sheets = day_sheets(day, visible_to(run.by))
        content = day_sheets_pdf(sheets, day, by=run.by, on_sheet=lambda done: run.progress(done, len(sheets)))
    run.progress(len(sheets), len(sheets), day_long(day))
    run.attach(f"day-sheets-{day.isoformat()}.pdf", "application/pdf", content)
    named = {str(row.patient_id) for sheet in sheets for row in sheet.rows if row.patient_id is not None}
    return {"sheets": len(sheets), "visits": sum(len(sheet.rows) for sheet in sheets), "patients": sorted(named)}


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
