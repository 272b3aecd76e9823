"""Who waits, and who gets the time."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import transaction

from clinic.actions.telecom import set_contact
from clinic.models import Patient
from emr.audit.actor import acting
from emr.jobs.models import Job
from emr.shared.errors import Conflict, DomainError
from scheduling.actions.appointments import cancel, mark_no_show, reschedule, undo_cancel
from scheduling.actions.no_shows import follow_up_no_show
from scheduling.actions.offering import AT_ONCE, offer_by_hand, offer_freed
from scheduling.actions.waitlist import (
    accept_offer,
    add_to_waitlist,
    decline_offer,
    expire_offers,
    hashed,
    offer_time,
    withdraw_entry,
)
from scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentTypeFactory, open_week
from tests.scheduling.conftest import MONDAY, at
from tests.scheduling.desk import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C09")]


def wait(front: Desk, **more: Any) -> WaitlistEntry:
    patient = more.pop("patient", None) or PatientFactory()
    return add_to_waitlist(by=front.by, patient=patient, **{"type": front.type, **more})


def called_off(front: Desk, visit: Appointment) -> Appointment:
    return cancel(by=front.by, appointment=visit, reason="Has a cold", cancelled_for="patient")


def offered(front: Desk, visit: Appointment) -> list[WaitlistOffer]:
    return offer_freed(by=front.by, appointment=visit)


class TestWaiting:
    def test_nobody_waits_twice_for_the_same(self, front: Desk) -> None:
        entry = wait(front)
        with pytest.raises(DomainError, match="waits for Follow-up already"):
            wait(front, patient=entry.patient)
        token = entry.request_token
        assert wait(front, patient=entry.patient, request_token=token) == entry

    @pytest.mark.parametrize(
        ("wanted", "words"),
        [
            ({"earliest": time(12), "latest": time(9)}, "comes before the earliest"),
            ({"until_day": MONDAY - timedelta(days=1)}, "is over"),
            ({"by_email": True}, "no e-mail address"),
        ],
    )
    def test_what_can_not_be_wished(self, front: Desk, wanted: dict[str, Any], words: str) -> None:
        with pytest.raises(DomainError, match=words):
            wait(front, **wanted)

    def test_taken_off_with_a_reason(self, front: Desk) -> None:
        entry = wait(front)
        offer, _ = offer_time(by=front.by, entry=entry, practitioner=front.practitioner, start_at=at(9))
        with pytest.raises(DomainError, match="Say why"):
            withdraw_entry(by=front.by, entry=entry, reason=" ")
        withdraw_entry(by=front.by, entry=entry, reason="Found a time elsewhere")
        offer.refresh_from_db()
        assert offer.status == "withdrawn"

    def test_a_booking_ends_the_waiting(self, front: Desk) -> None:
        entry = wait(front)
        visit = front.book(patient=entry.patient)
        entry.refresh_from_db()
        assert (entry.status, entry.appointment, entry.closed_by) == ("booked", visit, front.by)


class TestFreedTime:
    def test_is_asked_for_as_a_job_of_the_same_transaction(self, front: Desk) -> None:
        visit = front.book()
        called_off(front, visit)
        assert not Job.objects.filter(name="scheduling.offer_freed_time").exists()
        wait(front)
        other = front.book(start_at=at(11))
        reschedule(by=front.by, appointment=other, start_at=at(13))
        missed = front.book(start_at=at(8))
        with time_machine.travel(at(8, 2), tick=False):
            mark_no_show(by=front.by, appointment=missed)
            follow_up_no_show(by=front.by, appointment=missed, at=at(8, 2))
        jobs = Job.objects.filter(name="scheduling.offer_freed_time").values_list("payload__appointment", flat=True)
        assert set(jobs) == {str(other.pk), str(missed.pk)}

    def test_is_offered_to_whom_it_suits_the_most_urgent_first(self, front: Desk) -> None:
        other = PractitionerFactory(family_name="Brandt")
        suits = [
            wait(front),
            wait(front, weekdays=["mon"], earliest=time(9), latest=time(9, 20), practitioner=front.practitioner),
            wait(front, priority="asap"),
        ]
        for unsuited in (
            {"practitioner": other},
            {"weekdays": ["tue", "wed"]},
            {"earliest": time(9, 5)},
            {"latest": time(9, 15)},
            {"from_day": MONDAY + timedelta(days=1)},
            {"type": AppointmentTypeFactory(duration_minutes=60)},
        ):
            wait(front, **unsuited)
        visit = front.book()
        front.book(start_at=at(9, 40))
        called_off(front, visit)
        made = offered(front, visit)
        assert [offer.entry for offer in made] == [suits[2], suits[0], suits[1]]
        assert {(offer.start_at, offer.end_at, offer.status) for offer in made} == {(at(9), at(9, 20), "open")}
        assert offered(front, visit) == []

    def test_is_offered_to_a_few_and_then_to_the_next(self, front: Desk) -> None:
        for _ in range(AT_ONCE + 2):
            wait(front)
        visit = called_off(front, front.book())
        first = offered(front, visit)
        assert len(first) == AT_ONCE
        decline_offer(by=front.by, offer=first[0])
        assert Job.objects.filter(key=f"again:{first[0].pk}").exists()
        assert len(offered(front, visit)) == 1

    def test_is_not_offered_to_who_is_elsewhere_or_has_an_earlier_one(self, front: Desk) -> None:
        other = PractitionerFactory(family_name="Brandt")
        open_week(other)
        busy, early, late = wait(front), PatientFactory(), PatientFactory()
        front.book(patient=busy.patient, practitioner=other, type=AppointmentTypeFactory())
        wait(front, patient=early, earlier_than=front.book(patient=early, start_at=at(8)))
        later = front.book(patient=late, start_at=at(15))
        entry = wait(front, patient=late, earlier_than=later)
        visit = called_off(front, front.book())
        (offer,) = offered(front, visit)
        assert offer.entry == entry
        moved = accept_offer(by=front.by, offer=offer)
        assert (moved.replaces, moved.start_at) == (later, at(9))
        entry.refresh_from_db()
        assert (entry.status, entry.appointment) == ("booked", moved)

    def test_that_is_taken_back_is_offered_no_longer(self, front: Desk) -> None:
        wait(front)
        visit = called_off(front, front.book())
        (offer,) = offered(front, visit)
        undo_cancel(by=front.by, appointment=visit)
        offer.refresh_from_db()
        assert offer.status == "withdrawn"
        with pytest.raises(Conflict, match="went to somebody else"):
            accept_offer(by=front.by, offer=offer)


class TestAnswers:
    def test_the_first_wins_and_the_others_read_why(self, front: Desk) -> None:
        wait(front)
        wait(front)
        visit = called_off(front, front.book())
        first, second = offered(front, visit)
        made = accept_offer(by=front.by, offer=second)
        assert (made.patient, made.start_at) == (second.entry.patient, at(9))
        assert accept_offer(by=front.by, offer=second) == made
        with pytest.raises(Conflict, match="somebody else, who was first"):
            accept_offer(by=front.by, offer=first)
        first.refresh_from_db()
        first.entry.refresh_from_db()
        assert (first.status, first.entry.status) == ("withdrawn", "waiting")

    def test_too_late_is_too_late(self, front: Desk) -> None:
        wait(front)
        visit = called_off(front, front.book(start_at=at(16)))
        (offer,) = offered(front, visit)
        with time_machine.travel(offer.expires_at, tick=False):
            with pytest.raises(Conflict, match="has expired"):
                accept_offer(by=front.by, offer=offer)
            assert expire_offers(by=front.by) == 1
        offer.refresh_from_db()
        assert offer.status == "expired"

    def test_what_is_freed_in_the_evening_can_be_taken_in_the_morning(self, front: Desk, settings: Any) -> None:
        settings.REMINDER_QUIET_HOURS = "20:00-08:00"
        tuesday = MONDAY + timedelta(days=1)
        entry, visit = wait(front), front.book(start_at=at(14, day=tuesday))
        with time_machine.travel(at(21), tick=False):
            (offer,) = offered(front, called_off(front, visit))
        with time_machine.travel(at(8, 30, tuesday), tick=False):
            assert expire_offers(by=front.by) == 0
            assert accept_offer(by=front.by, offer=offer).patient == entry.patient
        assert offer.expires_at == at(12, day=tuesday)

    def test_mail_tells_nothing_and_its_secret_is_kept_nowhere(self, front: Desk) -> None:
        patient = PatientFactory(family_name="Quill")
        with transaction.atomic(), acting(front.by):
            set_contact(by=front.by, patient=patient, kind="email", value="quill@example.org")
        wait(front, patient=patient, by_email=True)
        visit = called_off(front, front.book())
        (offer,) = offered(front, visit)
        (sent,) = mail.outbox
        found = re.search(r"/offers/(\S+)/", sent.body)
        assert found is not None
        assert (sent.to, offer.via) == (["quill@example.org"], "email")
        assert bytes(offer.token_hash or b"") == hashed(found[1])
        for told in ("Quill", "09:00", "Okafor", "Follow-up", str(patient.pk)):
            assert told not in sent.subject + sent.body

    def test_a_mail_that_does_not_leave_is_for_the_front_desk_to_call(self, front: Desk, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        patient = PatientFactory()
        with transaction.atomic(), acting(front.by):
            set_contact(by=front.by, patient=patient, kind="email", value="quill@example.org")
        entry = wait(front, patient=patient, by_email=True)
        visit = called_off(front, front.book())
        (offer,) = offered(front, visit)
        assert (offer.via, offer.token_hash, offer.status) == ("phone", None, "open")
        later = {"by": front.by, "entry": entry, "practitioner": front.practitioner, "start_at": at(11)}
        with pytest.raises(DomainError, match="Call them"):
            offer_by_hand(**later, via="email")
        assert WaitlistOffer.objects.count() == 1

    def test_waiting_for_days_gone_by_ends(self, front: Desk) -> None:
        entry = wait(front, until_day=MONDAY)
        with time_machine.travel(at(8, day=MONDAY + timedelta(days=1)), tick=False):
            expire_offers(by=front.by)
        entry.refresh_from_db()
        assert entry.status == "expired"


def test_the_patient_of_an_entry_is_named_once(front: Desk) -> None:
    assert Patient.objects.filter(waitlist=wait(front)).count() == 1
