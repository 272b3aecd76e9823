"""The timeline: everything in one order, page by page, filtered, and as it was known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import time_machine

from clinic.actions.errors import enter_in_error
from clinic.actions.notes import set_confidential
from clinic.models import Condition, Observation, Patient
from clinic.queries.timeline import Asked, Entry, Place, timeline
from clinic.queries.timeline_as_of import timeline_as_of
from clinic.queries.timeline_sources import SOURCES, EntryKind
from emr.accounts.models import User
from emr.audit.action import action
from tests.clinic.notes import a_note, a_signed_note, a_visit
from tests.clinic.queries.test_as_of import _step
from tests.factories import care, chart, clinic
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F17")]

START = datetime(2026, 1, 5, 15, tzinfo=UTC)


def a_full_chart(by: User) -> Patient:
    """A chart with a row of every kind."""
    visit = a_visit(by)
    patient = visit.patient
    a_note(by, visit)
    a_signed_note(by, a_visit(by, patient, days_ago=40))
    chart.blood_pressure(patient=patient)
    chart.ObservationFactory(patient=patient, category="laboratory", code="2823-3", display="Potassium")
    report = chart.ReportFactory(patient=patient)
    chart.ObservationFactory(patient=patient, category="laboratory", report=report, code="2345-7", display="Glucose")
    chart.ObservationFactory(patient=patient, category="social-history", code="72166-2", display="Smoking")
    medication = chart.MedicationFactory(
        patient=patient, effective_start=date(2020, 1, 2), effective_end=date(2021, 3, 4), status="stopped"
    )
    care.PrescriptionFactory(medication=medication)
    care.ReconciliationFactory(patient=patient)
    clinic.AllergyReactionFactory(allergy=clinic.AllergyIntoleranceFactory(patient=patient, display="Penicillin"))
    chart.ConditionFactory(
        patient=patient, onset_date=date(2019, 5, 6), abatement_date=date(2020, 7, 8), clinical_status="resolved"
    )
    chart.ImmunizationFactory(patient=patient)
    chart.ProcedureFactory(patient=patient)
    care.DeviceFactory(patient=patient)
    care.OrderFactory(patient=patient)
    clinic.document(patient)
    care.LetterFactory(patient=patient)
    care.FamilyFactory(patient=patient)
    care.CarePlanFactory(patient=patient)
    care.GoalFactory(patient=patient)
    care.MessageFactory(patient=patient)
    return patient


def _all(patient: Patient, user: User, asked: Asked | None = None, size: int = 400) -> list[Entry]:
    return timeline(patient, user, asked or Asked(), size).entries


def _plain(entries: list[Entry]) -> list[Entry]:
    """Without the addresses, which the past has none of."""
    return [replace(entry, url="") for entry in entries]


def test_everything_stands_in_one_order_and_pages_miss_and_repeat_nothing(person: Callable[..., User]) -> None:
    user = person("clinician")
    patient = a_full_chart(user)
    a_full_chart(user)
    everything = _all(patient, user)
    assert {entry.place.source for entry in everything} == set(range(len(SOURCES))), "a kind of row is not told"
    assert {entry.kind for entry in everything} == set(EntryKind)
    assert [entry for entry in everything if not entry.url] == [], "an entry leads nowhere"
    assert [entry.place for entry in everything] == sorted((entry.place for entry in everything), reverse=True)

    for size in (1, 3, 7):
        paged, asked = [], Asked()
        while True:
            page = timeline(patient, user, asked, size)
            paged += page.entries
            if page.older is None:
                break
            asked = replace(asked, before=Place.read(str(page.older)))
        assert paged == everything

    now = datetime.now(UTC)
    known = timeline_as_of(patient, user, now, Asked(), 400)
    assert known.entries == _plain(everything), "the past is told in other words than the present"
    assert known.older is None
    first = timeline_as_of(patient, user, now, Asked(), 5)
    rest = timeline_as_of(patient, user, now, Asked(before=first.older), 400)
    assert first.entries + rest.entries == known.entries


def test_filters_mean_the_same_live_and_in_the_past(person: Callable[..., User]) -> None:
    user, other = person("clinician"), person("nurse")
    patient = a_full_chart(user)
    chart.ConditionFactory(patient=patient, display="Gout", created_by=other, onset_date=date(2022, 2, 3))
    everything, now = _all(patient, user), datetime.now(UTC)
    cases: dict[Asked, Callable[[Entry], bool]] = {
        Asked(kind="vitals"): lambda entry: entry.kind == EntryKind.VITALS,
        Asked(author=other.pk): lambda entry: entry.told.title.startswith("Gout"),
        Asked(text="gOuT"): lambda entry: entry.told.title.startswith("Gout"),
        Asked(text="penicill"): lambda entry: entry.told.title == "Penicillin",
        Asked(text="glucose"): lambda entry: entry.told.title == "Metabolic panel" and entry.kind == EntryKind.RESULT,
        # The words of a note's text.
        Asked(text="recheck"): lambda entry: entry.kind == EntryKind.NOTE,
        Asked(text="%"): lambda entry: False,
        Asked(since=datetime(2019, 1, 1, tzinfo=UTC), until=datetime(2020, 12, 31, tzinfo=UTC)): lambda entry: (
            entry.day in {"06-May-2019", "08-Jul-2020", "02-Jan-2020", "04-May-2020"}
        ),
    }
    for asked, fits in cases.items():
        expected = [entry for entry in everything if fits(entry)]
        assert _all(patient, user, asked) == expected, asked
        assert timeline_as_of(patient, user, now, asked, 400).entries == _plain(expected), asked
    assert [entry.clock for entry in everything if entry.day == "06-May-2019"] == [""], "a date has no hour"


@pytest.mark.feature("X7")
@pytest.mark.parametrize("seed", range(2))
def test_each_instant_is_rebuilt_as_it_was(seed: int, person: Callable[..., User]) -> None:
    dice, by = Random(seed), person("clinician")  # noqa: S311  a reproducible course of events, not a secret
    seen: list[tuple[datetime, list[Entry]]] = []
    with time_machine.travel(START, tick=False) as clock:
        patient: Patient = PatientFactory.create()
        for _ in range(25):
            clock.shift(timedelta(minutes=dice.randrange(1, 3000)))
            now = datetime.now(UTC)
            _step(dice, by, patient, now)
            seen.append((now, _plain(_all(patient, by))))
    assert len({repr(entries) for _, entries in seen}) > 10, "hardly anything happened"
    for at, entries in seen:
        assert timeline_as_of(patient, by, at, Asked(), 400).entries == entries
    assert timeline_as_of(patient, by, START - timedelta(seconds=1), Asked()).entries == []


@action
def _replace(*, by: User, old: Observation, new: Observation) -> None:
    old.superseded_by = new
    old.save(update_fields=["superseded_by", "updated_at"])


@pytest.mark.feature("X7")
def test_a_replaced_result_stands_where_it_was_known(person: Callable[..., User]) -> None:
    user = person("clinician")
    with time_machine.travel(START, tick=False) as clock:
        fields: dict[str, Any] = {"category": "laboratory", "code": "2823-3", "effective_at": START}
        old = chart.ObservationFactory(value_quantity=Decimal("6.8"), display="Potassium", **fields)
        clock.shift(timedelta(hours=3))
        new = chart.ObservationFactory(
            patient=old.patient, value_quantity=Decimal("4.1"), display="Potassium", status="corrected", **fields
        )
        _replace(by=user, old=old, new=new)
    values = [
        [(one.told.values[0][1].text, one.told.state) for one in entries]
        for entries in (
            timeline_as_of(old.patient, user, START + timedelta(hours=2), Asked()).entries,
            _all(old.patient, user),
        )
    ]
    assert values == [[("6.8", "")], [("4.1", "Corrected")]]


def test_each_sees_what_their_role_and_the_notes_grants_let_them(person: Callable[..., User]) -> None:
    author, colleague, biller = person("clinician"), person("clinician"), person("biller")
    patient = a_full_chart(author)
    hidden = patient.notes.order_by("created_at").last()
    assert hidden is not None
    set_confidential(by=author, note=hidden, confidential=True)
    for asked in (Asked(), Asked(kind="note"), Asked(text="recheck")):
        known = timeline_as_of(patient, colleague, datetime.now(UTC), asked, 400).entries
        for read in (_all(patient, colleague, asked), known):
            assert read
            assert hidden.pk not in {entry.place.key for entry in read}
    assert hidden.pk in {entry.place.key for entry in _all(patient, author)}
    seen = {entry.kind for entry in _all(patient, biller)}
    assert seen <= {source.kind for source in SOURCES if biller.has_perm(source.permission)}
    assert EntryKind.NOTE not in seen


def test_what_was_found_to_be_an_error_is_not_told(person: Callable[..., User]) -> None:
    user = person("clinician")
    row: Condition = chart.ConditionFactory.create()
    assert len(_all(row.patient, user)) == 1
    before = datetime.now(UTC)
    enter_in_error(by=user, row=row, reason="Another's")
    assert _all(row.patient, user) == []
    assert len(timeline_as_of(row.patient, user, before, Asked()).entries) == 1


def test_it_costs_the_same_for_any_number(
    person: Callable[..., User], django_assert_num_queries: Callable[..., Any]
) -> None:
    user = person("clinician")
    patient = a_full_chart(user)
    _all(patient, user)
    for number in range(2):
        with django_assert_num_queries(31):
            _all(patient, user)
        if not number:
            for _ in range(20):
                chart.ConditionFactory(patient=patient)
                chart.blood_pressure(patient=patient)
                a_visit(user, patient)
