"""Time offered to those who wait: freed time by itself, the most urgent first; any other by the front desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import timezone

from emr.accounts.clinic import current_clinic
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.dates import clinic_zone
from emr.shared.errors import DomainError
from emr.ui.formats import clock, day
from scheduling.actions.slots import taken
from scheduling.actions.waitlist import address, expire_offers, offer_time
from scheduling.choices import MOVABLE, OfferVia
from scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from scheduling.openings import Openings, Span
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

    A mail says neither who it is for nor which time. Who has no address, or whose mail didn't leave, is for the front
    desk to call.
    """
    now = at or timezone.now()
    expire_offers(by=by, at=now)
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
        if secret and not _mailed(secret, mailed):
            # One address that is refused must not take the others' offers back, whose mails are out.
            offer.via, offer.token_hash = OfferVia.PHONE, None
            offer.save(update_fields=["via", "token_hash", "updated_at"])
    return made


@action
def offer_by_hand(
    *,
    by: User,
    entry: WaitlistEntry,
    practitioner: Practitioner,
    start_at: datetime,
    via: OfferVia | str = OfferVia.PHONE,
    at: datetime | None = None,
) -> WaitlistOffer:
    """Offer a free time that the front desk chose to one who waits, on the telephone or by mail.

    Raises DomainError for a time that is over or isn't free, at which the patient is elsewhere, or where the mail may
    not be sent, or doesn't leave.
    """
    now = at or timezone.now()
    mailed = address(entry.patient) if via == OfferVia.EMAIL else ""
    if via == OfferVia.EMAIL and not (entry.by_email and mailed):
        raise DomainError("The patient hasn't agreed to offers by e-mail, or has no address. Call them.", field="via")
    span = Span(start_at, start_at + timedelta(minutes=entry.type.duration_minutes))
    if start_at <= now:
        raise DomainError(f"{clock(start_at)} on {day(start_at)} is over. Choose a time to come.", field="slot")
    old = entry.earlier_than
    if old is not None and old.status in MOVABLE and old.start_at <= start_at:
        raise DomainError("The patient has a visit before that. Choose an earlier time.", field="slot")
    local = timezone.localtime(start_at, clinic_zone()).date()
    openings = Openings.read([practitioner], local, local, kind=entry.type)
    fits = openings.fitting(practitioner, start_at, entry.type.duration_minutes, kind=entry.type)
    if fits is None or fits.start_at != start_at:
        raise taken(practitioner, span, kind=entry.type)
    elsewhere = Appointment.objects.busy(*span, without=old).filter(patient=entry.patient_id)
    if (other := elsewhere.select_related("practitioner").first()) is not None:
        raise DomainError(
            f"The patient has a visit then: {clock(other.start_at)} with {other.practitioner.short_name}.", field="slot"
        )
    offer, secret = offer_time(by=by, entry=entry, practitioner=practitioner, start_at=start_at, via=via, at=now)
    if secret and not _mailed(secret, mailed):
        raise DomainError("The mail server didn't take the message, and nothing was offered. Call them.", field="via")
    return offer


def _mailed(secret: str, recipient: str) -> bool:
    """Mail the link of an offer; whether it left."""
    link = settings.PUBLIC_ORIGIN + reverse("scheduling:offers_answer", args=[secret])
    text = _MAIL.format(clinic=current_clinic() or "The clinic", link=link)
    try:
        send_mail("A time at the clinic", text, None, [recipient])
    except (SMTPException, OSError):
        return False
    return True
