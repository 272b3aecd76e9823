"""Care due over whole charts: the patient's list, the clinic's list and a plain oracle say the same."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.care_rules import Facts, GapStatus, Rule, evaluate, months_after, rules
from clinic.models import CareGapDecision, Patient
from clinic.queries.care_gaps import due_page, due_patients, facts_of, gaps_of
from emr.codes.systems import CVX, ICD10CM, LOINC
from emr.shared.dates import clinic_zone
from tests.factories.accounts import make_person
from tests.factories.care import GapDecisionFactory
from tests.factories.chart import ConditionFactory, ImmunizationFactory, ObservationFactory, ProcedureFactory
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.feature("F16"), pytest.mark.django_db]

TODAY = date(2026, 11, 22)


def _elapsed(start: date, end: date) -> int:
    """Whole months from a day to another."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def _oracle(rule: Rule, facts: Facts, today: date) -> bool:
    """Whether something is due, counted in months that have passed, by nothing of the product's own arithmetic."""
    age = _elapsed(facts.born, today)
    if age < rule.from_months or (rule.to_years is not None and age >= 12 * (rule.to_years + 1)):
        return False
    if rule.sex and facts.sex != rule.sex:
        return False
    hit = [
        {pattern for pattern in patterns for code in facts.problems if pattern.fits(code)}
        for patterns in (rule.needed, rule.barred)
    ]
    if (rule.needed and not hit[0]) or hit[1]:
        return False
    for way in rule.ways:
        count = 0
        for event in facts.events:
            if event.code not in way.codes or event.on > today:
                continue
            if way.from_years is not None and _elapsed(facts.born, event.on) < 12 * way.from_years:
                continue
            if way.months is not None and _elapsed(event.on, today) >= way.months:
                continue
            if way.season is not None and event.on < date(today.year - (today.month < way.season), way.season, 1):
                continue
            count += 1
        if count >= way.doses:
            return False
    silent = (one for one in facts.silences if one.rule == rule.name)
    return not any(one.until is None or one.until > today for one in silent)


def _instant(day: date, dice: random.Random) -> datetime:
    return datetime.combine(day, time(dice.choice([0, 12, 23]), dice.choice([0, 59])), tzinfo=clinic_zone())


def _chart(dice: random.Random) -> Patient:
    """A made-up life whose days fall on the edges of the rules as often as not."""
    age = dice.choice([0, 6, 12, 15, 18, 19, 21, 40, 45, 50, 65, 66, 74, 75, 76, 80])
    near = timedelta(days=dice.choice([-1, 0, 1, 200]))
    born = min(months_after(TODAY, -12 * age) - near, TODAY)
    patient: Patient = PatientFactory.create(birth_date=born, gender=dice.choice(["female", "male"]))
    for code in dice.sample(["E11.9", "C18.7", "C50.911", "Z90.710", "B20", "M81.0", "R73.03"], dice.randrange(3)):
        state = dice.choice(["active", "active", "resolved"])
        ConditionFactory(patient=patient, system=ICD10CM, code=code, clinical_status=state)
    ways = [way for rule in rules() for way in rule.ways]
    for way in dice.sample(ways, 10):
        edge = months_after(TODAY, -(way.months or dice.choice([3, 14, 400])))
        day = max(born, min(TODAY, edge + timedelta(days=dice.choice([-1, 0, 1, 30]))))
        system, code = dice.choice(sorted(way.codes))
        coded: dict[str, Any] = {"patient": patient, "system": system, "code": code}
        for _ in range(dice.choice([1, 1, 2])):
            if system == CVX:
                status = dice.choice(["completed", "completed", "not-done"])
                ImmunizationFactory(**coded, occurrence_date=day, status=status)
            elif system == LOINC:
                ObservationFactory(**coded, effective_at=_instant(day, dice))
            else:
                ProcedureFactory(**coded, performed_start=_instant(day, dice))
    for rule in dice.sample(rules(), 3):
        until = dice.choice([None, TODAY, TODAY + timedelta(days=1)])
        GapDecisionFactory(patient=patient, rule=rule.name, until=until)
    return patient


def test_the_patients_list_and_the_clinics_list_are_the_oracles() -> None:
    dice, doctor = random.Random(7), make_person("clinician")  # noqa: S311
    patients = [_chart(dice) for _ in range(24)]
    facts = facts_of(patients, CareGapDecision.objects.filter(entered_in_error_at=None))
    names = {patient.pk: number for number, patient in enumerate(patients)}
    found = 0
    for rule in rules():
        told = {names[row.pk] for row in due_patients(rule, doctor, TODAY)}
        owed = {names[key] for key, one in facts.items() if _oracle(rule, one, TODAY)}
        mine = {names[key] for key, one in facts.items() if evaluate(rule, one, TODAY).status == GapStatus.DUE}
        assert (rule.name, sorted(told), sorted(mine)) == (rule.name, sorted(owed), sorted(owed))
        found += len(owed)
    assert found > 40
    one = patients[0]
    by_page = {told.gap.rule.name for told in gaps_of(one, TODAY) if told.gap.status == GapStatus.DUE}
    assert by_page == {rule.name for rule in rules() if _oracle(rule, facts[one.pk], TODAY)}


def test_who_is_gone_or_hidden_is_on_no_list_and_pages_go_on_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    doctor = make_person("clinician")
    old = date(1960, 1, 1)
    shown = [PatientFactory.create(family_name="Same", given_name="Ann", birth_date=old) for _ in range(3)]
    shown.append(PatientFactory.create(family_name="Zorn", given_name="Bo", birth_date=old))
    PatientFactory(birth_date=old, deceased_at=timezone.now())
    PatientFactory(birth_date=old, active=False)
    PatientFactory(birth_date=old, restricted=True)
    rule = next(rule for rule in rules() if rule.name == "hepatitis-c-screening")
    monkeypatch.setattr("clinic.queries.care_gaps.PAGE", 3)
    first, more = due_page(rule, doctor, TODAY, None)
    rest, end = due_page(rule, doctor, TODAY, first[-1][0].pk)
    assert ([row.pk for row, _ in [*first, *rest]], more, end) == ([row.pk for row in shown], True, False)
