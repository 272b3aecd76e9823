"""Who may open a chart: what the privacy officer's pages show, identity alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value

from clinic.models import (
    Patient,
    PatientDenial,
    PatientGroupGrant,
    PatientUserGrant,
)
from clinic.models.access import in_force
from clinic.queries.patients import find_patients
from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.audit.models import LogEntry
from emr.ui import formats

#: So many charts stand on the first page; who seeks another one types its name.
LIMIT = 200


@dataclass(frozen=True)
class Identity:
    """Who a patient is: all that a page shows to somebody who may not read the chart."""

    id: UUID
    name: str
    born: str
    sex: str
    mrn: str
    restricted: bool
    grants: int = 0
    denials: int = 0


@dataclass(frozen=True)
class GrantRow:
    """A grant or a denial in words. ``holds`` while it is in force, and can then be ended."""

    id: UUID
    who: str
    kind: str
    reason: str
    given: str
    by: str
    until: str
    holds: bool


@dataclass(frozen=True)
class ChartAccess:
    """Who may open one chart, who may not, and since when it is restricted."""

    identity: Identity
    restricted_since: str
    grants: list[GrantRow]
    denials: list[GrantRow]


def identity_of(patient: Patient) -> Identity:
    """Name, birth date, sex, number."""
    return Identity(
        id=patient.pk,
        name=patient.sort_name,
        born=formats.day(patient.birth_date),
        sex=patient.get_gender_display(),
        mrn=formats.mrn(patient.mrn),
        restricted=patient.restricted,
        grants=getattr(patient, "user_count", 0) + getattr(patient, "role_count", 0),
        denials=getattr(patient, "denial_count", 0),
    )


def kept_charts(known: QuerySet[Patient]) -> list[Identity]:
    """The charts of ``known`` that are restricted or from which somebody is kept out, by name. One query."""
    counted = known.annotate(
        user_count=_number(PatientUserGrant.objects.filter(in_force(), content_object=OuterRef("pk"))),
        role_count=_number(PatientGroupGrant.objects.filter(in_force(), content_object=OuterRef("pk"))),
        denial_count=_number(PatientDenial.objects.filter(lifted_at=None, patient=OuterRef("pk"))),
    )
    rows = counted.filter(Q(restricted=True) | Q(denial_count__gt=0))
    return [identity_of(row) for row in rows.order_by("family_name", "given_name", "pk")[:LIMIT]]


def found_charts(text: str, known: QuerySet[Patient]) -> list[Identity]:
    """The patients of ``known`` who fit what was typed. At most five queries."""
    ids = [hit.id for hit in find_patients(text, known).all]
    rows = {row.pk: row for row in known.filter(pk__in=ids)}
    return [identity_of(rows[pk]) for pk in ids if pk in rows]


def chart_access(patient: Patient) -> ChartAccess:
    """All grants and denials of a chart, those in force first. Four queries."""
    holds = {"holds": Q(in_force())}
    people = PatientUserGrant.objects.filter(content_object=patient).annotate(**holds)
    roles = PatientGroupGrant.objects.filter(content_object=patient).annotate(**holds)
    given = ("granted_by", "revoked_by")
    grants = [_row(row, str(row.user), "Person") for row in people.select_related("user", *given)]
    grants += [_row(row, _role(row.group.name), "Role") for row in roles.select_related("group", *given)]
    denials = PatientDenial.objects.filter(patient=patient).select_related("user", "created_by", "lifted_by")
    return ChartAccess(
        identity=identity_of(patient),
        restricted_since=_since(patient),
        grants=_in_order(grants),
        denials=_in_order([_denial(row) for row in denials]),
    )


def grant_of(patient: Patient, grant_id: UUID) -> PatientUserGrant | PatientGroupGrant | None:
    """A grant of this patient's chart, to a person or a role; None for another patient's."""
    mine = {"content_object": patient, "pk": grant_id}
    return PatientUserGrant.objects.filter(**mine).first() or PatientGroupGrant.objects.filter(**mine).first()


def _number(rows: QuerySet[Any]) -> Subquery:
    """How many rows there are of each patient."""
    counted = rows.order_by().annotate(number=Func(Value(1), function="count", output_field=IntegerField()))
    return Subquery(counted.values("number"))


def _row(row: PatientUserGrant | PatientGroupGrant, who: str, kind: str) -> GrantRow:
    return GrantRow(
        id=row.pk,
        who=who,
        kind=kind,
        reason=row.reason,
        given=formats.instant(row.granted_at),
        by=str(row.granted_by),
        until=_until(row.expires_at, row.revoked_at, row.revoked_by, row.revoked_reason, holds=vars(row)["holds"]),
        holds=vars(row)["holds"],
    )


def _denial(row: PatientDenial) -> GrantRow:
    return GrantRow(
        id=row.pk,
        who=str(row.user),
        kind="Person",
        reason=row.reason,
        given=formats.instant(row.created_at),
        by=str(row.created_by),
        until=_until(None, row.lifted_at, row.lifted_by, row.lifted_reason, holds=row.lifted_at is None),
        holds=row.lifted_at is None,
    )


def _until(expires: datetime | None, ended: datetime | None, by: User | None, why: str, *, holds: bool) -> str:
    if ended is not None:
        return f"Ended {formats.instant(ended)} by {by}: {why}"
    if expires is None:
        return "No end"
    # Most end with a day, at the midnight after it: people typed that day.
    end = expires - timedelta(microseconds=1)
    told = formats.day(end) if formats.clock(expires) == "00:00" else formats.instant(expires)
    return told if holds else f"Over since {told}"


def _role(name: str) -> str:
    return f"Everybody: {ROLES[name].label}" if name in ROLES else name


def _in_order(rows: Iterable[GrantRow]) -> list[GrantRow]:
    return sorted(rows, key=lambda row: not row.holds)


def _since(patient: Patient) -> str:
    """When, by whom and why the chart was last restricted or opened, by the log; empty where it never was."""
    entry = (
        LogEntry.objects.filter(object_pk=patient.pk, changes__has_key="restricted")
        .select_related("actor")
        .order_by("-id")
        .first()
    )
    if entry is None or entry.action == LogEntry.Action.CREATE:
        return ""
    why = f": {entry.reason}" if entry.reason else ""
    return f"{formats.instant(entry.timestamp)} by {entry.actor}{why}"
