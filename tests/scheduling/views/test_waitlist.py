"""The pages of the waitlist, and the one that a mailed link opens."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from scheduling.actions.appointments import cancel
from scheduling.actions.waitlist import add_to_waitlist, offer_time
from scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from tests.factories.clinic import PatientFactory
from tests.scheduling.conftest import at
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
    assert "Mon, Fri; from 14:00 over by 16:30" in page
    entry = WaitlistEntry.objects.get()
    off = reverse("scheduling:waitlist_withdraw", args=[patient.pk, entry.pk])
    assert client.post(off, {"reason": ""}).status_code == 422
    client.post(off, {"reason": "Moved away"})
    entry.refresh_from_db()
    assert (entry.status, entry.close_reason) == ("withdrawn", "Moved away")


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


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_asks_as_much_for_one_as_for_thirty(
    front: Desk, as_role: Any, django_assert_max_num_queries: Any, count: int
) -> None:
    for _ in range(count):
        wait(front)
    client = as_role("front_desk")
    client.get(reverse("scheduling:waitlist_list"))
    with django_assert_max_num_queries(26):
        assert client.get(reverse("scheduling:waitlist_list")).status_code == 200


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
