"""What follows when a patient doesn't come: somebody calls them, somebody asks for the fee, others get the time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from clinic.actions.tasks import complete_tasks_about, create_task
from emr.accounts.models import User
from emr.audit.action import action
from emr.ui.formats import day
from scheduling.actions.freeing import time_freed
from scheduling.models import Appointment

#: The kinds of task, by which the inbox knows them.
CALL = "no-show-call"
FEE = "no-show-fee"
#: Less time than this is of no use to anybody else.
_WORTH_OFFERING = timedelta(minutes=10)
#: Who missed a visit longer ago than this is not called about it any more.
_FRESH = timedelta(days=7)


@action
def follow_up_no_show(*, by: User, appointment: Appointment, at: datetime) -> None:
    """Put a call into the front desk's inbox and the type's fee into the billers', and give away what time is left.

    One that is told long afterwards asks nobody for anything.
    """
    if timezone.now() - at > _FRESH:
        return
    when = day(appointment.start_at)
    create_task(
        by=by,
        code=CALL,
        description=f"Call about the missed visit of {when}, and offer another time",
        owner_role="front_desk",
        patient=appointment.patient,
        about=appointment,
    )
    if appointment.type.no_show_fee > 0:
        create_task(
            by=by,
            code=FEE,
            description=f"No-show of {when}: fee of {appointment.type.no_show_fee} by the rule of its type",
            owner_role="biller",
            patient=appointment.patient,
            about=appointment,
        )
    if appointment.end_at - at >= _WORTH_OFFERING:
        time_freed(by=by, row=appointment, now=at)


@action
def came_after_all(*, by: User, appointment: Appointment) -> None:
    """Take the follow-up back: the patient came late."""
    complete_tasks_about(by=by, row=appointment, comment="Came after all")
