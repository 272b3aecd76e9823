"""Time that comes free and time that is filled: what the waitlist learns of it."""

from __future__ import annotations

from datetime import datetime

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
    if row.end_at > now and waiting.exists():
        key = f"freed:{row.pk}:{now.timestamp():.0f}"
        enqueue(OFFER_JOB, key=key, by=by, payload={"appointment": str(row.pk)})


@action
def time_filled(*, by: User, row: Appointment) -> None:
    """Take back the offers of a time that is given away now."""
    offers = WaitlistOffer.objects.filter(
        status=OfferStatus.OPEN,
        practitioner=row.practitioner_id,
        start_at__lt=row.busy_until or row.end_at,
        end_at__gt=row.start_at,
    )
    found = list(offers.select_for_update().order_by("pk"))
    if found and beside(row).count() + 1 < may_stand(row)[0]:
        return
    for offer in found:
        close_offer(offer, OfferStatus.WITHDRAWN, by=by)


def close_offer(offer: WaitlistOffer, status: OfferStatus, *, by: User, at: datetime | None = None) -> None:
    """Give an open offer its end; the row is locked."""
    offer.status = status
    offer.answered_at, offer.answered_by = at or timezone.now(), by
    offer.save(update_fields=["status", "answered_at", "answered_by", "updated_at"])
