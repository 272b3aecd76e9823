"""An id of another patient's row opens nothing and changes nothing, wherever it is put."""

from __future__ import annotations

import re
from collections.abc import Callable
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
from tests.attacks.registry import PLAIN
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentTypeFactory
from tests.policy.lives import Life, a_life
from tests.policy.urls import Url, every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03")]

CHART_URLS = [url for url in every_url() if url.door and url.door.kind == "chart"]
#: The second chart of a merge is another patient's by intent; who may see it: tests/clinic/views/test_merges.py.
OF_TWO = {"clinic:merges_preview"}
#: Ids of what is no patient's, but the house's.
OF_THE_HOUSE = {"patient_id", "questionnaire_id"}
NESTED = [
    url for url in CHART_URLS if {name for name, _ in url.converters} - OF_THE_HOUSE - PLAIN and url.name not in OF_TWO
]
EVERY_ROLE = tuple(ROLES)

#: One body with something valid for most forms, so that what stops the write is the id and not an empty field.
BODY: dict[str, Any] = {
    "reason": "tried",
    "text": "tried",
    "kind": "addendum",
    "do": "save",
    "subjective": "tried",
    "plan": "tried",
    "version": "1",
    "status": "finished",
    "cancelled_for": "patient",
    "period_end": "2026-12-31",
    "on": "2026-12-31",
    "password": "correct horse battery staple",
    "abatement_date": "2026-12-31",
    "step": "book",
}


def _changes() -> int:
    return LogEntry.objects.count()


def _foreign(url: Url, life: Life) -> list[dict[str, UUID]]:
    """Each choice of the other patient's keys for the nested ids of a URL."""
    names = [name for name, _ in url.converters if name not in PLAIN | {"patient_id"}]
    unknown = [name for name in names if name not in life.keys]
    assert not unknown, f"{url.name}: say in tests/policy/lives.py what {unknown} may be"
    longest = max(len(life.keys[name]) for name in names)
    return [{name: life.keys[name][n % len(life.keys[name])] for name in names} for n in range(longest)]


def test_a_row_of_another_patient_is_not_there(life: Life, as_role: Callable[..., Client]) -> None:
    """Found under its own patient, so that there is something to find; 404 under another, and nothing written."""
    client = as_role(*EVERY_ROLE)
    mine = PatientFactory()
    before = _changes()
    opened = {}
    for url in NESTED:
        for keys in _foreign(url, life):
            path = url.path(patient_id=mine.pk, **keys)
            for answer in (client.get(path), client.post(path, BODY), client.post(path)):
                if answer.status_code not in {404, 405}:
                    opened[url.name] = answer.status_code
    assert opened == {}
    assert _changes() == before
    for url in NESTED:
        paths = [url.path(patient_id=life.patient.pk, **keys) for keys in _foreign(url, life)]
        statuses = {send(path).status_code for path in paths for send in (client.get, client.post)}
        assert statuses - {404, 405}, f"{url.name} finds none of the rows of tests/policy/lives.py"


def test_a_charge_points_to_diagnoses_of_its_own_visit_only(life: Life, as_role: Callable[..., Client]) -> None:
    client = as_role(*EVERY_ROLE)
    other: Patient = PatientFactory.create()
    path = reverse("billing:charges_edit", args=[life.patient.pk, life.visit.pk])
    foreign = str(life.keys["row_id"][0])
    client.post(path, {"coding": "G0463", "diagnosis_ids": foreign, "diagnosis_ranks": "A", "patient": str(other.pk)})
    assert not ChargeItem.objects.filter(patient=other).exists()


@pytest.mark.parametrize("verb", ["use", "remove", "up", "down"])
def test_a_notes_buttons_reach_no_row_of_another_patient(
    verb: str, life: Life, person: Callable[..., User], as_role: Callable[..., Client]
) -> None:
    client = as_role("clinician")
    other = a_life(person("clinician"), person("biller"))
    foreign = other.keys["condition_id"][0] if verb == "use" else other.keys["row_id"][0]
    path = reverse("clinic:notes_edit", args=[life.patient.pk, life.open_note.pk])
    mine = list(life.open_note.encounter.diagnoses.values_list("pk", "rank"))
    theirs = list(other.visit.diagnoses.values_list("pk", "rank"))
    client.post(path, {"version": life.open_note.version, "do": f"{verb}:{foreign}", "plan": "p"})
    assert list(life.open_note.encounter.diagnoses.values_list("pk", "rank")) == mine
    assert list(other.visit.diagnoses.values_list("pk", "rank")) == theirs


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
    ["billing:claims_submit", "billing:claims_check", "billing:batches_new", "billing:claims_make"],
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
def test_a_hidden_patient_is_on_no_page(life: Life, as_role: Callable[..., Client]) -> None:
    """Every page without a patient in its URL, every search, every step of booking: no name, no number, no key."""
    patient = life.patient
    clients = {role: as_role(role) for role in ROLES}
    blind = [role for role, client in clients.items() if str(patient.pk) not in _everything(client, life)]
    assert blind == [], "the test has nothing to find"
    _restrict(patient)
    for role, client in clients.items():
        text = _everything(client, life)
        for trace in (patient.family_name, patient.mrn, str(patient.pk)):
            assert trace not in text, f"{role} sees {trace}"
        # By itself: a claim's short number may be the beginning of a code.
        assert not re.search(rf"(?<![\w-]){life.submitted_claim.number}(?![\w-])", text), f"{role} sees the claim"


def _restrict(patient: Patient) -> None:
    patient.restricted = True
    with transaction.atomic(), acting(someone()):
        patient.save(update_fields=["restricted"])


def _everything(client: Client, life: Life) -> str:
    parts = []
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
            for headers in ({}, {"HX-Request": "true"}):
                response = client.get(path, headers=headers)
                parts.append(b"".join(response).decode(errors="replace"))
    for words in (life.patient.family_name, life.patient.mrn, f"Maria {life.patient.family_name}", "1962-03-14"):
        for headers in ({}, {"HX-Request": "true"}, {"HX-Request": "true", "HX-Target": "hits"}):
            sent = client.post(reverse("clinic:patients_search"), {"q": words}, headers=headers)
            parts.append(sent.content.decode().replace(words, "") + sent.headers.get("Location", ""))
        booked = client.post(reverse("scheduling:appointments_book"), {"step": "find", "q": words})
        parts.append(booked.content.decode().replace(words, ""))
    typed = {
        "family_name": life.patient.family_name,
        "given_name": "Maria",
        "birth_date": "1962-03-14",
        "gender": "female",
    }
    for name in ("clinic:patients_duplicates", "clinic:patients_register"):
        parts.append(client.post(reverse(name), typed).content.decode().replace(life.patient.family_name, "", 1))
    return "\n".join(parts)
