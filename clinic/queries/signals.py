"""Signals of snooping as the privacy officer works through them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from clinic.models import SignalRun, SnoopingSignal, StaffPatient
from emr.audit.models import AccessAction, AccessEvent
from emr.shared.dates import clinic_zone

#: The most reads that one signal's page shows.
SHOWN = 200


@dataclass(frozen=True)
class Wanted:
    """The list's filter. ``state`` is ``waiting``, ``dismissed``, ``confirmed`` or empty for all."""

    state: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None


def signals(wanted: Wanted) -> QuerySet[SnoopingSignal]:
    """The signals that fit, the newest first, with their people. One query."""
    people = SnoopingSignal.objects.select_related("user", "patient", "reviewed_by")
    found = people.order_by("-day", "-raised_at", "-pk")
    if wanted.state == "waiting":
        found = found.filter(reviewed_at=None)
    elif wanted.state:
        found = found.filter(finding=wanted.state)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.since:
        found = found.filter(day__gte=wanted.since)
    if wanted.until:
        found = found.filter(day__lte=wanted.until)
    return found


def reads_behind(signal: SnoopingSignal) -> list[AccessEvent]:
    """The reads of that person on that day, of that chart or, for a volume, of all: oldest first. One query."""
    start = timezone.make_aware(datetime.combine(signal.day, time.min), clinic_zone())
    found = AccessEvent.objects.filter(user_id=signal.user_id, at__gte=start, at__lt=start + timedelta(days=1))
    if signal.patient_id:
        found = found.filter(patient_id=signal.patient_id)
    return list(found.exclude(action=AccessAction.SEARCH).order_by("at", "pk")[:SHOWN])


def others_of(signal: SnoopingSignal) -> Collection[SnoopingSignal]:
    """Earlier signals about the same person, newest first. One query."""
    others = SnoopingSignal.objects.filter(user=signal.user_id).exclude(pk=signal.pk).select_related("patient")
    return list(others.order_by("-day", "-raised_at")[:20])


def last_run() -> SignalRun | None:
    """How far the log of reads has been gone through."""
    return SignalRun.objects.order_by("-through").first()


def staff_patients() -> QuerySet[StaffPatient]:
    """Members of staff who are patients here too. One query."""
    return (
        StaffPatient.objects.filter(ended_at=None)
        .select_related("user", "patient")
        .order_by("user__last_name", "user__first_name")
    )
