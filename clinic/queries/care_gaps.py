"""What care is due: for one patient by the rules over the chart's facts, for the clinic by one statement a rule.

Both ways say the same: ``tests/clinic/queries/test_care_gaps.py`` compares them over made-up charts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Count, DateField, Exists, F, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.lookups import GreaterThanOrEqual

from clinic.care_rules import Code, Event, Facts, Gap, GapStatus, Pattern, Rule, Silence, Way, evaluate, rules
from clinic.choices import ConditionClinicalStatus, ImmunizationStatus, ProcedureStatus, VerificationStatus
from clinic.models import CareGapDecision, Condition, Immunization, Observation, Patient, Procedure
from clinic.models.care_gaps import GapDecision
from clinic.rules import visible_to
from emr.accounts.models import User
from emr.shared.dates import clinic_zone

#: Patients of one page of the clinic's list.
PAGE = 50
_ACTIVE = [ConditionClinicalStatus.ACTIVE, ConditionClinicalStatus.RECURRENCE, ConditionClinicalStatus.RELAPSE]
_NOT_REAL = [VerificationStatus.REFUTED, VerificationStatus.ENTERED_IN_ERROR]


@dataclass(frozen=True)
class Told:
    """A gap beside the newest decision that silences it."""

    gap: Gap
    decision: CareGapDecision | None


def gaps_of(patient: Patient, today: date) -> list[Told]:
    """Where a patient stands by every rule: five queries."""
    decisions = list(_decisions(patient.care_gap_decisions.select_related("created_by")).order_by("-created_at"))
    facts = facts_of([patient], decisions)[patient.pk]
    told = []
    for rule in rules():
        found = (row for row in decisions if row.rule == rule.name and _silence(row).holds(today))
        told.append(Told(evaluate(rule, facts, today), next(found, None)))
    return told


def due_of(patient: Patient, today: date) -> list[Gap]:
    """What is due, the longest due first: five queries."""
    due = [told.gap for told in gaps_of(patient, today) if told.gap.status == GapStatus.DUE]
    return sorted(due, key=lambda gap: gap.since or today)


def facts_of(patients: Sequence[Patient], decisions: Iterable[CareGapDecision] = ()) -> dict[UUID, Facts]:
    """What of their charts the rules look at, by patient: four queries."""
    wanted, zone = [code for _, code in _all_codes()], clinic_zone()
    events: dict[UUID, list[Event]] = defaultdict(list)
    problems: dict[UUID, list[Code]] = defaultdict(list)
    silences: dict[UUID, list[Silence]] = defaultdict(list)
    for key, system, code in _told(Condition, _PROBLEM, patients):
        problems[key].append((system, code))
    for key, system, code, day in _told(Immunization, _GIVEN, patients, "occurrence_date"):
        events[key].append(Event((system, code), day))
    for rows in (
        _told(Procedure, _PERFORMED, patients, "performed_start"),
        _told(Observation, _SEEN & Q(code__in=wanted), patients, "effective_at"),
    ):
        for key, system, code, at in rows:
            events[key].append(Event((system, code), at.astimezone(zone).date()))
    for row in decisions:
        silences[row.patient_id].append(_silence(row))
    return {
        row.pk: Facts(
            born=row.birth_date,
            sex=row.birth_sex or row.gender,
            problems=tuple(problems[row.pk]),
            events=tuple(events[row.pk]),
            silences=tuple(silences[row.pk]),
        )
        for row in patients
    }


def _told(model: Any, counts: Q, patients: Sequence[Patient], *more: str) -> Iterable[Any]:
    rows = model._default_manager.filter(counts, patient__in=[row.pk for row in patients])
    return rows.order_by().values_list("patient_id", "system", "code", *more)  # type: ignore[no-any-return]


def due_patients(rule: Rule, user: User, today: date) -> QuerySet[Patient]:
    """The patients of whom a person may know and for whom a rule says that something is due."""
    earliest, latest = rule.born_between(today)
    found = visible_to(user).filter(active=True, deceased_at=None, birth_date__lte=latest)
    if earliest is not None:
        found = found.filter(birth_date__gt=earliest)
    if rule.sex:
        found = found.filter(Q(birth_sex=rule.sex) | Q(birth_sex="", gender=rule.sex))
    problems = Condition.objects.filter(_PROBLEM, patient=OuterRef("pk"))
    if rule.needed:
        found = found.filter(Exists(problems.filter(_either(rule.needed))))
    if rule.barred:
        found = found.exclude(Exists(problems.filter(_either(rule.barred))))
    for way in rule.ways:
        found = found.exclude(_satisfied(way, today))
    silent = _decisions(CareGapDecision.objects.filter(rule=rule.name, patient=OuterRef("pk")))
    return found.exclude(Exists(silent.filter(Q(until=None) | Q(until__gt=today))))


def due_page(rule: Rule, user: User, today: date, after: UUID | None) -> tuple[list[tuple[Patient, Gap]], bool]:
    """A page of the list by name, behind the patient ``after``, and whether there are more: at most seven queries."""
    found = due_patients(rule, user, today).select_related("primary_care")
    last = Patient.objects.filter(pk=after).first() if after else None
    if last is not None:
        names = {"family_name": last.family_name, "given_name": last.given_name}
        found = found.filter(
            Q(family_name__gt=last.family_name)
            | Q(family_name=last.family_name, given_name__gt=last.given_name)
            | Q(**names, pk__gt=last.pk)
        )
    rows = list(found.order_by("family_name", "given_name", "pk")[: PAGE + 1])
    facts = facts_of(rows[:PAGE])
    return [(row, evaluate(rule, facts[row.pk], today)) for row in rows[:PAGE]], len(rows) > PAGE


_STANDS = Q(entered_in_error_at=None)
_PROBLEM = _STANDS & Q(clinical_status__in=_ACTIVE) & ~Q(verification_status__in=_NOT_REAL) & ~Q(code="")
_GIVEN = _STANDS & Q(status=ImmunizationStatus.COMPLETED)
_PERFORMED = _STANDS & Q(status=ProcedureStatus.COMPLETED, performed_start__isnull=False)
_SEEN = _STANDS & Q(superseded_by=None, absent_reason="")


def _satisfied(way: Way, today: date) -> Q:
    """The condition that a patient has done enough of a way for it to count today."""
    counted: Any = 0
    made: list[Any] = []
    for model, base, column, timed in (
        (Immunization, _GIVEN, "occurrence_date", False),
        (Procedure, _PERFORMED, "performed_start", True),
        (Observation, _SEEN, "effective_at", True),
    ):
        rows = model._default_manager.filter(base, _coded(way.codes), patient=OuterRef("pk"))
        rows = rows.filter(**_window(way, column, today, timed=timed)).order_by()
        if way.from_years is not None:
            day = TruncDate(column, tzinfo=clinic_zone()) if timed else F(column)
            rows = rows.filter(GreaterThanOrEqual(day, _Birthday(OuterRef("birth_date"), years=way.from_years)))
        made.append(rows)
    if way.doses == 1:
        return reduce(or_, (Q(Exists(rows)) for rows in made))
    for rows in made:
        number = rows.values("patient").annotate(number=Count("pk")).values("number")
        counted = Coalesce(Subquery(number), 0) + counted
    return Q(GreaterThanOrEqual(counted, way.doses))


class _Birthday(Func):
    """The day on which somebody born on a date is so many years old."""

    template = "(%(expressions)s + make_interval(years => %(years)s))::date"
    output_field = DateField()


def _window(way: Way, column: str, today: date, *, timed: bool) -> dict[str, Any]:
    """After the day that counts no more, and not after today."""
    cutoff = way.cutoff(today)
    if not timed:
        return {f"{column}__lte": today, **({f"{column}__gt": cutoff} if cutoff else {})}
    after = {f"{column}__gte": _midnight(cutoff + timedelta(days=1))} if cutoff else {}
    return {f"{column}__lt": _midnight(today + timedelta(days=1)), **after}


def _coded(codes: Iterable[Code]) -> Q:
    by_system: dict[str, list[str]] = {}
    for system, code in sorted(codes):
        by_system.setdefault(system, []).append(code)
    return reduce(or_, (Q(system=system, code__in=listed) for system, listed in by_system.items()))


def _either(patterns: Iterable[Pattern]) -> Q:
    return reduce(
        or_,
        (Q(system=one.system, **{"code__startswith" if one.open else "code": one.code}) for one in patterns),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clinic_zone())


def _decisions(rows: Any) -> Any:
    return rows.filter(entered_in_error_at=None)


def _silence(row: CareGapDecision) -> Silence:
    return Silence(row.rule, GapDecision(row.decision).label, row.until)


def _all_codes() -> set[Code]:
    return {code for rule in rules() for way in rule.ways for code in way.codes}
