"""Who waits for a time: entered, offered a freed time, booked.

A freed time may be offered to several; who accepts first has it. That is decided under the practitioner's lock, by
the same booking as any other.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from clinic.choices import ContactSystem, ContactUse
from clinic.models import Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.jobs import enqueue
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7
from scheduling.actions.booking import book
from scheduling.actions.freeing import OFFER_JOB, close_entry, close_offer
from scheduling.actions.moving import reschedule
from scheduling.actions.placing import locked
from scheduling.actions.replays import made_by
from scheduling.actions.slots import SlotTaken, check_type
from scheduling.choices import MOVABLE, OfferStatus, OfferVia, Priority, WaitlistStatus
from scheduling.models import Appointment, AppointmentType, WaitlistEntry, WaitlistOffer
from scheduling.reminding.quiet import awake_after

#: How long an offer stands, if its time doesn't come first; the hours in which nobody is disturbed don't count.
STANDS = timedelta(hours=4)
_GONE = {
    OfferStatus.ACCEPTED: "This offer was accepted already.",
    OfferStatus.DECLINED: "This offer was declined.",
    OfferStatus.EXPIRED: "This offer has expired.",
    OfferStatus.WITHDRAWN: "This time went to somebody else, who was first. The patient stays on the waitlist.",
}


@action
def add_to_waitlist(
    *,
    by: User,
    patient: Patient,
    type: AppointmentType,  # noqa: A002  # the field's name
    practitioner: Practitioner | None = None,
    weekdays: Sequence[str] = (),
    earliest: time | None = None,
    latest: time | None = None,
    from_day: date | None = None,
    until_day: date | None = None,
    priority: Priority | str = Priority.ROUTINE,
    note: str = "",
    by_email: bool = False,
    earlier_than: Appointment | None = None,
    request_token: UUID | None = None,
) -> WaitlistEntry:
    """Let a patient wait for a kind of visit, or with ``earlier_than`` for an earlier time than the one they have.

    The same ``request_token`` gives the entry that it made. Raises DomainError for somebody who died, who waits for
    the same already, or for times that can't be; Conflict for a form that was sent for another patient before.
    """
    token = request_token or uuid7()
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    made = made_by(WaitlistEntry.objects.all(), token, patient)
    if made is not None:
        return made
    check_type(type)
    first = from_day or clinic_today()
    _check_wait(patient, type, earliest, latest, first, until_day, earlier_than)
    if by_email and not address(patient):
        raise DomainError("There is no e-mail address in the chart. Add one, or leave this out.", field="by_email")
    return WaitlistEntry.objects.create(
        created_by=by,
        patient=patient,
        type=type,
        practitioner=practitioner,
        weekdays=list(weekdays),
        earliest=earliest,
        latest=latest,
        from_day=first,
        until_day=until_day,
        priority=Priority(priority),
        note=note.strip(),
        by_email=by_email,
        earlier_than=earlier_than,
        request_token=token,
    )


@action
def withdraw_entry(*, by: User, entry: WaitlistEntry, reason: str) -> WaitlistEntry:
    """Take somebody off the waitlist, with a reason; what was offered to them is offered no longer."""
    row = WaitlistEntry.objects.select_for_update().get(pk=entry.pk)
    if row.status == WaitlistStatus.WITHDRAWN:
        return row
    if row.status != WaitlistStatus.WAITING:
        raise DomainError(f"This entry is {row.get_status_display().lower()} already.")
    if not reason.strip():
        raise DomainError("Say why the patient waits no longer.", field="reason")
    for offer in _open_offers(entry=row):
        close_offer(offer, OfferStatus.WITHDRAWN, by=by)
    close_entry(row, WaitlistStatus.WITHDRAWN, by=by, reason=reason)
    return row


@action
def offer_time(
    *,
    by: User,
    entry: WaitlistEntry,
    practitioner: Practitioner,
    start_at: datetime,
    via: OfferVia | str = OfferVia.PHONE,
    freed_by: Appointment | None = None,
    at: datetime | None = None,
) -> tuple[WaitlistOffer, str]:
    """Offer a time to somebody who waits; gives the offer and the secret of its link, which is kept nowhere.

    The same time again gives the offer that stands, and no secret. It stands for ``STANDS``, and no longer than until
    its time comes.
    """
    now = at or timezone.now()
    row = WaitlistEntry.objects.select_for_update().get(pk=entry.pk)
    if row.status != WaitlistStatus.WAITING:
        raise DomainError(f"This entry is {row.get_status_display().lower()} already.")
    there = _open_offers(entry=row).filter(practitioner=practitioner, start_at=start_at).first()
    if there is not None:
        return there, ""
    secret = secrets.token_urlsafe(32) if via == OfferVia.EMAIL else ""
    offer = WaitlistOffer.objects.create(
        created_by=by,
        entry=row,
        practitioner=practitioner,
        start_at=start_at,
        end_at=start_at + timedelta(minutes=row.type.duration_minutes),
        freed_by=freed_by,
        via=OfferVia(via),
        token_hash=hashed(secret) if secret else None,
        expires_at=min(awake_after(now, STANDS), start_at),
    )
    return offer, secret


@action
def accept_offer(*, by: User, offer: WaitlistOffer, at: datetime | None = None) -> Appointment:
    """Book the offered time for the patient who was offered it; a second time gives the visit that it made.

    Raises Conflict when somebody else was first, when it has expired or was declined.
    """
    now = at or timezone.now()
    row = WaitlistOffer.objects.select_related("entry__patient", "entry__type", "practitioner").get(pk=offer.pk)
    entry = row.entry
    if entry.earlier_than_id is not None:
        locked(Appointment(pk=entry.earlier_than_id))
    # The same locks as a booking, in the same order; the offer is looked at under them.
    Patient.objects.select_for_update(no_key=True).get(pk=entry.patient_id)
    Practitioner.objects.select_for_update(no_key=True).get(pk=row.practitioner_id)
    row.refresh_from_db(fields=["status", "appointment", "expires_at"])
    if row.status == OfferStatus.ACCEPTED and row.appointment is not None:
        return row.appointment
    if row.status != OfferStatus.OPEN:
        raise Conflict(_GONE[OfferStatus(row.status)])
    if row.expires_at <= now:
        raise Conflict(_GONE[OfferStatus.EXPIRED])
    try:
        return _booked(row, by=by, at=at)
    except SlotTaken as refusal:
        raise Conflict(_GONE[OfferStatus.WITHDRAWN]) from refusal


@action
def decline_offer(*, by: User, offer: WaitlistOffer, at: datetime | None = None) -> WaitlistOffer:
    """Record that the patient doesn't want the time; they stay on the list, and the time goes to the next."""
    row = WaitlistOffer.objects.select_for_update().get(pk=offer.pk)
    if row.status == OfferStatus.DECLINED:
        return row
    if row.status != OfferStatus.OPEN:
        raise Conflict(_GONE[OfferStatus(row.status)])
    close_offer(row, OfferStatus.DECLINED, by=by, at=at)
    _offer_on(row, by=by)
    return row


