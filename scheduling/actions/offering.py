"""Freed time offered to those whom it suits, the most urgent and longest waiting first."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import timezone

from emr.accounts.clinic import current_clinic
from emr.accounts.models import User
from emr.audit.action import action
from scheduling.actions.waitlist import address, expire_offers, offer_time
from scheduling.choices import OfferVia
from scheduling.models import Appointment, WaitlistOffer
from scheduling.queries.matching import whom_it_suits

#: So many are asked at once: who accepts first has it.
AT_ONCE = 3
_MAIL = """{clinic} has an earlier time that may suit you.

To see it, and to say yes or no, open this link. You will be asked for your date of birth:
{link}

The first answer counts. If you don't want it, you need not do anything. Please don't answer this message.
"""


@action
def offer_freed(*, by: User, appointment: Appointment, at: datetime | None = None) -> list[WaitlistOffer]:
    """Offer the time in which a visit stood to those whom it suits, who weren't offered it before.

    A mail says neither who it is for nor which time. Who has no address is for the front desk to call.
    """
    now = at or timezone.now()
    expire_offers(by=by, at=now)
    clinic = current_clinic()
    made = []
    for entry, slot in whom_it_suits(appointment, now=now, limit=AT_ONCE):
        mailed = address(entry.patient) if entry.by_email else ""
        offer, secret = offer_time(
            by=by,
            entry=entry,
            practitioner=appointment.practitioner,
            start_at=slot.start_at,
            via=OfferVia.EMAIL if mailed else OfferVia.PHONE,
            freed_by=appointment,
            at=now,
        )
        made.append(offer)
        if secret:
            link = settings.PUBLIC_ORIGIN + reverse("scheduling:offers_answer", args=[secret])
            send_mail("A time at the clinic", _MAIL.format(clinic=clinic or "The clinic", link=link), None, [mailed])
    return made
