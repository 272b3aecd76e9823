"""A draft of a prescription is changed until it is signed; what is signed is what was read."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.actions.prescriptions import change_draft, draft_prescription
from clinic.models import MedicationRequest, MedicationStatement, Patient, SafetyOverride
from emr.accounts.models import Practitioner
from emr.codes.coding import Coding
from emr.shared.errors import DomainError
from tests.factories.chart import MedicationFactory
from tests.factories.clinic import AllergyIntoleranceFactory, PatientFactory, PharmacyFactory

pytestmark = [pytest.mark.feature("F07"), pytest.mark.django_db]

METFORMIN = Coding("", "", "metformin 500 MG")
TYPED = {
    **{"quantity": "60", "quantity_unit": "tablets", "refills": "1", "substitution_allowed": "on"},
    **{"dose_quantity": "500", "dose_unit": "mg", "frequency": "twice a day", "more": "with food", "schedule": "none"},
}


def _url(verb: str, row: MedicationRequest) -> str:
    return reverse(f"clinic:prescriptions_{verb}", args=[row.patient_id, row.pk])


def _drafted(client: Client, patient: Patient, **typed: str) -> MedicationRequest:
    me = Practitioner.objects.get(user=client.user)  # type: ignore[attr-defined]
    sent = {**TYPED, "coding": METFORMIN.display, "coding_choice": "text", "prescriber": str(me.pk), **typed}
    answer = client.post(reverse("clinic:prescriptions_add", args=[patient.pk]), sent)
    assert answer.status_code == 303, answer.content.decode()
    return MedicationRequest.objects.latest("created_at")


def _form(client: Client, row: MedicationRequest, verb: str = "edit") -> dict[str, str]:
    """What the page would send as it stands."""
    page = client.get(_url(verb, row)).content.decode()
    typed = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
    chosen = re.findall(r'<select[^>]*name="(\w+)".*?</select>', page, re.DOTALL)
    for name in chosen:
        part = page[page.index(f'name="{name}"') :]
        found = re.search(r'<option value="([^"]*)" selected', part[: part.index("</select>")])
        typed[name] = found[1] if found else ""
    typed.pop("csrfmiddlewaretoken", None)
    return typed


def test_a_draft_is_changed_with_the_drug_that_it_alone_intends(as_role: Callable[..., Any]) -> None:
    client, patient, shop = as_role("clinician"), PatientFactory.create(), PharmacyFactory.create()
    row = _drafted(client, patient)
    typed = _form(client, row)
    assert (typed["more"], typed["frequency"], typed["quantity"]) == ("with food", "twice a day", "60")
    again = client.post(_url("edit", row), typed)
    assert again.headers["Location"] == _url("sign", row)
    row.refresh_from_db()
    assert (row.dosage_text, row.quantity, row.refills) == ("500 mg twice a day, with food", Decimal(60), 1)

    typed = {**_form(client, row), "frequency": "once a day", "quantity": "30", "pharmacy": str(shop.pk)}
    assert client.post(_url("edit", row), typed).status_code == 303
    row.refresh_from_db()
    drug = MedicationStatement.objects.get()
    assert (row.dosage_text, row.quantity, row.pharmacy) == ("500 mg once a day, with food", Decimal(30), shop)
    assert (drug.status, drug.frequency, row.medication) == ("intended", "once a day", drug)
    assert MedicationRequest.objects.count() == 1


def test_what_is_taken_stays_as_it_is_until_the_changed_draft_is_signed(as_role: Callable[..., Any]) -> None:
    client, patient = as_role("clinician"), PatientFactory.create()
    taken = MedicationFactory.create(patient=patient, frequency="twice a day", **_named(METFORMIN))
    me = Practitioner.objects.get(user=client.user)
    said = {"dosage_text": "twice a day", "quantity": Decimal(60), "quantity_unit": "tablets", "schedule": "none"}
    how = {"frequency": "twice a day"}
    common: dict[str, Any] = {"by": client.user, "prescriber": me}
    row = draft_prescription(patient=patient, coding=METFORMIN, how=how, **common, **said)
    assert row.medication == taken
    row = change_draft(prescription=row, how={"frequency": "once a day"}, **common, **{**said, "dosage_text": "once"})
    taken.refresh_from_db()
    assert (taken.frequency, taken.status, row.medication.status) == ("twice a day", "active", "intended")
    client.post(_url("sign", row), _form(client, row, "sign"))
    taken.refresh_from_db()
    row.refresh_from_db()
    assert (taken.status, row.status, row.medication.status) == ("stopped", "active", "active")


def test_a_drug_that_two_drafts_intend_is_changed_for_one_of_them(as_role: Callable[..., Any]) -> None:
    client, patient = as_role("clinician"), PatientFactory.create()
    first, second = _drafted(client, patient), _drafted(client, patient)
    assert first.medication == second.medication
    client.post(_url("edit", second), {**_form(client, second), "frequency": "once a day"})
    second.refresh_from_db()
    assert first.medication.frequency == "twice a day"
    assert (second.medication.frequency, second.medication == first.medication) == ("once a day", False)


def test_two_who_change_one_draft_and_one_who_signs_what_was_not_read(as_role: Callable[..., Any]) -> None:
    client, nurse, patient = as_role("clinician"), as_role("nurse"), PatientFactory.create()
    row = _drafted(client, patient)
    mine, theirs, read = _form(client, row), _form(nurse, row), _form(client, row, "sign")
    assert nurse.post(_url("edit", row), {**theirs, "quantity": "90"}).headers["Location"] == _url("detail", row)
    late = client.post(_url("edit", row), {**mine, "quantity": "30"})
    page = late.content.decode()
    assert (late.status_code, "Somebody changed this prescription" in page, 'value="30"' in page) == (409, True, True)
    refused = client.post(_url("sign", row), read)
    assert (refused.status_code, "Open it again" in refused.content.decode()) == (409, True)
    row.refresh_from_db()
    assert (row.quantity, row.status) == (Decimal(90), "draft")
    client.post(_url("sign", row), _form(client, row, "sign"))
    row.refresh_from_db()
    assert row.status == "active"


def test_what_is_signed_is_not_changed_and_the_law_holds_for_a_change(as_role: Callable[..., Any]) -> None:
    client, patient = as_role("clinician"), PatientFactory.create()
    row = _drafted(client, patient, coding="zolpidem 5 mg", schedule="4")
    wrong = client.post(_url("edit", row), {**_form(client, row), "refills": "6"})
    assert (wrong.status_code, "at most 5 refills" in wrong.content.decode()) == (422, True)
    row = _drafted(client, patient)
    change, page = _form(client, row), client.get(_url("detail", row)).content.decode()
    client.post(_url("sign", row), _form(client, row, "sign"))
    answers = [client.get(_url("edit", row)), client.post(_url("edit", row), change)]
    assert [answer.headers["Location"] for answer in answers] == [_url("detail", row)] * 2
    assert (_url("edit", row) in page, _url("edit", row) in client.get(_url("detail", row)).content.decode()) == (
        True,
        False,
    )
    said: dict[str, Any] = {"how": {}, "dosage_text": "x", "quantity": Decimal(1), "quantity_unit": "tablet"}
    with pytest.raises(DomainError, match="It is signed: take it back, and write another"):
        change_draft(by=client.user, prescription=row, prescriber=row.prescriber, **said)


def test_an_allergy_that_came_since_asks_for_its_reason_in_the_change(as_role: Callable[..., Any]) -> None:
    client, patient = as_role("clinician"), PatientFactory.create()
    row = _drafted(client, patient)
    typed = {**_form(client, row), "frequency": "once a day"}
    AllergyIntoleranceFactory.create(patient=patient, display="Metformin")
    asked = client.post(_url("edit", row), typed)
    name = re.search(r'name="(why_\w+)"', asked.content.decode())
    assert (asked.status_code, name is not None) == (422, True)
    assert name is not None
    assert client.post(_url("edit", row), {**typed, name[1]: "tolerated"}).status_code == 303
    row.refresh_from_db()
    assert (row.medication.frequency, SafetyOverride.objects.get().medication) == ("once a day", row.medication)


def _named(coding: Coding) -> dict[str, str]:
    return {"system": coding.system, "code": coding.code, "display": coding.display}
