"""Insurance: payers, and the policies of patients. A policy that is over gets an end; it is never taken away."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from clinic.actions.errors import refuse_changed, refuse_errored
from clinic.choices import CoverageStatus, SubscriberRelationship
from clinic.models import Coverage, Patient, Payer
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7
from emr.ui import formats

ORDER_WORDS = {1: "primary", 2: "secondary", 3: "tertiary"}


@action
def add_payer(*, by: User, name: str, **fields: Any) -> Payer:
    """Add an insurance company. Raises DomainError when one of that name is there."""
    name = " ".join(name.split())
    if Payer.objects.filter(name__iexact=name).exists():
        raise DomainError(f"{name} is on the list of payers already.", field="name")
    return Payer.objects.create(created_by=by, name=name, **fields)


@action
def update_payer(*, by: User, payer: Payer, version_seen: datetime, name: str, **fields: Any) -> Payer:
    """Correct an insurance company, or take it out of use (``active=False``): policies that name it keep it.

    Raises Conflict when somebody saved in between, DomainError when another of that name is there.
    """
    row = Payer.objects.select_for_update().get(pk=payer.pk)
    refuse_changed(row, version_seen)
    name = " ".join(name.split())
    if Payer.objects.filter(name__iexact=name).exclude(pk=row.pk).exists():
        raise DomainError(f"{name} is on the list of payers already.", field="name")
    for field, value in {**fields, "name": name}.items():
        setattr(row, field, value)
    row.save()
    return row


@action
def add_coverage(
    *,
    by: User,
    patient: Patient,
    payer: Payer,
    subscriber_id: str,
    order: int = 1,
    relationship: str = SubscriberRelationship.SELF,
    period_start: date | None = None,
    period_end: date | None = None,
    request_token: UUID | None = None,
    **fields: Any,
) -> Coverage:
    """Add a policy for a period; an open end means until further notice.

    ``request_token`` becomes the key: the same form sent twice gives the same policy. Raises DomainError when the
    period ends before it starts, when a subscriber other than the patient has no name, and, naming it, when another
    policy of the same order is in force at some time of the period.
    """
    _lock(patient)
    known = Coverage.objects.filter(pk=request_token, patient=patient).first() if request_token else None
    if known is not None:
        return known
    coverage = Coverage(
        id=request_token or uuid7(),
        created_by=by,
        patient=patient,
        payer=payer,
        order=order,
        subscriber_id=subscriber_id,
        relationship=relationship,
        period_start=period_start,
        period_end=period_end,
        **fields,
    )
    _check(coverage)
    coverage.save(force_insert=True)
    return coverage


@action
def end_coverage(*, by: User, coverage: Coverage, on: date) -> Coverage:
    """Give a policy its last day. The policy stays, so that a claim for an earlier day still finds it.

    Raises DomainError for a day before the policy began, and for one on which another policy has its place already.
    """
    row = _locked(coverage)
    row.period_end = on
    _check(row)
    row.save()
    return row


@action
def verify_coverage(*, by: User, coverage: Coverage) -> Coverage:
    """Say that the policy was gone through with the patient, or with the card, and is right."""
    row = _locked(coverage)
    row.verified_at, row.verified_by = timezone.now(), by
    row.save(update_fields=["verified_at", "verified_by", "updated_at"])
    return row


@action
def replace_coverage(
    *,
    by: User,
    coverage: Coverage,
    payer: Payer,
    subscriber_id: str,
    period_start: date,
    request_token: UUID | None = None,
    **fields: Any,
) -> Coverage:
    """Put a new policy in the place of one: the old ends the day before the new one starts, or earlier if it did."""
    _lock(coverage.patient)
    known = Coverage.objects.filter(pk=request_token, patient=coverage.patient).first() if request_token else None
    if known is not None:
        return known
    coverage = _locked(coverage)
    if coverage.period_start is not None and period_start <= coverage.period_start:
        raise DomainError("The new policy must start after the one that it replaces.", field="period_start")
    if coverage.period_end is None or coverage.period_end >= period_start:
        end_coverage(by=by, coverage=coverage, on=period_start - timedelta(days=1))
    return add_coverage(
        by=by,
        patient=coverage.patient,
        payer=payer,
        subscriber_id=subscriber_id,
        order=coverage.order,
        period_start=period_start,
        request_token=request_token,
        **fields,
    )


@action
def update_coverage(*, by: User, coverage: Coverage, version_seen: Any, **fields: Any) -> Coverage:
    """Correct a policy. Raises Conflict when somebody saved in between, DomainError as :func:`add_coverage` does."""
    row = _locked(coverage)
    refuse_changed(row, version_seen)
    for name, value in fields.items():
        setattr(row, name, value)
    _check(row)
    row.save()
    return row


@action
def swap_order(*, by: User, patient: Patient, first: Coverage, second: Coverage) -> None:
    """Exchange the places of two policies, as primary and secondary, in one step: they were the wrong way round.

    The database allows no moment at which two policies hold one place, so one steps aside first. Raises Conflict where
    they aren't in the places any more in which the caller saw them.
    """
    one, other = _locked_pair(patient, first, second)
    one.order, place = other.order, one.order
    one.status, status = CoverageStatus.DRAFT, one.status
    one.save()
    other.order = place
    _check(other)
    other.save()
    one.status = status
    _check(one)
    one.save()


@action
def swap_from(*, by: User, patient: Patient, first: Coverage, second: Coverage, since: date) -> None:
    """Exchange the places of two policies from a day on; for the days before, each keeps the place that it had.

    Raises DomainError unless both are in force on that day, Conflict as :func:`swap_order` does.
    """
    pair = _locked_pair(patient, first, second)
    if not all(_in_force(row, since) for row in pair):
        raise DomainError("Both policies must be in force on the day from which they change places.", field="since")
    later = [_from_day(by, row, since) for row in pair]
    swap_order(by=by, patient=patient, first=later[0], second=later[1])


def _locked_pair(patient: Patient, first: Coverage, second: Coverage) -> list[Coverage]:
    _lock(patient)
    pair = [patient.coverages.select_for_update().get(pk=row.pk) for row in (first, second)]
    if [row.order for row in pair] != [first.order, second.order]:
        raise Conflict("The policies were exchanged meanwhile. Look at their order before you exchange them.")
    return pair


def _from_day(by: User, row: Coverage, since: date) -> Coverage:
    """The part of a policy from a day on, as a row of its own; the policy itself where it begins on that day."""
    if row.period_start == since:
        return row
    end = row.period_end
    row.period_end = since - timedelta(days=1)
    row.save(update_fields=["period_end", "updated_at"])
    kept = {field.attname: getattr(row, field.attname) for field in Coverage._meta.concrete_fields}
    for name in ("id", "created_at", "updated_at", "created_by_id"):
        del kept[name]
    return Coverage.objects.create(**{**kept, "created_by": by, "period_start": since, "period_end": end})


def _in_force(row: Coverage, day: date) -> bool:
    started = row.period_start is None or row.period_start <= day
    return row.status == CoverageStatus.ACTIVE and started and (row.period_end is None or row.period_end >= day)


def _lock(patient: Patient) -> None:
    """One change of a patient's policies at a time, so that the check below sees all of them."""
    Patient.objects.select_for_update().only("pk").get(pk=patient.pk)


