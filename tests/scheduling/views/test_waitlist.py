"""The pages of the waitlist, and the one that a mailed link opens."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import reverse

from clinic.actions.telecom import set_contact
from emr.audit.actor import acting
from emr.jobs.daily import enqueue_due
from emr.jobs.execute import execute
from scheduling.actions.appointments import cancel
from scheduling.actions.waitlist import add_to_waitlist, offer_time
from scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from scheduling.queries.booking import read_slot
from scheduling.queries.waitlist import anything_to_end
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import (
    AppointmentTypeFactory,
    DoubleBookingPolicyFactory,
    ScheduleExceptionFactory,
)
from tests.scheduling.conftest import MONDAY, at
from tests.scheduling.desk import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C09")]


def wait(front: Desk, **patient: Any) -> WaitlistEntry:
    return add_to_waitlist(by=front.by, patient=PatientFactory(**patient), type=front.type)


def offered(front: Desk, entry: WaitlistEntry, via: str = "phone") -> tuple[WaitlistOffer, str]:
    return offer_time(by=front.by, entry=entry, practitioner=front.practitioner, start_at=at(9), via=via)


def test_added_listed_and_taken_off(front: Desk, as_role: Any) -> None:
    client, patient = as_role("front_desk"), PatientFactory(family_name="Quill")
    to = reverse("scheduling:waitlist_add", args=[patient.pk])
    assert client.get(to).status_code == 200
    wrong: dict[str, Any] = {
        "type": front.type.pk,
        "priority": "routine",
        "from_day": "23-Nov-2026",
        "earliest": "14:00",
        "latest": "9",
    }
    wrong["request_token"] = uuid4()
    answer = client.post(to, wrong)
    assert answer.status_code == 422
    assert 'value="14:00"' in answer.content.decode()
    answer = client.post(to, {**wrong, "latest": "16:30", "weekdays": ["mon", "fri"]}, follow=True)
    page = answer.content.decode()
    assert "QUILL" in page
    assert all(f'<div class="nowrap">{wish}</div>' in page for wish in ("Mon, Fri", "from 14:00 over by 16:30"))
    entry = WaitlistEntry.objects.get()
    off = reverse("scheduling:waitlist_withdraw", args=[patient.pk, entry.pk])
    assert client.post(off, {"reason": ""}).status_code == 422
    client.post(off, {"reason": "Moved away"})
    entry.refresh_from_db()
    assert (entry.status, entry.close_reason) == ("withdrawn", "Moved away")


def test_a_form_that_was_sent_for_another_patient_adds_nobody_and_tells_nothing(front: Desk, as_role: Any) -> None:
    client = as_role("front_desk")
    first, second = PatientFactory(family_name="Quillfeather"), PatientFactory(family_name="Second")
    form = {"type": front.type.pk, "priority": "routine", "from_day": "23-Nov-2026", "request_token": uuid4()}
    links = [reverse("scheduling:waitlist_add", args=[one.pk]) for one in (first, first, second)]
    answers = [client.post(link, {**form, "note": "Knee"}) for link in links]
    page = answers[-1].content.decode()
    assert [answer.status_code for answer in answers] == [303, 303, 409]
    assert list(WaitlistEntry.objects.values_list("patient", flat=True)) == [first.pk]
    assert "This form was sent for somebody else already, and nothing was saved." in page
    assert 'value="Knee"' in page
    assert "QUILLFEATHER" not in page.upper()


def test_accepted_by_telephone_and_too_late_for_the_next(front: Desk, as_role: Any) -> None:
    client = as_role("front_desk")
    (first, _), (second, _) = offered(front, wait(front)), offered(front, wait(front))
    answer = client.post(reverse("scheduling:waitlist_accept", args=[first.entry.patient_id, first.pk]), follow=True)
    assert "Booked: 09:00 on 23-Nov-2026" in answer.content.decode()
    answer = client.post(reverse("scheduling:waitlist_accept", args=[second.entry.patient_id, second.pk]))
    assert answer.status_code == 409
    assert "somebody else, who was first" in answer.content.decode()


def test_declined_by_telephone(front: Desk, as_role: Any) -> None:
    offer, _ = offered(front, wait(front))
    as_role("front_desk").post(reverse("scheduling:waitlist_decline", args=[offer.entry.patient_id, offer.pk]))
    offer.refresh_from_db()
    assert offer.status == "declined"


def test_of_somebody_else_is_404(front: Desk, as_role: Any) -> None:
    offer, _ = offered(front, wait(front))
    other = PatientFactory()
    for name in ("accept", "decline"):
        answer = as_role("front_desk").post(reverse(f"scheduling:waitlist_{name}", args=[other.pk, offer.pk]))
        assert answer.status_code == 404


class TestOfferByHand:
    """A time that the front desk chooses."""

    def test_the_times_that_suit_come_first(self, front: Desk, as_role: Any) -> None:
        entry = add_to_waitlist(
            by=front.by,
            patient=PatientFactory(),
            type=front.type,
            weekdays=["tue"],
            earliest=time(13),
            latest=time(13, 45),
        )
        front.book(
            patient=entry.patient, start_at=at(13, 20, MONDAY + timedelta(days=1)), type=AppointmentTypeFactory()
        )
        page = as_role("front_desk").get(offer_url(entry)).content.decode()
        suiting = page[: page.index("Another time")]
        starts = [read_slot(value)[1] for value in re.findall(r'name="slot" value="([^"]+)"', suiting)]  # type: ignore[index]
        weeks = [at(13, 0, MONDAY + timedelta(days=1 + 7 * week)) for week in range(2)]
        assert [starts[0], starts[1]] == weeks
        assert "Tue; from 13:00 over by 13:45" in page

    def test_offered_by_telephone_and_by_mail(self, front: Desk, as_role: Any) -> None:
        client, entry = as_role("front_desk"), wait(front)
        answer = client.post(offer_url(entry), offering(front), follow=True)
        assert "Offered: 09:00 on 23-Nov-2026, until 23-Nov-2026 09:00." in answer.content.decode()
        offer = WaitlistOffer.objects.get()
        assert (offer.via, offer.start_at, offer.status, offer.created_by) == ("phone", at(9), "open", client.user)
        mailed = PatientFactory.create()
        with acting(front.by), transaction.atomic():
            set_contact(by=front.by, patient=mailed, kind="email", value="q@example.org")
        other = add_to_waitlist(by=front.by, patient=mailed, type=front.type, by_email=True)
        assert client.post(offer_url(other), offering(front, via="email")).status_code == 303
        (letter,) = mail.outbox
        assert letter.to == ["q@example.org"]
        assert "09:00" not in letter.body
        assert client.post(offer_url(other), offering(front, via="email")).status_code == 303
        assert len(mail.outbox) == 1

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"slot": ""}, "Choose a time."),
            ({"slot": "x@y"}, "Choose a time."),
            ({"hour": 7}, "is over"),
            ({"hour": 18}, "is taken"),
            ({"hour": 10}, "is taken"),
            ({"via": "email"}, "Select a valid choice"),
            ({"via": ""}, "Say how the patient is told."),
        ],
    )
    def test_what_can_not_be_offered(self, front: Desk, as_role: Any, wrong: dict[str, Any], said: str) -> None:
        entry = wait(front)
        front.book(start_at=at(10))
        answer = as_role("front_desk").post(offer_url(entry), offering(front, **wrong))
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert not WaitlistOffer.objects.exists()

    def test_nothing_later_than_the_visit_they_have(self, front: Desk, as_role: Any) -> None:
        patient = PatientFactory()
        visit = front.book(patient=patient)
        entry = add_to_waitlist(by=front.by, patient=patient, type=front.type, earlier_than=visit)
        answer = as_role("front_desk").post(offer_url(entry), offering(front, hour=11))
        assert "has a visit before that" in answer.content.decode()

    def test_another_day_is_shown_as_a_fragment(self, front: Desk, as_role: Any) -> None:
        asked = {"step": "times", "day": "24-Nov-2026", "practitioner": front.practitioner.pk}
        answer = as_role("front_desk").post(offer_url(wait(front)), asked, headers={"HX-Request": "true"})
        page = answer.content.decode()
        assert "Tuesday, 24 November 2026" in page
        assert "<html" not in page


def offer_url(entry: WaitlistEntry) -> str:
    return reverse("scheduling:waitlist_offer", args=[entry.patient_id, entry.pk])


def offering(front: Desk, hour: int = 9, **more: Any) -> dict[str, Any]:
    slot = f"{front.practitioner.pk}@{at(hour).isoformat()}"
    return {"step": "offer", "slot": slot, "day": "23-Nov-2026", "via": "phone", **more}


def test_offers_end_when_the_time_to_answer_is_over(front: Desk) -> None:
    assert not anything_to_end()
    offer, _ = offered(front, wait(front))
    assert not anything_to_end()
    with time_machine.travel(at(9), tick=False):
        assert anything_to_end()
        (begun,) = [job for job in enqueue_due(at(9)) if job.name == "scheduling.expire_offers"]
        execute(begun.pk)
        assert not anything_to_end()
    offer.refresh_from_db()
    assert offer.status == "expired"


def test_the_list_asks_as_much_for_one_as_for_thirty(front: Desk, as_role: Any, queries: Any) -> None:
    client, page, counts = as_role("front_desk"), reverse("scheduling:waitlist_list"), []
    for more in (1, 29):
        for _ in range(more):
            offered(front, wait(front))
        client.get(page)
        with queries() as asked:
            client.get(page)
        counts.append(len(asked()))
    assert counts[0] == counts[1]


def test_a_list_that_is_cut_off_says_so(front: Desk, as_role: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("queries", "views"):
        monkeypatch.setattr(f"scheduling.{module}.waitlist.MOST", 2)
    client, page = as_role("front_desk"), reverse("scheduling:waitlist_list")
    wait(front)
    assert "Only the first" not in client.get(page).content.decode()
    for _ in range(2):
        wait(front)
    shown = client.get(page).content.decode()
    assert (shown.count("<tr data-row>"), "Only the first 2 are listed." in shown) == (2, True)


def test_every_open_offer_and_a_number_that_is_right_stand_on_the_list(front: Desk, as_role: Any) -> None:
    entry = wait(front)
    with acting(front.by), transaction.atomic():
        set_contact(by=front.by, patient=entry.patient, kind="mobile", value="217-555-0142")
        wrong = entry.patient.telecom.get()
        wrong.entered_in_error_at, wrong.entered_in_error_by = at(8), front.by
        wrong.entered_in_error_reason = "Somebody else's"
        wrong.save()
    for hour in range(9, 14):
        offer_time(by=front.by, entry=entry, practitioner=front.practitioner, start_at=at(hour))
    shown = as_role("front_desk").get(reverse("scheduling:waitlist_list")).content.decode()
    assert shown.count(">Accept<") == 5
    assert "555-0142" not in shown


class TestLink:
    def test_tells_nothing_before_the_date_of_birth(self, front: Desk) -> None:
        entry = wait(front, birth_date="1962-03-14")
        _, secret = offered(front, entry, via="email")
        to = reverse("scheduling:offers_answer", args=[secret])
        for answer in (Client().get(to), Client().post(to, {"birth_date": "15-Mar-1962"})):
            page = answer.content.decode()
            assert "09:00" not in page
            assert "Okafor" not in page
            assert entry.patient.family_name not in page
        unknown = Client().post(reverse("scheduling:offers_answer", args=["x" * 43]), {"birth_date": "14-Mar-1962"})
        assert "don&#39;t go together" in unknown.content.decode()

    def test_the_first_answer_books_and_the_link_is_used_up(self, front: Desk) -> None:
        entry = wait(front, birth_date="1962-03-14")
        _, secret = offered(front, entry, via="email")
        other, other_secret = offered(front, wait(front, birth_date="1970-01-02"), via="email")
        to = reverse("scheduling:offers_answer", args=[secret])
        shown = Client().post(to, {"birth_date": "3/14/1962", "answer": "show"}).content.decode()
        assert "Monday, 23 November 2026, 09:00" in shown
        done = Client().post(to, {"birth_date": "3/14/1962", "answer": "yes"}).content.decode()
        assert "It is yours" in done
        assert Appointment.objects.get().patient_id == entry.patient_id
        late = Client().post(
            reverse("scheduling:offers_answer", args=[other_secret]), {"birth_date": "1/2/1970", "answer": "yes"}
        )
        assert late.status_code == 409
        assert "somebody else was first" in late.content.decode()
        other.refresh_from_db()
        assert other.status == "withdrawn"

    def test_no_is_an_answer_too(self, front: Desk) -> None:
        offer, secret = offered(front, wait(front, birth_date="1962-03-14"), via="email")
        to = reverse("scheduling:offers_answer", args=[secret])
        Client().post(to, {"birth_date": "3/14/1962", "answer": "no"})
        offer.refresh_from_db()
        assert offer.status == "declined"


def test_a_cancellation_can_be_taken_back_on_the_page(front: Desk, as_role: Any) -> None:
    visit = front.book()
    cancel(by=front.by, appointment=visit, reason="By mistake", cancelled_for="clinic")
    client = as_role("front_desk")
    page = client.get(reverse("scheduling:appointments_detail", args=[visit.patient_id, visit.pk])).content.decode()
    assert "Take the cancellation back" in page
    client.post(reverse("scheduling:appointments_restore", args=[visit.patient_id, visit.pk]))
    visit.refresh_from_db()
    assert (visit.status, visit.cancel_reason) == ("booked", "")


@pytest.mark.feature("C06")
@pytest.mark.parametrize("why", ["beside another visit", "outside the hours"])
def test_a_cancellation_that_needs_a_reason_by_now_is_taken_back_with_one(front: Desk, as_role: Any, why: str) -> None:
    DoubleBookingPolicyFactory.create(rule="warn", maximum=2)
    visit, client = front.book(), as_role("front_desk")
    cancel(by=front.by, appointment=visit, reason="By mistake", cancelled_for="clinic")
    if why == "beside another visit":
        front.book()
    else:
        ScheduleExceptionFactory.create(practitioner=front.practitioner, start_at=at(8), end_at=at(12))
    restore = reverse("scheduling:appointments_restore", args=[visit.patient_id, visit.pk])
    asked = client.post(restore)
    page = asked.content.decode()
    assert (asked.status_code, 'name="override_reason"' in page, "Say why" in page) == (422, True, True)
    assert "(optional)" not in page
    visit.refresh_from_db()
    assert visit.status == "cancelled"
    assert client.post(restore, {"override_reason": "The child is ill"}).status_code == 303
    visit.refresh_from_db()
    assert (visit.status, visit.override_reason) == ("booked", "The child is ill")
