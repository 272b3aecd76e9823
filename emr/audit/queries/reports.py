"""The three logs as reports: filtered, in an order, a page at a time.

Pages go by key and not by number: what a page costs doesn't grow with how far one has turned. Orders other than by
time can't use an index over the whole log, so they are kept to a period (:data:`SORTED_WITHIN`) where none was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat

from emr.audit.directory import charts_of
from emr.audit.models import AccessEvent, LogEntry, SecurityEvent
from emr.audit.partitions import keys_since
from emr.shared.dates import clinic_today, clinic_zone

PAGE_SIZE = 50
SORTED_WITHIN = timedelta(days=31)
_NOBODY = UUID(int=0)
M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Log:
    """One of the logs: its model, which column is its time and its person, and by what it may be ordered."""

    name: str
    title: str
    model: type[models.Model]
    at: str
    user: str
    orders: Mapping[str, Any]
    related: tuple[str, ...]


def _person(name: str) -> Any:
    words = [F(f"{name}__last_name"), Value(" "), F(f"{name}__first_name"), Value(" "), F(f"{name}__email")]
    return Coalesce(Concat(*words, output_field=models.CharField()), Value(""), output_field=models.CharField())


CHANGES = Log(
    "changes",
    "What was changed",
    LogEntry,
    "timestamp",
    "actor",
    {
        "at": F("timestamp"),
        "user": _person("actor"),
        "patient": Coalesce(F("patient_id"), Value(_NOBODY)),
        "action": F("action"),
        "section": F("content_type__model"),
    },
    ("actor", "content_type"),
)
READS = Log(
    "reads",
    "What was read",
    AccessEvent,
    "at",
    "user",
    {
        "at": F("at"),
        "user": _person("user"),
        "patient": F("patient_id"),
        "action": F("action"),
        "section": F("section"),
        "outcome": F("outcome"),
        "purpose": F("purpose"),
    },
    ("user",),
)
EVENTS = Log(
    "events",
    "Accounts and security",
    SecurityEvent,
    "at",
    "user",
    {"at": F("at"), "user": _person("user"), "kind": F("kind")},
    ("user", "target_user"),
)
LOGS: Mapping[str, Log] = {log.name: log for log in (CHANGES, READS, EVENTS)}


@dataclass(frozen=True)
class Asked:
    """What is asked of a log; None and empty are everything. Days are the clinic's, both inside."""

    user_id: UUID | None = None
    patient_id: UUID | None = None
    since: date | None = None
    until: date | None = None
    action: str = ""
    section: str = ""
    outcome: str = ""
    purpose: str = ""
    kind: str = ""
    order: str = "-at"

    @property
    def column(self) -> str:
        """What the rows are ordered by."""
        return self.order.removeprefix("-")


def within(asked: Asked) -> Asked:
    """The same, kept to the last days where the order would otherwise have to sort the whole log."""
    if asked.column == "at" or asked.since or asked.patient_id or asked.user_id:
        return asked
    return replace(asked, since=(asked.until or clinic_today()) - SORTED_WITHIN)


def rows_of(log: Log, asked: Asked) -> QuerySet[Any]:
    """All rows that fit, in order. Every filter is an equality or a range of time."""
    found: QuerySet[Any] = log.model._default_manager.select_related(*log.related)
    if asked.user_id:
        found = found.filter(_of(log, asked.user_id))
    if asked.patient_id and log is not EVENTS:
        found = found.filter(patient_id__in=charts_of(asked.patient_id))
    if asked.since:
        found = found.filter(**{f"{log.at}__gte": _start(asked.since)})
        if log is READS:
            found = found.filter(keys_since(_start(asked.since)))
    if asked.until:
        found = found.filter(**{f"{log.at}__lt": _start(asked.until + timedelta(days=1))})
    found = found.filter(**_equal(log, asked))
    sign = "-" if asked.order.startswith("-") else ""
    rows: QuerySet[Any] = found.alias(sorted_by=log.orders[asked.column]).order_by(f"{sign}sorted_by", f"{sign}pk")
    return rows


def page_of(log: Log, asked: Asked, after: str) -> list[Any]:
    """One page of rows after the row with the key ``after``, and one more where there is a next page.

    Raises LookupError when there is no such row.
    """
    found = rows_of(log, within(asked))
    return list((_beyond(log, asked, found, after) if after else found)[: PAGE_SIZE + 1])


def _beyond(log: Log, asked: Asked, found: QuerySet[Any], after: str) -> QuerySet[Any]:
    """The rows that come after one in the order that is asked for."""
    marks = log.model._default_manager.annotate(sorted_by=log.orders[asked.column])
    mark = marks.filter(pk=after).values_list("sorted_by", flat=True).first()
    if mark is None:
        raise LookupError(after)
    side = "lt" if asked.order.startswith("-") else "gt"
    # The first condition is implied by the second; an index needs it said.
    beyond = Q(**{f"sorted_by__{side}": mark}) | Q(sorted_by=mark, **{f"pk__{side}": after})
    rows: QuerySet[Any] = found.filter(Q(**{f"sorted_by__{side}e": mark}), beyond)
    return rows


def _of(log: Log, user_id: UUID) -> Q:
    """Rows of a person; of security events also those about their account."""
    mine = Q(**{f"{log.user}_id": user_id})
    return mine | Q(target_user_id=user_id) if log is EVENTS else mine


def _equal(log: Log, asked: Asked) -> dict[str, str]:
    """The plain filters that this log has."""
    names = {
        "changes": {"action": asked.action, "content_type__model": asked.section},
        "reads": {
            "action": asked.action,
            "section": asked.section,
            "outcome": asked.outcome,
            "purpose": asked.purpose,
        },
        "events": {"kind": asked.kind},
    }[log.name]
    return {name: value for name, value in names.items() if value}


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clinic_zone())
