"""Where a patient is in the clinic, and where they may go from there.

What the table of moves doesn't have is refused by the action and by the database (scheduling.models.flow), which is
given the same table. A move back needs a reason. The statuses of FHIR follow from the stage, here and nowhere else.
"""

from __future__ import annotations

from django.db.models import TextChoices

from clinic.choices import EncounterStatus
from scheduling.choices import AppointmentStatus


class Stage(TextChoices):
    """A stage of the visit's day, in its order."""

    SCHEDULED = "scheduled", "Scheduled"
    ARRIVED = "arrived", "Arrived"
    CHECKED_IN = "checked_in", "Checked in"
    ROOMED = "roomed", "Roomed"
    READY = "ready", "Ready"
    WITH_CLINICIAN = "with_clinician", "With clinician"
    CHECKOUT = "checkout", "Checkout"
    COMPLETED = "completed", "Completed"
    LEFT = "left", "Left without being seen"
    NOSHOW = "noshow", "No-show"
    CANCELLED = "cancelled", "Cancelled"


_S = Stage
#: Stages in which the patient is in the house.
HERE = (_S.ARRIVED, _S.CHECKED_IN, _S.ROOMED, _S.READY, _S.WITH_CLINICIAN, _S.CHECKOUT)
#: Stages in which the patient waits for the clinician.
WAITING = (_S.ARRIVED, _S.CHECKED_IN, _S.ROOMED, _S.READY)
#: Stages in which the patient has a room.
IN_ROOM = (_S.ROOMED, _S.READY, _S.WITH_CLINICIAN)

#: Where each stage leads without a reason. Steps that nobody recorded may be skipped.
FORWARD: dict[str, tuple[str, ...]] = {
    _S.SCHEDULED: (_S.ARRIVED, _S.CHECKED_IN, _S.NOSHOW, _S.CANCELLED),
    _S.ARRIVED: (_S.CHECKED_IN, _S.LEFT, _S.CANCELLED),
    _S.CHECKED_IN: (_S.ROOMED, _S.READY, _S.WITH_CLINICIAN, _S.CHECKOUT, _S.COMPLETED, _S.LEFT),
    _S.ROOMED: (_S.READY, _S.WITH_CLINICIAN, _S.CHECKOUT, _S.COMPLETED, _S.LEFT),
    _S.READY: (_S.WITH_CLINICIAN, _S.CHECKOUT, _S.COMPLETED, _S.LEFT),
    _S.WITH_CLINICIAN: (_S.CHECKOUT, _S.COMPLETED),
    _S.CHECKOUT: (_S.COMPLETED,),
    _S.COMPLETED: (),
    _S.LEFT: (),
    # Came after all, before anybody else took the time.
    _S.NOSHOW: (_S.ARRIVED, _S.CHECKED_IN),
    _S.CANCELLED: (),
}

#: Where each stage leads back to, with a reason.
BACK: dict[str, tuple[str, ...]] = {
    _S.ARRIVED: (_S.SCHEDULED,),
    _S.CHECKED_IN: (_S.ARRIVED,),
    _S.ROOMED: (_S.CHECKED_IN,),
    _S.READY: (_S.CHECKED_IN, _S.ROOMED),
    _S.WITH_CLINICIAN: (_S.CHECKED_IN, _S.ROOMED, _S.READY),
    _S.CHECKOUT: (_S.CHECKED_IN, _S.ROOMED, _S.READY, _S.WITH_CLINICIAN),
    _S.COMPLETED: (_S.WITH_CLINICIAN, _S.CHECKOUT),
    _S.LEFT: (_S.ARRIVED, _S.CHECKED_IN),
    _S.NOSHOW: (_S.SCHEDULED,),
    _S.CANCELLED: (_S.SCHEDULED,),
}

#: FHIR Appointment.status of each stage. A patient who left unseen gives the appointment up as one who calls does.
STATUS: dict[str, AppointmentStatus] = {
    _S.SCHEDULED: AppointmentStatus.BOOKED,
    _S.ARRIVED: AppointmentStatus.ARRIVED,
    **dict.fromkeys((_S.CHECKED_IN, _S.ROOMED, _S.READY, _S.WITH_CLINICIAN, _S.CHECKOUT), AppointmentStatus.CHECKED_IN),
    _S.COMPLETED: AppointmentStatus.FULFILLED,
    _S.LEFT: AppointmentStatus.CANCELLED,
    _S.NOSHOW: AppointmentStatus.NOSHOW,
    _S.CANCELLED: AppointmentStatus.CANCELLED,
}

#: The stage of a visit about which nothing but its status is known.
OF_STATUS: dict[str, Stage] = {
    AppointmentStatus.PROPOSED: _S.SCHEDULED,
    AppointmentStatus.PENDING: _S.SCHEDULED,
    AppointmentStatus.BOOKED: _S.SCHEDULED,
    AppointmentStatus.WAITLIST: _S.SCHEDULED,
    AppointmentStatus.ARRIVED: _S.ARRIVED,
    AppointmentStatus.CHECKED_IN: _S.CHECKED_IN,
    AppointmentStatus.FULFILLED: _S.COMPLETED,
    AppointmentStatus.CANCELLED: _S.CANCELLED,
    AppointmentStatus.NOSHOW: _S.NOSHOW,
}

#: FHIR Encounter.status of each stage, once check-in has opened the visit. It is finished by the signature, not by the
#: patient's leaving: until then somebody still owes a note.
ENCOUNTER: dict[str, EncounterStatus] = {
    _S.SCHEDULED: EncounterStatus.PLANNED,
    _S.ARRIVED: EncounterStatus.PLANNED,
    _S.CHECKED_IN: EncounterStatus.ARRIVED,
    _S.ROOMED: EncounterStatus.TRIAGED,
    _S.READY: EncounterStatus.TRIAGED,
    _S.WITH_CLINICIAN: EncounterStatus.IN_PROGRESS,
    _S.LEFT: EncounterStatus.CANCELLED,
    _S.NOSHOW: EncounterStatus.CANCELLED,
    _S.CANCELLED: EncounterStatus.CANCELLED,
}

#: What a change of the visit in the chart says of the patient: the stages that it ends, and the one that begins.
FROM_CHART: dict[str, tuple[tuple[str, ...], Stage]] = {
    EncounterStatus.ARRIVED: ((_S.ROOMED, _S.READY), _S.CHECKED_IN),
    EncounterStatus.TRIAGED: ((_S.CHECKED_IN, _S.WITH_CLINICIAN), _S.ROOMED),
    EncounterStatus.IN_PROGRESS: ((_S.CHECKED_IN, _S.ROOMED, _S.READY), _S.WITH_CLINICIAN),
    EncounterStatus.FINISHED: ((_S.CHECKED_IN, _S.ROOMED, _S.READY, _S.WITH_CLINICIAN), _S.CHECKOUT),
    EncounterStatus.CANCELLED: ((_S.CHECKED_IN, _S.ROOMED, _S.READY), _S.LEFT),
}


def statuses(stage: str) -> list[str]:
    """The statuses that may stand beside a stage; a visit entered in error keeps the stage that it had."""
    before = [status for status, first in OF_STATUS.items() if first == stage]
    return sorted({STATUS[stage], *before, AppointmentStatus.ENTERED_IN_ERROR})