@action
def expire_offers(*, by: User, at: datetime | None = None) -> int:
    """End the offers whose time to answer is over, and the waiting of those who wait for days gone by."""
    now = at or timezone.now()
    stale = WaitlistOffer.objects.select_for_update(skip_locked=True).filter(
        status=OfferStatus.OPEN, expires_at__lte=now
    )
    over = list(stale.order_by("pk"))
    for offer in over:
        close_offer(offer, OfferStatus.EXPIRED, by=by, at=now)
        _offer_on(offer, by=by)
    gone = WaitlistEntry.objects.select_for_update(skip_locked=True).filter(
        status=WaitlistStatus.WAITING, until_day__lt=clinic_today()
    )
    for entry in gone.order_by("pk"):
        close_entry(entry, WaitlistStatus.EXPIRED, by=by, at=now)
    return len(over)


def address(patient: Patient) -> str:
    """Where the patient's mail goes; empty where there is no address."""
    mail = patient.telecom.filter(system=ContactSystem.EMAIL, entered_in_error_at=None, period_end=None)
    found = mail.exclude(use=ContactUse.OLD).first()
    return found.value if found is not None else ""


def hashed(secret: str) -> bytes:
    """What is kept of a link's secret."""
    return hashlib.sha256(secret.encode()).digest()


def _check_wait(
    patient: Patient,
    kind: AppointmentType,
    earliest: time | None,
    latest: time | None,
    first: date,
    until: date | None,
    earlier_than: Appointment | None,
) -> None:
    if patient.deceased_at is not None or not patient.active:
        raise DomainError(f"{patient.full_name} can't be put on the list: the chart is closed.", field="patient")
    if earliest is not None and latest is not None and earliest >= latest:
        raise DomainError("The latest time comes before the earliest.", field="latest")
    if until is not None and until < max(first, clinic_today()):
        raise DomainError("The last day is over, or comes before the first.", field="until_day")
    if earlier_than is not None and earlier_than.status not in MOVABLE:
        raise DomainError(
            f"That visit is {earlier_than.get_status_display().lower()}: there is none to be earlier than."
        )
    same = WaitlistEntry.objects.filter(patient=patient, type=kind, status=WaitlistStatus.WAITING)
    if same.exists():
        raise DomainError(f"{patient.full_name} waits for {kind.name} already.", field="type")


def _booked(offer: WaitlistOffer, *, by: User, at: datetime | None) -> Appointment:
    """Book the time; the booking itself ends the waiting and the offers (scheduling.actions.freeing)."""
    entry = offer.entry
    old = entry.earlier_than
    if old is not None and old.status in MOVABLE:
        if old.start_at <= offer.start_at:
            raise Conflict("The patient has an earlier visit by now.")
        return reschedule(by=by, appointment=old, start_at=offer.start_at, practitioner=offer.practitioner, at=at)
    return book(
        by=by,
        patient=entry.patient,
        practitioner=offer.practitioner,
        type=entry.type,
        start_at=offer.start_at,
        reason=entry.note[:200],
        request_token=offer.pk,
        at=at,
    )


def _open_offers(*, entry: WaitlistEntry) -> QuerySet[WaitlistOffer]:
    return WaitlistOffer.objects.select_for_update().filter(entry=entry, status=OfferStatus.OPEN).order_by("pk")


def _offer_on(offer: WaitlistOffer, *, by: User) -> None:
    """Ask for the time to be offered to the next who wait."""
    if offer.freed_by_id is not None:
        enqueue(OFFER_JOB, key=f"again:{offer.pk}", by=by, payload={"appointment": str(offer.freed_by_id)})
