"""Who has to do with whom: what makes a read ordinary work. Upper floors add what they know when they start."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.contrib.contenttypes.models import ContentType

from clinic.models import BreakGlass, Encounter
from emr.audit.models import LogEntry

Pair = tuple[UUID, UUID]


@dataclass(frozen=True)
class Span:
    """The users and patients that are asked about, and the time in which they may have met."""

    users: Collection[UUID]
    patients: Collection[UUID]
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Relations:
    """``pairs`` of a user and a patient who worked together; ``patients`` who are in care, with whomever."""

    pairs: set[Pair] = field(default_factory=set)
    patients: set[UUID] = field(default_factory=set)


#: What each floor knows. :mod:`scheduling` adds its appointments.
PROVIDERS: list[Callable[[Span], Relations]] = []


def relations(span: Span) -> Relations:
    """All relations of the span, asked of every floor: two queries here and what the others need."""
    found = [_visits(span), _writing(span), *(provider(span) for provider in PROVIDERS)]
    return Relations(
        set().union(*(one.pairs for one in found)),
        set().union(*(one.patients for one in found)),
    )


def _visits(span: Span) -> Relations:
    rows = Encounter.objects.filter(
        patient__in=span.patients, period_start__range=(span.start, span.end), entered_in_error_at=None
    ).values_list("practitioner__user_id", "patient_id")
    return Relations({(user, patient) for user, patient in rows if user}, {patient for _, patient in rows})


def _writing(span: Span) -> Relations:
    """Who wrote something into a chart worked on it; breaking its glass is no work."""
    rows = LogEntry.objects.filter(
        patient_id__in=span.patients, actor__in=span.users, timestamp__range=(span.start, span.end)
    ).exclude(content_type=ContentType.objects.get_for_model(BreakGlass))
    found = rows.order_by().values_list("actor_id", "patient_id").distinct()
    return Relations({(user, patient) for user, patient in found if patient})
