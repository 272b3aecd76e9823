"""Signals of snooping: raised from the log of reads, reviewed; who of the staff is a patient too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from clinic.actions.tasks import complete_task_list, create_task
from clinic.models import Patient, ReadingDay, SignalRun, SnoopingSignal, StaffPatient, Task
from clinic.models.signals import SignalFinding
from clinic.models.tasks import REVIEW_SIGNALS
from clinic.queries.openings import Known, Opening, known_of, openings
from clinic.relations import Relations, Span, relations
from clinic.snooping import AFTER, BEFORE, DAYS_BACK, FEWEST_DAYS, Raised, signals_of, volume
from emr.access.roles import PRIVACY_OFFICER
from emr.accounts.models import User
from emr.audit.action import action
from emr.jobs import enqueue
from emr.jobs.models import Job
from emr.shared.dates import clinic_zone
from emr.shared.errors import DomainError

#: The first run looks so far back; a dismissed signal of two people silences its like for so long.
FIRST_LOOK, SILENT = timedelta(days=30), timedelta(days=90)
#: Entries of the log may be committed a little after their instant.
LAG = timedelta(minutes=2)
_LOCK = 7_411_083
#: The job that does it once a day, and when somebody asks.
SIGNALS_JOB = "clinic.snooping_signals"


@action
def raise_signals(*, by: User, until: datetime | None = None) -> SignalRun:
    """Go through the log of reads since the last run, up to ``until`` (two minutes ago), and raise what is odd.

    Reads of an earlier run are read again only for the clinic's day in which it ended, so the cost follows what is
    new. The same question about the same two people is not asked again while one is open, nor for 90 days after one
    was dismissed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])  # A second run waits, then finds nothing new.
    until = until or timezone.now() - LAG
    last = SignalRun.objects.order_by("-through").values_list("through", flat=True).first()
    since = last or until - FIRST_LOOK
    found, events = openings(_midnight(since) - timedelta(microseconds=1), until)
    _count_days(found)
    fresh = [opening for opening in found if opening.last_at > since]
    raised = [signal for signal in _signals(fresh, found) if _write(signal)]
    if raised and not Task.objects.open().filter(code=REVIEW_SIGNALS).exists():
        create_task(
            by=by,
            code=REVIEW_SIGNALS,
            description="Review the signals of snooping",
            owner_role=PRIVACY_OFFICER.name,
        )
    return SignalRun.objects.create(through=max(until, since), events=events, raised=len(raised))


@action
def ask_for_signals(*, by: User) -> Job:
    """Have the log of reads gone through now, by a job; asked twice within a minute, once."""
    return enqueue(SIGNALS_JOB, key=f"{SIGNALS_JOB}:{by.pk}:{timezone.now():%Y%m%dT%H%M}", by=by)


@action
def review_signal(*, by: User, signal: SnoopingSignal, finding: str, comment: str) -> SnoopingSignal:
    """Dismiss or confirm a signal, once, with a word on it. The last one reviewed empties the inbox.

    Raises DomainError for one's own reads, without a comment, and for a signal that is reviewed already.
    """
    locked = SnoopingSignal.objects.select_for_update().get(pk=signal.pk)
    if locked.user_id == by.pk:
        raise DomainError("You can't review your own reads. Another privacy officer has to.")
    if locked.reviewed_at is not None:
        raise DomainError("This signal has been reviewed already.")
    if not comment.strip():
        raise DomainError("Say what you found.", field="comment")
    locked.reviewed_at, locked.reviewed_by = timezone.now(), by
    locked.finding, locked.comment = SignalFinding(finding), comment.strip()[:1000]
    locked.save(update_fields=["reviewed_at", "reviewed_by", "finding", "comment"])
    if not SnoopingSignal.objects.filter(reviewed_at=None).exists():
        complete_task_list(by=by, code=REVIEW_SIGNALS)
    return locked


@action
def link_staff_patient(*, by: User, user: User, patient: Patient) -> StaffPatient:
    """Say that a member of staff is this patient here. Raises DomainError where either is linked already."""
    try:
        with transaction.atomic():
            return StaffPatient.objects.create(user=user, patient=patient, created_by=by)
    except IntegrityError as error:
        raise DomainError("This person, or this patient, is linked already.", field="user") from error


@action
def unlink_staff_patient(*, by: User, link: StaffPatient) -> StaffPatient:
    """Take the link back; unlinked twice is unlinked once."""
    locked = StaffPatient.objects.select_for_update().get(pk=link.pk)
    if locked.ended_at is None:
        locked.ended_at, locked.ended_by = timezone.now(), by
        locked.save(update_fields=["ended_at", "ended_by", "updated_at"])
    return locked


def _signals(fresh: list[Opening], found: list[Opening]) -> Iterator[Raised]:
    if not fresh:
        return
    known = known_of(fresh)
    related = _related(fresh)
    for opening in fresh:
        yield from signals_of(opening, known, related)
    yield from _volumes(fresh, found, known)


def _related(fresh: list[Opening]) -> Relations:
    return relations(
        Span(
            users={opening.user_id for opening in fresh},
            patients={opening.patient_id for opening in fresh},
            start=min(opening.first_at for opening in fresh) - BEFORE,
            end=max(opening.last_at for opening in fresh) + AFTER,
        )
    )


def _volumes(fresh: list[Opening], found: list[Opening], known: Known) -> Iterator[Raised]:
    days = defaultdict(list)
    for opening in found:
        days[opening.user_id, opening.day].append(opening)
    for user_id, day in sorted({(opening.user_id, opening.day) for opening in fresh}, key=str):
        usual, own = _usual(user_id, day)
        raised = volume(days[user_id, day], usual, own=own, who=str(known.users[user_id]))
        if raised:
            yield raised


def _usual(user_id: UUID, day: date) -> tuple[list[int], bool]:
    """The counts of the person's own earlier days; of everybody's where those are too few."""
    earlier = ReadingDay.objects.filter(day__lt=day, day__gte=day - timedelta(days=DAYS_BACK))
    own = list(earlier.filter(user=user_id).values_list("charts", flat=True))
    return (own, True) if len(own) >= FEWEST_DAYS else (list(earlier.values_list("charts", flat=True)), False)


def _count_days(found: Collection[Opening]) -> None:
    charts: dict[tuple[UUID, date], set[UUID]] = defaultdict(set)
    for opening in found:
        charts[opening.user_id, opening.day].add(opening.patient_id)
    ReadingDay.objects.bulk_create(
        [ReadingDay(user_id=user, day=day, charts=len(patients)) for (user, day), patients in charts.items()],
        update_conflicts=True,
        unique_fields=["user", "day"],
        update_fields=["charts"],
    )


def _write(raised: Raised) -> bool:
    """Write one signal unless its like was asked already."""
    like = SnoopingSignal.objects.filter(user=raised.user_id, patient=raised.patient_id, kind=raised.kind)
    silent = Q(reviewed_at=None) | Q(finding=SignalFinding.DISMISSED, reviewed_at__gt=timezone.now() - SILENT)
    again = Q(day=raised.day) if raised.patient_id is None else Q(day=raised.day) | silent
    if like.filter(again).exists():
        return False
    SnoopingSignal.objects.create(
        user_id=raised.user_id,
        patient_id=raised.patient_id,
        kind=raised.kind,
        day=raised.day,
        reads=raised.reads,
        first_at=raised.first_at,
        last_at=raised.last_at,
        explanation=raised.words[:600],
    )
    return True


def _midnight(at: datetime) -> datetime:
    zone = clinic_zone()
    return timezone.make_aware(datetime.combine(timezone.localdate(at, zone), time.min), zone)
