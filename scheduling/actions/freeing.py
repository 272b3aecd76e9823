"""Time that comes free and time that is filled: what those who wait have of it.

The locks of a booking come in one order: the visit that is moved, the patient, the practitioner, the room, the
equipment, and last those who wait and their offers. Who takes them in another order may wait for ever.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.action import action
from emr.jobs import enqueue
from scheduling.actions.placing import beside, may_stand
from scheduling.choices import OfferStatus, WaitlistStatus
from scheduling.models import Appointment, WaitlistEntry, WaitlistOffer

OFFER_JOB = "scheduling.offer_freed_time"


def time_freed(*, by: User, row: Appointment, now: datetime) -> None:
    """Ask for the freed time to be offered to those who wait, once the transaction has committed."""
    waiting = WaitlistEntry.objects.filter(status=WaitlistStatus.WAITING)
    for entry in waiting.select_for_update(of=["self"]).filter(earlier_than=row).order_by("pk"):
        # The visit is gone, so any time will do.
        entry.earlier_than = None
        entry.save(update_fields=["earlier_than", "updated_at"])
    if row.end_at > now and waiting.exists():
        enqueue(OFFER_JOB, key=f"freed:{row.pk}:{now.timestamp():.0f}", by=by, payload={"appointment": str(row.pk)})


@action
def time_filled(*, by: User, row: Appointment) -> None:
    """A visit was given its time: its patient waits no longer, and nobody else is offered that time any more."""
    entries = _served(row)
    theirs = Q(practitioner=row.practitioner_id, start_at__lt=row.busy_until or row.end_at, end_at__gt=row.start_at)
    offers = WaitlistOffer.objects.filter(theirs | Q(entry__in=entries), status=OfferStatus.OPEN)
    full = None
    for offer in offers.select_for_update(of=["self"]).order_by("pk"):
        if offer.entry_id in {entry.pk for entry in entries}:
            same = (offer.practitioner_id, offer.start_at) == (row.practitioner_id, row.start_at)
            close_offer(offer, OfferStatus.ACCEPTED if same else OfferStatus.WITHDRAWN, by=by, appointment=row)
            continue
        full = full if full is not None else beside(row).count() + 1 >= may_stand(row)[0]
        if full:
            close_offer(offer, OfferStatus.WITHDRAWN, by=by)
    for entry in entries:
        close_entry(entry, WaitlistStatus.BOOKED, by=by, appointment=row)


def close_offer(
    offer: WaitlistOffer,
    status: OfferStatus,
    *,
    by: User,
    at: datetime | None = None,
    appointment: Appointment | None = None,
) -> None:
    """Give an open offer its end; the row is locked."""
    offer.status = status
    offer.answered_at, offer.answered_by = at or timezone.now(), by
    offer.appointment = appointment if status == OfferStatus.ACCEPTED else None
    offer.save(update_fields=["status", "answered_at", "answered_by", "appointment", "updated_at"])


def close_entry(
    entry: WaitlistEntry,
    status: WaitlistStatus,
    *,
    by: User,
    at: datetime | None = None,
    appointment: Appointment | None = None,
    reason: str = "",
) -> None:
    """Let somebody wait no longer; the row is locked."""
    entry.status, entry.appointment, entry.close_reason = status, appointment, reason.strip()
    entry.closed_at, entry.closed_by = at or timezone.now(), by
    entry.save(update_fields=["status", "appointment", "close_reason", "closed_at", "closed_by", "updated_at"])


def _served(row: Appointment) -> list[WaitlistEntry]:
    """What the visit ends of its patient's waiting: for a visit of its kind, or for an earlier time than the old one.

    Who is moved to a later time goes on waiting for an earlier one than that.
    """
    waiting = (
        WaitlistEntry.objects.select_for_update(of=["self"])
        .order_by("pk")
        .filter(patient=row.patient_id, type=row.type_id, status=WaitlistStatus.WAITING)
    )
    if row.replaces_id is None:
        return list(waiting.filter(earlier_than=None)[:1])
    served = []
    for entry in waiting.filter(earlier_than=row.replaces_id):
        if row.replaces is not None and row.start_at < row.replaces.start_at:
            served.append(entry)
        else:
            entry.earlier_than = row
            entry.save(update_fields=["earlier_than", "updated_at"])
    return served[:1]