def _locked(coverage: Coverage) -> Coverage:
    """The policy under its lock. Raises DomainError for one that was entered in error: nothing happens to it."""
    _lock(coverage.patient)
    row = Coverage.objects.select_for_update(of=("self",)).select_related("patient").get(pk=coverage.pk)
    refuse_errored(row)
    return row


def _check(coverage: Coverage) -> None:
    start, end = coverage.period_start, coverage.period_end
    if start is not None and end is not None and end < start:
        raise DomainError("A policy can't end before it began.", field="period_end")
    if coverage.relationship != SubscriberRelationship.SELF and not (
        coverage.subscriber_family_name and coverage.subscriber_given_name
    ):
        raise DomainError("Give the name of the subscriber.", field="subscriber_family_name")
    other = _overlapping(coverage)
    if other is not None and coverage.status == CoverageStatus.ACTIVE:
        raise DomainError(
            f"{other.payer} {other.subscriber_id} is the {ORDER_WORDS[other.order]} policy {_period_words(other)}. "
            f"{_way_out(coverage, other)}",
            field="period_start",
        )


def _way_out(coverage: Coverage, other: Coverage) -> str:
    """How the overlap of a policy with another is mended."""
    start = coverage.period_start
    if start is not None and (other.period_start is None or other.period_start < start):
        return f"End it on {formats.day(start - timedelta(days=1))}, or choose Replace beside it."
    if other.period_start is not None and (start is None or start < other.period_start):
        return f"Let this one end on {formats.day(other.period_start - timedelta(days=1))}, or give it another place."
    return "End it first, or give this one another place."


def _overlapping(coverage: Coverage) -> Coverage | None:
    """The active policy of the same order that shares a day with this one; both ends count as inside."""
    others = coverage.patient.coverages.filter(status=CoverageStatus.ACTIVE, order=coverage.order)
    others = others.exclude(pk=coverage.pk).select_related("payer")
    if coverage.period_end is not None:
        others = others.filter(Q(period_start=None) | Q(period_start__lte=coverage.period_end))
    if coverage.period_start is not None:
        others = others.filter(Q(period_end=None) | Q(period_end__gte=coverage.period_start))
    return others.first()


def _period_words(coverage: Coverage) -> str:
    start = f"from {formats.day(coverage.period_start)}" if coverage.period_start else "since before our record"
    end = f"until {formats.day(coverage.period_end)}" if coverage.period_end else "until further notice"
    return f"{start} {end}"
