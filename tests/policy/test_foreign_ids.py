"""An id of another patient's row opens nothing and changes nothing, wherever it is put."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.models import ChargeItem, ClaimBatch
from clinic.models import Patient
from clinic.rules import IDENTITY_ONLY
from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import LogEntry
from scheduling.models import Appointment
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentTypeFactory
from tests.policy.lives import Life, a_life
from tests.policy.lookups import htmx_was_asked, note_headers
from tests.policy.urls import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03")]

EVERY_ROLE = tuple(ROLES)


def _changes() -> int:
    return LogEntry.objects.count()


def test_a_charge_points_to_diagnoses_of_its_own_visit_only(life: Life, as_role: Callable[..., Client]) -> None:
    client = as_role(*EVERY_ROLE)
    other: Patient = PatientFactory.create()
    path = reverse("billing:charges_edit", args=[life.patient.pk, life.visit.pk])
    foreign = str(life.keys["row_id"][0])
    client.post(path, {"coding": "G0463", "diagnosis_ids": foreign, "diagnosis_ranks": "A", "patient": str(other.pk)})
    assert not ChargeItem.objects.filter(patient=other).exists()


def test_a_notes_buttons_reach_no_row_of_another_patient(
    life: Life, person: Callable[..., User], as_role: Callable[..., Client]
) -> None:
    client = as_role("clinician")
    other = a_life(person("clinician"), person("biller"))
    path = reverse("clinic:notes_edit", args=[life.patient.pk, life.open_note.pk])

    def ranks() -> list[list[tuple[UUID, int]]]:
        return [list(visit.diagnoses.values_list("pk", "rank")) for visit in (life.open_note.encounter, other.visit)]

    before = ranks()
    for verb in ("use", "remove", "up", "down"):
        life.open_note.refresh_from_db()
        foreign = other.keys["condition_id" if verb == "use" else "row_id"][0]
        client.post(path, {"version": life.open_note.version, "do": f"{verb}:{foreign}", "plan": "p"})
        assert ranks() == before, verb


@pytest.mark.feature("A04")
def test_nothing_is_booked_for_a_hidden_patient(life: Life, as_role: Callable[..., Client]) -> None:
    hidden = PatientFactory(restricted=True, family_name="Zzhidden")
    doctor = life.visit.practitioner
    assert doctor is not None
    body = {
        "step": "book",
        "patient": str(hidden.pk),
        "type": str(AppointmentTypeFactory().pk),
        "practitioner": str(doctor.pk),
        "day": "2031-01-06",
        "time": "10:00",
        "override_reason": "tried",
    }
    before = Appointment.objects.count()
    client = as_role("front_desk")
    for step in ("book", "choose", "times", "find"):
        answer = client.post(
            reverse("scheduling:appointments_book"), {**body, "step": step, "choose": "", "q": "Zzhidden"}
        )
        assert f"Maria {hidden.family_name}" not in answer.content.decode()
        assert hidden.mrn not in answer.content.decode()
    assert Appointment.objects.count() == before


@pytest.mark.feature("A04")
@pytest.mark.parametrize(
    "name",
    [
        *("billing:claims_submit", "billing:claims_check", "billing:claims_work"),
        *("billing:batches_new", "billing:claims_make"),
    ],
)
def test_work_on_many_leaves_hidden_patients_out(name: str, life: Life, as_role: Callable[..., Client]) -> None:
    client = as_role("biller")
    _restrict(life.patient)
    before = _changes(), ClaimBatch.objects.count()
    claims = [str(key) for key in life.keys["claim_id"]]
    visits = [str(key) for key in life.keys["encounter_id"]]
    answer = client.post(
        reverse(name), {"claim": claims, "visit": visits, "style": "data-only", "margin_left": 0, "margin_top": 0}
    )
    everything = client.post(reverse(name), {"all": "1", "style": "data-only", "margin_left": 0, "margin_top": 0})
    assert life.patient.family_name not in answer.content.decode() + everything.content.decode()
    assert (_changes(), ClaimBatch.objects.count()) == before


@pytest.mark.feature("A04")
def test_a_hidden_patient_is_on_no_page(
    life: Life, as_role: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page without a patient in its URL, every search, every step of booking: no name, no number, no key."""
    note_headers(monkeypatch)
    patient = life.patient
    clients = {role: as_role(role) for role in ROLES}
    found = {
        role: any(str(patient.pk) in text for text in _everything(client, life)) for role, client in clients.items()
    }
    assert found == dict.fromkeys(ROLES, True), "the test has nothing to find"
    _restrict(patient)
    for role, client in clients.items():
        text = "\n".join(_everything(client, life))
        for trace in (patient.family_name, patient.mrn, str(patient.pk)):
            assert trace not in text, f"{role} sees {trace}"
        # By itself: a claim's short number may be the beginning of a code, and after a thousand others it is a year.
        named = re.findall(rf"(?<![\w-]){life.submitted_claim.number}(?![\w-])", _YEARS.sub("", text))
        assert named == [], f"{role} sees the claim"


_YEARS = re.compile(r"\b(?:19|20)\d\d\b")


def _restrict(patient: Patient) -> None:
    patient.restricted = True
    with transaction.atomic(), acting(someone()):
        patient.save(update_fields=["restricted"])


def _everything(client: Client, life: Life) -> Iterator[str]:
    day = life.keys and timezone.localdate()
    for url in every_url():
        if url.third_party or (url.door and url.door.kind == "chart") or url.name.startswith("audit:"):
            continue
        if url.door and url.door.permission in IDENTITY_ONLY:  # It lists the restricted charts, to grant them.
            continue
        names = [name for name, _ in url.converters if name in life.keys]
        paths = [url.path(**{name: life.keys[name][0] for name in names})]
        if "day" in dict(url.converters):
            paths = [url.path(day=day) + f"?view={view}" for view in ("grid", "list", "print")]
        for path in paths:
            answer: Any = client.get(path)
            yield b"".join(answer).decode(errors="replace")
            if htmx_was_asked(answer):
                yield b"".join(client.get(path, headers={"HX-Request": "true"})).decode(errors="replace")
    for words in (life.patient.family_name, life.patient.mrn, f"Maria {life.patient.family_name}", "1962-03-14"):
        for headers in ({}, {"HX-Request": "true"}, {"HX-Request": "true", "HX-Target": "hits"}):
            sent = client.post(reverse("clinic:patients_search"), {"q": words}, headers=headers)
            yield sent.content.decode().replace(words, "") + sent.headers.get("Location", "")
        booked = client.post(reverse("scheduling:appointments_book"), {"step": "find", "q": words})
        yield booked.content.decode().replace(words, "")
    typed = {
        "family_name": life.patient.family_name,
        "given_name": "Maria",
        "birth_date": "1962-03-14",
        "gender": "female",
    }
    for name in ("clinic:patients_duplicates", "clinic:patients_register"):
        yield client.post(reverse(name), typed).content.decode().replace(life.patient.family_name, "", 1)
