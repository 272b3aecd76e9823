"""Policies: one of an order at a time, ended and replaced, never lost."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clinic.actions.coverages import (
    add_coverage,
    add_payer,
    end_coverage,
    replace_coverage,
    swap_from,
    swap_order,
    update_coverage,
    verify_coverage,
)
from clinic.actions.documents import add_document
from clinic.actions.errors import enter_in_error
from clinic.forms.documents import PAPERS
from clinic.models import Coverage, Patient, Payer
from clinic.queries.coverages import cards_of, coverage_on
from clinic.queries.documents import capture_slots
from emr.accounts.models import User
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7
from emr.uploads.incoming import check
from tests.emr.uploads.samples import picture
from tests.factories.clinic import CoverageFactory, PatientFactory, PayerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B07")]


@pytest.fixture
def clerk(person: Any) -> User:
    return person("front_desk")


@pytest.fixture
def patient() -> Any:
    return PatientFactory()


@pytest.fixture
def payer() -> Any:
    return PayerFactory(name="Prairie")


def add(clerk: User, patient: Patient, payer: Payer, start: date | None, end: date | None, **fields: Any) -> Coverage:
    values = {"subscriber_id": "M1", "period_start": start, "period_end": end, **fields}
    return add_coverage(by=clerk, patient=patient, payer=payer, **values)


OVERLAPPING = [
    (date(2026, 1, 1), None),
    (None, date(2025, 1, 1)),
    (None, None),
    (date(2025, 12, 31), date(2026, 3, 1)),
    (date(2024, 1, 1), date(2025, 1, 1)),
    (date(2025, 5, 5), date(2025, 5, 6)),
]


@pytest.mark.parametrize(("start", "end"), [*OVERLAPPING[1:], (date(2025, 6, 1), None)])
def test_an_overlapping_policy_is_refused_and_the_other_named(
    clerk: User, patient: Patient, payer: Payer, start: date | None, end: date | None
) -> None:
    add(clerk, patient, payer, date(2025, 1, 1), date(2025, 12, 31), subscriber_id="OLD7")
    with pytest.raises(DomainError, match="Prairie OLD7 is the primary policy from 01-Jan-2025 until 31-Dec-2025"):
        add(clerk, patient, payer, start, end)
    assert Coverage.objects.count() == 1


@pytest.mark.parametrize(("start", "end"), OVERLAPPING)
def test_the_database_refuses_an_overlap_by_itself(
    patient: Patient, payer: Payer, start: date | None, end: date | None
) -> None:
    CoverageFactory(patient=patient, payer=payer, period_start=date(2025, 1, 1), period_end=date(2026, 1, 1))
    with pytest.raises(IntegrityError, match="clinic_coverage_one_at_a_time"), transaction.atomic():
        CoverageFactory(patient=patient, payer=payer, period_start=start, period_end=end)


def test_days_beside_each_other_other_orders_and_other_patients_are_free(
    clerk: User, patient: Patient, payer: Payer
) -> None:
    add(clerk, patient, payer, date(2025, 1, 1), date(2025, 12, 31))
    add(clerk, patient, payer, date(2026, 1, 1), None)
    add(clerk, patient, payer, None, date(2024, 12, 31))
    add(clerk, patient, payer, None, None, order=2)
    add(clerk, PatientFactory(), payer, None, None)
    assert Coverage.objects.count() == 5


def test_the_policy_of_a_day_counts_both_ends(clerk: User, patient: Patient, payer: Payer) -> None:
    old = add(clerk, patient, payer, date(2025, 1, 1), date(2025, 12, 31))
    new = add(clerk, patient, payer, date(2026, 1, 1), None)
    second = add(clerk, patient, payer, None, None, order=2)
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1), date(2040, 1, 1)]
    assert [coverage_on(patient, day) for day in days] == [None, old, old, new, new]
    assert coverage_on(patient, days[0], order=2) == second


def test_an_ended_policy_still_answers_for_its_days(clerk: User, patient: Patient, payer: Payer) -> None:
    row = add(clerk, patient, payer, date(2025, 1, 1), None)
    end_coverage(by=clerk, coverage=row, on=date(2025, 6, 30))
    assert coverage_on(patient, date(2025, 6, 30)) == row
    assert coverage_on(patient, date(2025, 7, 1)) is None
    with pytest.raises(DomainError, match="before it began"):
        end_coverage(by=clerk, coverage=row, on=date(2024, 1, 1))


def test_a_replacement_ends_the_old_the_day_before(clerk: User, patient: Patient, payer: Payer) -> None:
    old = add(clerk, patient, payer, date(2025, 1, 1), None, order=2)
    new = replace_coverage(
        by=clerk, coverage=old, payer=PayerFactory(), subscriber_id="NEW", period_start=date(2026, 4, 1)
    )
    old.refresh_from_db()
    assert (old.period_end, new.order, new.period_start) == (date(2026, 3, 31), 2, date(2026, 4, 1))
    with pytest.raises(DomainError, match="after the one"):
        replace_coverage(by=clerk, coverage=new, payer=payer, subscriber_id="X", period_start=date(2026, 4, 1))


def test_primary_and_secondary_are_swapped_in_one_step(clerk: User, patient: Patient, payer: Payer) -> None:
    first = add(clerk, patient, payer, date(2025, 1, 1), None)
    second = add(clerk, patient, payer, date(2025, 6, 1), None, order=2)
    swap_order(by=clerk, patient=patient, first=first, second=second)
    rows = Coverage.objects.order_by("order").values_list("pk", "order", "status")
    assert list(rows) == [(second.pk, 1, "active"), (first.pk, 2, "active")]


@pytest.mark.parametrize("since", [None, date(2026, 4, 1)])
def test_what_was_swapped_meanwhile_is_not_swapped_back(
    clerk: User, patient: Patient, payer: Payer, since: date | None
) -> None:
    pair = {"first": add(clerk, patient, payer, date(2026, 4, 1), None)}
    pair["second"] = add(clerk, patient, payer, date(2026, 4, 1), None, order=2, subscriber_id="M2")
    swap = partial(swap_from, since=since) if since else swap_order
    swap(by=clerk, patient=patient, **pair)
    with pytest.raises(Conflict, match="exchanged meanwhile"):
        swap(by=clerk, patient=patient, **pair)
    assert list(patient.coverages.order_by("order").values_list("subscriber_id", flat=True)) == ["M2", "M1"]


def test_nothing_happens_to_what_was_entered_in_error(clerk: User, patient: Patient, payer: Payer) -> None:
    row = enter_in_error(by=clerk, row=add(clerk, patient, payer, None, None), reason="Another patient's card")
    new = {"payer": payer, "subscriber_id": "NEW", "period_start": date(2026, 4, 1)}
    tries = (
        partial(end_coverage, on=date(2026, 1, 1)),
        partial(replace_coverage, **new),
        partial(update_coverage, version_seen=row.updated_at, group_number="G"),
        verify_coverage,
    )
    for change in tries:
        with pytest.raises(DomainError, match="entered in error"):
            change(by=clerk, coverage=row)
    assert enter_in_error(by=clerk, row=row, reason="Once more").entered_in_error_reason == "Another patient's card"
    assert Coverage.objects.count() == 1


def test_a_swap_onto_a_third_policy_is_refused_whole(clerk: User, patient: Patient, payer: Payer) -> None:
    earlier = add(clerk, patient, payer, None, date(2024, 12, 31))
    first = add(clerk, patient, payer, date(2025, 1, 1), None)
    second = add(clerk, patient, payer, date(2024, 6, 1), None, order=2)
    with pytest.raises(DomainError, match=f"Prairie {earlier.subscriber_id} is the primary"):
        swap_order(by=clerk, patient=patient, first=first, second=second)
    assert list(Coverage.objects.order_by("created_at").values_list("order", flat=True)) == [1, 1, 2]


def test_a_wrong_policy_stays_with_its_reason_and_frees_its_place(clerk: User, patient: Patient, payer: Payer) -> None:
    row = add(clerk, patient, payer, None, None)
    with pytest.raises(DomainError, match="Say why"):
        enter_in_error(by=clerk, row=row, reason=" ")
    row = enter_in_error(by=clerk, row=row, reason="card of another patient")
    assert (row.status, row.entered_in_error_by, row.entered_in_error_reason) == (
        "entered-in-error",
        clerk,
        "card of another patient",
    )
    assert coverage_on(patient, date(2026, 1, 1)) is None
    add(clerk, patient, payer, None, None)


def test_another_subscriber_needs_a_name(clerk: User, patient: Patient, payer: Payer) -> None:
    with pytest.raises(DomainError) as refusal:
        add(clerk, patient, payer, None, None, relationship="child")
    assert refusal.value.field == "subscriber_family_name"


def test_a_period_that_ends_before_it_starts_is_refused(clerk: User, patient: Patient, payer: Payer) -> None:
    with pytest.raises(DomainError) as refusal:
        add(clerk, patient, payer, date(2026, 1, 1), date(2025, 1, 1))
    assert refusal.value.field == "period_end"


def test_the_same_form_twice_makes_one_policy(clerk: User, patient: Patient, payer: Payer) -> None:
    token = uuid7()
    one = add(clerk, patient, payer, None, None, request_token=token)
    assert add(clerk, patient, payer, None, None, request_token=token) == one
    assert Coverage.objects.count() == 1


def test_a_correction_of_a_page_out_of_date_is_a_conflict(clerk: User, patient: Patient, payer: Payer) -> None:
    row = add(clerk, patient, payer, None, None)
    seen = row.updated_at
    update_coverage(by=clerk, coverage=row, version_seen=seen, group_number="G1")
    with pytest.raises(Conflict):
        update_coverage(by=clerk, coverage=row, version_seen=seen, group_number="G2")
    assert Coverage.objects.get().group_number == "G1"


def test_a_payer_stands_once_on_the_list(clerk: User) -> None:
    add_payer(by=clerk, name="Blue  Prairie ")
    with pytest.raises(DomainError, match="blue prairie is on the list"):
        add_payer(by=clerk, name="blue prairie")


def test_a_swap_from_a_day_on_keeps_the_places_of_the_days_before(clerk: User, patient: Patient, payer: Payer) -> None:
    first = add(clerk, patient, payer, date(2025, 1, 1), None)
    second = add(clerk, patient, payer, date(2026, 4, 1), date(2026, 12, 31), order=2, subscriber_id="M2")
    swap_from(by=clerk, patient=patient, first=first, second=second, since=date(2026, 4, 1))
    told = {
        (day, order): getattr(coverage_on(patient, day, order), "subscriber_id", None)
        for day in (date(2026, 3, 31), date(2026, 4, 1), date(2027, 1, 1))
        for order in (1, 2)
    }
    assert told == {
        (date(2026, 3, 31), 1): "M1",
        (date(2026, 3, 31), 2): None,
        (date(2026, 4, 1), 1): "M2",
        (date(2026, 4, 1), 2): "M1",
        (date(2027, 1, 1), 1): None,
        (date(2027, 1, 1), 2): "M1",
    }


def test_a_swap_keeps_the_card_with_the_policy(clerk: User, patient: Patient, payer: Payer) -> None:
    first = add(clerk, patient, payer, date(2025, 1, 1), None)
    second = add(clerk, patient, payer, date(2025, 1, 1), None, order=2, subscriber_id="M2")
    keep = partial(add_document, by=clerk, patient=patient, category="insurance_card_front")
    front = keep(file=check(picture("JPEG"), "card.jpg", PAPERS), coverage=first)
    swap_from(by=clerk, patient=patient, first=first, second=second, since=date(2026, 4, 1))
    now = coverage_on(patient, date(2026, 4, 1), 2)
    assert now is not None
    assert now.pk != first.pk
    cards = cards_of(patient)
    assert cards.pictures(now.pk, now.policy) == [(front.pk, "front")] == cards.pictures(first.pk, first.policy)
    assert [slot.document for slot in capture_slots(clerk, patient) if slot.policy == str(now)] == [front.pk, None]
    newer = keep(file=check(picture("JPEG"), "new.jpg", PAPERS), coverage=now)
    cards = cards_of(patient)
    assert cards.pictures(now.pk, now.policy) == [(newer.pk, "front")]
    assert cards.pictures(first.pk, first.policy) == [(front.pk, "front")]
    assert cards.pictures(second.pk, second.policy) == []


def test_a_swap_from_a_day_on_which_one_is_not_in_force_is_refused(clerk: User, patient: Patient, payer: Payer) -> None:
    first = add(clerk, patient, payer, date(2025, 1, 1), None)
    second = add(clerk, patient, payer, date(2026, 4, 1), None, order=2)
    with pytest.raises(DomainError, match="in force on the day"):
        swap_from(by=clerk, patient=patient, first=first, second=second, since=date(2026, 3, 31))
    assert patient.coverages.count() == 2


def test_an_end_onto_the_next_policy_is_refused_with_a_way_out(clerk: User, patient: Patient, payer: Payer) -> None:
    old = add(clerk, patient, payer, date(2025, 1, 1), date(2025, 12, 31))
    add(clerk, patient, payer, date(2026, 1, 1), None, subscriber_id="M2")
    with pytest.raises(DomainError, match="end on 31-Dec-2025"):
        end_coverage(by=clerk, coverage=old, on=date(2026, 1, 31))
    with pytest.raises(DomainError, match=r"End it on 28-Feb-2026, or choose Replace"):
        add(clerk, patient, payer, date(2026, 3, 1), None)


def test_a_replacement_never_makes_the_old_policy_longer(clerk: User, patient: Patient, payer: Payer) -> None:
    old = add(clerk, patient, payer, date(2025, 1, 1), date(2025, 6, 30))
    replace_coverage(by=clerk, coverage=old, payer=payer, subscriber_id="M2", period_start=date(2026, 1, 1))
    old.refresh_from_db()
    assert old.period_end == date(2025, 6, 30)
    assert coverage_on(patient, date(2025, 8, 1)) is None


def test_the_same_replacement_twice_is_one(clerk: User, patient: Patient, payer: Payer) -> None:
    old, token = add(clerk, patient, payer, date(2025, 1, 1), None), uuid7()
    fields = {"payer": payer, "subscriber_id": "M2", "period_start": date(2026, 1, 1), "request_token": token}
    made = [replace_coverage(by=clerk, coverage=old, **fields) for _ in range(2)]
    assert made[0] == made[1]
    assert patient.coverages.count() == 2


def test_a_policy_is_verified_by_somebody_at_a_time(clerk: User, patient: Patient, payer: Payer) -> None:
    row = verify_coverage(by=clerk, coverage=add(clerk, patient, payer, None, None))
    assert (row.verified_by, row.verified_at is not None) == (clerk, True)
