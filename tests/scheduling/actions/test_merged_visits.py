"""Charts made one and taken apart again, with all that a day at the desk wrote of their visits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from billing.actions.payments import take_payment
from billing.choices import PaymentKind, PaymentMethod
from billing.models import LedgerEntry, Payment
from billing.queries.ledger import Balance, balance_of
from clinic.actions.unmerges import undo_merge
from clinic.models import Encounter, Patient
from emr.accounts.models import User
from emr.audit.context import acting
from emr.shared.dates import clinic_today
from scheduling.models import Appointment, CheckIn, Recall, Reminder, ReminderRule
from tests.clinic.twins import difference, everything, merge
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.scheduling.desk import checked_in

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B04")]


def _constraints_now() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _two() -> tuple[Patient, Patient]:
    ClinicFactory()
    return PatientFactory.create(family_name="Lopez"), PatientFactory.create(family_name="Lopes")


def _visit(patient: Patient) -> Appointment:
    start = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(minutes=30)
    visit: Appointment = AppointmentFactory(patient=patient, start_at=start, end_at=start + timedelta(minutes=20))
    return visit


def _a_day_at_the_desk(by: User, patient: Patient) -> Appointment:
    with acting(by):
        return _written(by, patient)


def _written(by: User, patient: Patient) -> Appointment:
    visit = _visit(patient)
    checked_in(by=by, appointment=visit)
    _constraints_now()
    Recall.objects.create(patient=patient, created_by=by, due_on=clinic_today(), reason="Blood pressure")
    rule = ReminderRule.objects.create(hours_before=24, created_by=by)
    Reminder.objects.create(
        appointment=visit,
        rule=rule,
        channel="email",
        start_at=visit.start_at,
        recipient="maria@example.org",
        made_at=timezone.now(),
    )
    return visit


def test_a_checked_in_visit_moves_with_its_chart_and_comes_back(person: Callable[..., User]) -> None:
    desk, manager = person("front_desk"), person("manager")
    stays, goes = _two()
    visit = _a_day_at_the_desk(desk, goes)
    before = everything()
    made = merge(manager, stays, goes)
    _constraints_now()
    assert CheckIn.objects.get(appointment=visit).patient_id == stays.pk
    assert undo_merge(by=manager, merge=made, reason="Two people after all").left == []
    _constraints_now()
    assert difference(before, everything()).keys() <= {"clinic_patientname"}


def test_money_taken_for_a_visit_goes_back_with_the_visit_to_the_last_cent(person: Callable[..., User]) -> None:
    desk, manager = person("front_desk"), person("manager")
    stays, goes = _two()
    visit = _visit(goes)
    made = merge(manager, stays, goes)
    visit.refresh_from_db()
    paid = take_payment(
        by=desk,
        patient=visit.patient,
        kind=PaymentKind.COPAY,
        method=PaymentMethod.CASH,
        amount=Decimal(25),
        appointment=visit,
    )
    undo_merge(by=manager, merge=made, reason="Two people after all")
    _constraints_now()
    assert Payment.objects.get(pk=paid.pk).patient_id == goes.pk
    assert set(LedgerEntry.objects.values_list("patient", flat=True)) == {goes.pk}
    assert (balance_of(stays), balance_of(goes)) == (Balance(), Balance(credit=Decimal(25)))


def test_a_visit_opened_since_goes_back_with_its_appointment(person: Callable[..., User]) -> None:
    desk, manager = person("front_desk"), person("manager")
    stays, goes = _two()
    visit = _visit(goes)
    made = merge(manager, stays, goes)
    opened = checked_in(by=desk, appointment=Appointment.objects.get(pk=visit.pk))
    undo_merge(by=manager, merge=made, reason="Two people after all")
    assert Encounter.objects.get(pk=opened.pk).patient_id == goes.pk


def test_a_visit_booked_since_for_a_recall_goes_back_with_the_recall(person: Callable[..., User]) -> None:
    desk, manager = person("front_desk"), person("manager")
    stays, goes = _two()
    with acting(desk):
        both = [
            Recall.objects.create(patient=one, created_by=desk, due_on=clinic_today(), reason="Blood pressure")
            for one in (goes, stays)
        ]
    made = merge(manager, stays, goes)
    visits = []
    for recall in both:
        recall.refresh_from_db()
        visits.append(AppointmentFactory(patient=recall.patient))
        recall.appointment = visits[-1]
        with acting(desk):
            recall.save(update_fields=["appointment"])
    undo_merge(by=manager, merge=made, reason="Two people after all")
    assert [Appointment.objects.get(pk=one.pk).patient_id for one in visits] == [goes.pk, stays.pk]
