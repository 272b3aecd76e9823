"""Who waits, for what, and what they were offered."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from clinic.choices import ContactSystem
from clinic.models import Patient
from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_today
from emr.ui import formats
from scheduling.choices import OfferStatus, Priority, WaitlistStatus, Weekday
from scheduling.models import WaitlistEntry, WaitlistOffer
from scheduling.queries.matching import RANK

#: So many are listed; the page says where there are more.
MOST = 200


@dataclass(frozen=True)
class Offered:
    """An offer in words."""

    id: UUID
    start_at: datetime
    practitioner_name: str
    status: str
    word: str
    via: str
    until: datetime


@dataclass(frozen=True)
class Waiting:
    """One who waits, in words."""

    id: UUID
    patient_id: UUID
    name: str
    born: str
    mrn: str
    phone: str
    type_name: str
    color: str
    practitioner_name: str
    wishes: str
    priority: str
    urgent: bool
    note: str
    since: date
    instead_of: datetime | None
    status: str
    word: str
    offers: list[Offered]


def waitlist(known: QuerySet[Patient], *, practitioner: Practitioner | None = None, show: str = "") -> list[Waiting]:
    """Those who wait, the most urgent and longest waiting first; ``show`` says "offered" or "closed". Three queries."""
    rows = WaitlistEntry.objects.filter(patient__in=known).select_related(
        "patient", "type", "practitioner", "earlier_than"
    )
    if show == "closed":
        rows = rows.exclude(status=WaitlistStatus.WAITING).order_by("-closed_at")
    else:
        rows = rows.filter(status=WaitlistStatus.WAITING).order_by(RANK, "created_at")
    if practitioner is not None:
        rows = rows.filter(practitioner=practitioner)
    if show == "offered":
        rows = rows.filter(offers__status=OfferStatus.OPEN).distinct()
    found = list(rows.prefetch_related("patient__telecom")[:MOST])
    offers: dict[UUID, list[Offered]] = defaultdict(list)
    for offer in WaitlistOffer.objects.filter(entry__in=found).select_related("practitioner").order_by("-created_at"):
        offers[offer.entry_id].append(offered(offer))
    return [_told(row, offers[row.pk]) for row in found]


def offered(offer: WaitlistOffer) -> Offered:
    """An offer in words; one whose time to answer is over has expired, whether or not the job has said so."""
    over = offer.status == OfferStatus.OPEN and offer.expires_at <= timezone.now()
    status = OfferStatus.EXPIRED if over else OfferStatus(offer.status)
    return Offered(
        offer.pk,
        offer.start_at,
        offer.practitioner.short_name,
        status.value,
        str(status.label),
        offer.get_via_display(),
        offer.expires_at,
    )


def anything_to_end() -> bool:
    """Whether an offer stands past its time, or somebody waits for days gone by."""
    over = WaitlistOffer.objects.filter(status=OfferStatus.OPEN, expires_at__lte=timezone.now())
    gone = WaitlistEntry.objects.filter(status=WaitlistStatus.WAITING, until_day__lt=clinic_today())
    return over.exists() or gone.exists()


def entries_of(patient: Patient) -> list[WaitlistEntry]:
    """What the patient waits for now."""
    return list(
        WaitlistEntry.objects.filter(patient=patient, status=WaitlistStatus.WAITING).select_related(
            "type", "practitioner"
        )
    )


def entry_of(patient: Patient, entry_id: UUID) -> WaitlistEntry:
    """The patient's own entry; raises Http404 for anybody else's."""
    row = (
        WaitlistEntry.objects.select_related("patient", "type", "practitioner", "earlier_than")
        .filter(patient=patient, pk=entry_id)
        .first()
    )
    if row is None:
        raise Http404
    return row


def offer_of(patient: Patient, offer_id: UUID) -> WaitlistOffer:
    """The patient's own offer; raises Http404 for anybody else's."""
    row = WaitlistOffer.objects.select_related("entry__type", "practitioner").filter(
        entry__patient=patient, pk=offer_id
    )
    if (found := row.first()) is None:
        raise Http404
    return found


def _told(row: WaitlistEntry, offers: list[Offered]) -> Waiting:
    points = [one for one in row.patient.telecom.all() if not (one.period_end or one.entered_in_error_at)]
    phones = [one.value for one in points if one.system == ContactSystem.PHONE]
    standing = [one for one in offers if one.status == OfferStatus.OPEN]
    return Waiting(
        id=row.pk,
        patient_id=row.patient_id,
        name=row.patient.sort_name,
        born=formats.day(row.patient.birth_date),
        mrn=formats.mrn(row.patient.mrn),
        phone=formats.phone(phones[0]) if phones else "",
        type_name=row.type.name,
        color=row.type.color,
        practitioner_name=row.practitioner.short_name if row.practitioner else "Anyone",
        wishes=wishes(row),
        priority=row.get_priority_display(),
        urgent=row.priority != Priority.ROUTINE,
        note=row.note,
        since=timezone.localtime(row.created_at).date(),
        instead_of=row.earlier_than.start_at if row.earlier_than else None,
        status=row.status,
        word=row.get_status_display(),
        offers=standing + [one for one in offers if one not in standing][: max(3 - len(standing), 0)],
    )


def wishes(row: WaitlistEntry) -> str:
    """Which times would do, in words."""
    days = ", ".join(str(Weekday(one).label)[:3] for one in row.weekdays)
    hours = [
        f"from {row.earliest:%H:%M}" if row.earliest else "",
        f"over by {row.latest:%H:%M}" if row.latest else "",
    ]
    dates = [
        f"from {formats.day(row.from_day)}" if row.from_day > timezone.localdate() else "",
        f"until {formats.day(row.until_day)}" if row.until_day else "",
    ]
    parts = [days, " ".join(one for one in hours if one), " ".join(one for one in dates if one)]
    return "; ".join(part for part in parts if part) or "Any time"
