"""What a merge settles, whom it protects, what it refuses; what is left alone when it is undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from clinic.actions.allergies import record_none_known
from clinic.actions.tasks import create_task
from clinic.actions.unmerges import REVIEW_PROTECTION, move_to_unmerged, to_review, undo_merge
from clinic.models import (
    AllergyIntolerance,
    AllergyReaction,
    Condition,
    Coverage,
    Patient,
    PatientMerge,
    RelatedPerson,
    Task,
)
from clinic.models.tasks import POSSIBLE_DUPLICATE
from clinic.queries.coverages import coverage_on
from clinic.queries.related_persons import guarantor_of
from clinic.rules import visible_to
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import LegalHold
from emr.audit.retention.actions import place_hold
from emr.shared.errors import Conflict, DomainError
from scheduling.models import Appointment
from tests.clinic.glass import BreakGlassFactory
from tests.clinic.notes import a_note, a_visit
from tests.clinic.twins import difference, everything, merge
from tests.factories.chart import ConditionFactory
from tests.factories.clinic import (
    AllergyIntoleranceFactory,
    AllergyReactionFactory,
    CoverageFactory,
    PatientDenialFactory,
    PatientFactory,
    PayerFactory,
    RelatedPersonFactory,
    grant_chart,
)
from tests.factories.scheduling import AppointmentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B04")]
Make = Callable[..., User]


def _two(**merged: object) -> tuple[Patient, Patient]:
    return PatientFactory.create(), PatientFactory.create(**merged)


def _differs(before: dict[str, dict[str, Any]]) -> set[str]:
    """The tables that are not as before, but for the former name that was taken back."""
    return difference(before, everything()).keys() - {"clinic_patientname"}


def test_bills_go_to_the_survivors_guarantor(person: Make) -> None:
    manager, (one, other) = person("manager"), _two()
    RelatedPersonFactory(patient=other, given_name="Theirs", guarantor=True)
    before = everything()
    row = merge(manager, one, other)
    assert guarantor_of(one).name == "Theirs Kin"
    undo_merge(by=manager, merge=row, reason="Two people")
    assert _differs(before) == set()
    RelatedPersonFactory(patient=one, given_name="Mine", guarantor=True)
    before = everything()
    row = merge(manager, one, other)
    told = RelatedPerson.objects.filter(patient=one).order_by("given_name").values_list("given_name", "guarantor")
    assert list(told) == [("Mine", True), ("Theirs", False)]
    undo_merge(by=manager, merge=row, reason="Two people")
    assert _differs(before) == set()


def test_policies_keep_their_order_or_take_the_next(person: Make) -> None:
    manager, (one, other) = person("manager"), _two()
    payer = PayerFactory()
    CoverageFactory(patient=one, payer=payer, subscriber_id="SAME", order=1)
    CoverageFactory(patient=other, payer=payer, subscriber_id="SAME", order=1)
    CoverageFactory(patient=other, subscriber_id="SECOND", order=2)
    CoverageFactory(patient=one, subscriber_id="MINE2", order=2)
    before = everything()
    row = merge(manager, one, other)
    told = {(c.subscriber_id, c.order, c.status) for c in Coverage.objects.filter(patient=one)}
    assert told == {
        ("SAME", 1, "active"),
        ("SAME", 1, "cancelled"),
        ("MINE2", 2, "active"),
        ("SECOND", 3, "active"),
    }
    undo_merge(by=manager, merge=row, reason="Two people")
    assert _differs(before) == set()


def test_the_other_copy_of_a_policy_still_covers_the_days_that_it_alone_has(person: Make) -> None:
    """Mine from March to June, theirs the whole of 2026 and one of their own beside it: no day loses a policy."""
    manager, (one, other) = person("manager"), _two()
    payer = PayerFactory()
    year = {"period_start": date(2026, 1, 1), "period_end": date(2026, 12, 31)}
    spring = {"period_start": date(2026, 3, 1), "period_end": date(2026, 6, 30)}
    CoverageFactory(patient=one, payer=payer, subscriber_id="SAME", order=1, **spring)
    CoverageFactory(patient=other, payer=payer, subscriber_id="SAME", order=1, **year)
    CoverageFactory(patient=other, subscriber_id="SECOND", order=2, **year)
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 28), date(2026, 3, 1)]
    days += [date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31), date(2027, 1, 1)]
    before = everything()
    row = merge(manager, one, other)
    told = [[getattr(coverage_on(one, day, order), "subscriber_id", "") for order in (1, 2)] for day in days]
    assert told == [["", ""], *[["SAME", "SECOND"]] * 6, ["", ""]]
    assert Coverage.objects.filter(patient=one, status="active").count() == 4
    undo_merge(by=manager, merge=row, reason="Two people")
    changed = difference(before, everything())
    assert changed.keys() == {"clinic_patientname", "clinic_coverage"}
    assert [(said[:3], "entered-in-error" in said) for said in changed["clinic_coverage"]] == [("new", True)]


def test_a_fourth_policy_on_a_day_stops_the_merge_until_a_person_settles_it(person: Make) -> None:
    manager, (one, other) = person("manager"), _two()
    for order in (1, 2, 3):
        CoverageFactory(patient=one, subscriber_id=f"M{order}", order=order)
    CoverageFactory(patient=other, subscriber_id="M4", order=1)
    with pytest.raises(DomainError, match=r"no place is left for “.* M4”.*End one of the four policies"):
        merge(manager, one, other)


def test_an_allergy_in_both_stands_once_with_all_its_reactions(person: Make) -> None:
    manager, (one, other) = person("manager"), _two()
    mine = AllergyIntoleranceFactory(patient=one, display="Penicillin", criticality="low")
    theirs = AllergyIntoleranceFactory(patient=other, display="penicillin", criticality="high")
    AllergyReactionFactory(patient=other, allergy=theirs, display="Anaphylaxis")
    before = everything()
    row = merge(manager, one, other)
    current = AllergyIntolerance.objects.get(patient=one, clinical_status="active", entered_in_error_at=None)
    assert (current.pk, current.criticality) == (mine.pk, "high")
    assert [reaction.display for reaction in current.reactions.all()] == ["Anaphylaxis"]
    undo_merge(by=manager, merge=row, reason="Two people")
    assert _differs(before) == set()
    assert AllergyReaction.objects.get().allergy_id == theirs.pk


def test_none_known_ends_where_the_other_chart_has_an_allergy(person: Make) -> None:
    manager, (one, other) = person("manager"), _two()
    record_none_known(by=manager, patient=one)
    AllergyIntoleranceFactory(patient=other, display="Penicillin")
    merge(manager, one, other)
    active = AllergyIntolerance.objects.filter(patient=one, clinical_status="active", entered_in_error_at=None)
    assert [row.display for row in active] == ["Penicillin"]


def test_a_problem_in_both_stands_once(person: Make) -> None:
    manager, (one, other) = person("manager"), _two()
    mine = ConditionFactory(patient=one, code="I10")
    ConditionFactory(patient=other, code="I10")
    before = everything()
    row = merge(manager, one, other)
    assert [c.pk for c in Condition.objects.filter(patient=one, entered_in_error_at=None)] == [mine.pk]
    undo_merge(by=manager, merge=row, reason="Two people")
    assert _differs(before) == set()


def test_two_visits_at_one_time_have_to_be_settled_first(person: Make) -> None:
    manager, (one, other) = person("manager"), _two()
    at = timezone.now() + timedelta(days=1)
    for patient in (one, other):
        AppointmentFactory(patient=patient, start_at=at, end_at=at + timedelta(minutes=20))
    with pytest.raises(DomainError, match=r"^Appointments: .* can't stand in one chart"):
        merge(manager, one, other)
    assert Appointment.objects.filter(patient=other).count() == 1


@pytest.mark.parametrize(("mine", "theirs"), [(True, False), (False, True), (True, True)])
def test_nobody_sees_more_than_before(mine: bool, theirs: bool, person: Make) -> None:
    manager = person("manager")
    one, other = PatientFactory(restricted=mine), PatientFactory(restricted=theirs)
    both, first, second, out = (person("clinician") for _ in range(4))
    everybody = (manager, both, first, second, out)
    for user in (manager, both, first):
        grant_chart(user, one)
    for user in (manager, both, second):
        grant_chart(user, other)
    PatientDenialFactory(patient=other, user=both)
    could = {u.pk for u in everybody if visible_to(u).filter(pk__in=[one.pk, other.pk]).count() == 2}
    row = merge(manager, one, other)
    can = {u.pk for u in everybody if visible_to(u).filter(pk=one.pk).exists()}
    assert can <= could
    assert manager.pk in can
    assert both.pk not in can
    undo_merge(by=manager, merge=row, reason="Two people")
    again = {u.pk for u in everybody if visible_to(u).filter(pk__in=[one.pk, other.pk]).count() == 2}
    assert again == could


def test_a_chart_stays_closed_when_something_was_added_while_it_was(person: Make) -> None:
    manager, clinician = person("manager"), person("clinician")
    one, other = PatientFactory(), PatientFactory(restricted=True)
    grant_chart(manager, other)
    row = merge(manager, one, other)
    ConditionFactory(patient=Patient.objects.get(pk=one.pk))
    undo_merge(by=manager, merge=row, reason="Two people")
    assert not visible_to(clinician).filter(pk=one.pk).exists()
    assert Task.objects.get(code=REVIEW_PROTECTION).owner_role == "privacy_officer"


def test_a_legal_hold_goes_with_the_chart(person: Make) -> None:
    manager, (one, other) = person("manager"), _two()
    place_hold(by=manager, reason="A subpoena", patient_id=other.pk)
    row = merge(manager, one, other)
    assert LegalHold.objects.filter(patient_id=one.pk, lifted_at=None).count() == 1
    undo_merge(by=manager, merge=row, reason="Two people")
    assert LegalHold.objects.filter(lifted_at=None).get().patient_id == other.pk


def test_it_waits_for_the_end_of_an_emergency_access(person: Make) -> None:
    manager, (one, other) = person("manager"), _two()
    BreakGlassFactory(patient=other, user=person("clinician"))
    with pytest.raises(DomainError, match="Emergency access to one of the charts is open"):
        merge(manager, one, other)


def test_who_may_not_merge_or_may_not_know_of_a_chart_does_not(person: Make) -> None:
    manager, (one, other) = person("manager"), _two()
    PatientDenialFactory(patient=other, user=manager)
    for who, said in ((person("front_desk"), "You may not merge"), (manager, "There is no such patient")):
        with pytest.raises(DomainError, match=said):
            merge(who, one, other)
    with pytest.raises(DomainError, match="one chart, not two"):
        merge(person("manager"), one, one)


def test_merges_in_a_row_come_apart_in_order(person: Make) -> None:
    manager = person("manager")
    first, second, third = PatientFactory(), PatientFactory(), PatientFactory()
    ConditionFactory(patient=first)
    before = everything()
    one = merge(manager, second, first)
    between = everything()
    two = merge(manager, third, second)
    assert {p.replaced_by_id for p in Patient.objects.filter(pk__in=[first.pk, second.pk])} == {third.pk}
    assert Condition.objects.get().patient_id == third.pk
    with pytest.raises(DomainError, match="Undo that merge first"):
        undo_merge(by=manager, merge=one, reason="Two people")
    undo_merge(by=manager, merge=two, reason="Two people")
    assert _differs(between) == set()
    undo_merge(by=manager, merge=one, reason="Two people")
    assert _differs(before) == set()
    with pytest.raises(Conflict, match="undone already"):
        undo_merge(by=manager, merge=one, reason="Again")


def test_what_was_changed_since_is_left_and_told(person: Make) -> None:
    manager, (one, other) = person("manager"), _two(language="es")
    row = merge(manager, one, other)
    kept = Patient.objects.get(pk=one.pk)
    assert kept.language == "es"
    with transaction.atomic(), acting(manager):
        kept.language = "fr"
        kept.save()
    undone = undo_merge(by=manager, merge=row, reason="Two people")
    assert len(undone.left) == 1
    assert "was changed since" in undone.left[0]
    assert Patient.objects.get(pk=one.pk).language == "fr"


def test_parts_of_what_goes_back_go_along_and_the_rest_is_looked_at(person: Make) -> None:
    manager, doctor, (one, other) = person("manager"), person("clinician"), _two()
    visit = a_visit(doctor, other)
    row = merge(manager, one, other)
    kept = Patient.objects.get(pk=one.pk)
    visit.refresh_from_db()
    note = a_note(doctor, visit)
    problem = ConditionFactory(patient=kept)
    new_visit = a_visit(doctor, kept, diagnosed=False, days_ago=2)
    undone = undo_merge(by=manager, merge=row, reason="Two people")
    note.refresh_from_db()
    assert (note.patient_id, undone.went_along) == (other.pk, 1)
    waiting = {one.row.pk for one in to_review(PatientMerge.objects.get(pk=row.pk))}
    assert waiting == {problem.pk, new_visit.pk}
    found = Condition.objects.get(pk=problem.pk)
    move_to_unmerged(by=manager, merge=row, table="clinic_condition", row_id=found.pk, reason="Said by the other")
    assert Condition.objects.get(pk=problem.pk).patient_id == other.pk
    with pytest.raises(DomainError, match="not one of those"):
        move_to_unmerged(by=manager, merge=row, table="clinic_condition", row_id=found.pk, reason="Again")


def test_the_merge_answers_who_asked_whether_the_two_are_one(person: Make) -> None:
    manager, twin = person("manager"), {"given_name": "Rosalind", "family_name": "Quarles"}
    one, other, third = (PatientFactory.create(**names) for names in (twin, twin, {"family_name": "Somebody"}))
    ask = partial(create_task, by=manager, owner_role="privacy_officer", description="Compare the two.")
    for about in (one, other, third):
        ask(code=POSSIBLE_DUPLICATE, about=about)
    ask(code=REVIEW_PROTECTION, about=one)

    def waiting() -> list[tuple[str, object]]:
        return sorted(Task.objects.open().values_list("code", "focus_id"), key=str)

    left = sorted([(POSSIBLE_DUPLICATE, third.pk), (REVIEW_PROTECTION, one.pk)], key=str)
    merge(manager, third, PatientFactory.create(given_name="Zebulon", family_name="Else", birth_date=date(1931, 1, 1)))
    assert len(waiting()) == 4, "another merge answers nothing"
    row = merge(manager, one, other)
    assert waiting() == left
    undo_merge(by=manager, merge=row, reason="Two people")
    assert waiting() == left


def test_the_birth_date_confirms_as_well(person: Make) -> None:
    manager, (one, other) = person("manager"), _two()
    merge(manager, one, other, confirmed=date(1962, 3, 14))
    assert PatientMerge.objects.get().survivor == one
