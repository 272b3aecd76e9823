"""The medications are gone through: what goes on, changes, stops and is added, as one event."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.actions.medications import change_medication
from clinic.models import MedicationReconciliation, MedicationStatement, Patient
from emr.shared.dates import clinic_today
from tests.factories.chart import MedicationFactory, VisitFactory
from tests.factories.clinic import AllergyIntoleranceFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F04")]


def _drug(patient: Patient, display: str, **fields: Any) -> MedicationStatement:
    row: MedicationStatement = MedicationFactory.create(
        patient=patient, display=display, system="", code="", status="active", **fields
    )
    return row


def _says(row: MedicationStatement, outcome: str, **more: str) -> dict[str, str]:
    prefix = f"m-{row.pk.hex}"
    shown = {"dose_quantity": row.dose_quantity, "dose_unit": row.dose_unit, "route": row.route}
    shown |= {"frequency": row.frequency, "dosage_text": row.dosage_text, "seen": row.updated_at.isoformat()}
    values = {name: "" if value is None else str(value) for name, value in shown.items()}
    return {f"{prefix}-{name}": value for name, value in {**values, "outcome": outcome, **more}.items()}


def test_all_is_decided_in_one_event(as_role: Callable[..., Client]) -> None:
    client, patient = as_role("nurse"), PatientFactory.create()
    visit = VisitFactory.create(patient=patient, status="in-progress")
    stays, more, ends = (
        _drug(patient, name, dose_quantity=Decimal(10), dose_unit="mg", route="", frequency="daily", dosage_text="")
        for name in ("Aspirin", "Lisinopril", "Metformin")
    )
    past = _drug(patient, "Codeine")
    path = reverse("clinic:medications_reconcile", args=[patient.pk])
    listed = reverse("clinic:medications_list", args=[patient.pk])
    assert "Never reconciled" in client.get(listed).content.decode()
    assert client.get(path).content.decode().count('class="reconcile-row"') == 4

    said = {"source": "bottles", "comment": "Brought all", **_says(stays, "continue"), **_says(past, "continue")}
    said |= _says(more, "change", dose_quantity="20") | _says(ends, "stop", reason="Nausea")
    said |= {"new-0-coding": "Vitamin D", "new-0-dose_quantity": "1000", "new-0-dose_unit": "units"}
    assert client.post(path, said).status_code == 303

    event = MedicationReconciliation.objects.get()
    assert (event.source, event.encounter, event.created_by) == ("bottles", visit, client.user)  # type: ignore[attr-defined]
    decided = {item.medication.display: (item.outcome, item.before, item.comment) for item in event.items.all()}
    assert decided == {
        "Aspirin": ("continue", "Aspirin: 10 mg · daily", ""),
        "Codeine": ("continue", decided["Codeine"][1], ""),
        "Lisinopril": ("change", "Lisinopril: 10 mg · daily", ""),
        "Metformin": ("stop", "Metformin: 10 mg · daily", "Nausea"),
        "Vitamin D": ("add", "", ""),
    }
    more.refresh_from_db()
    ends.refresh_from_db()
    assert (more.dose_quantity, more.status) == (20, "active")
    assert (ends.status, ends.status_reason, ends.effective_end) == ("stopped", "Nausea", clinic_today())
    assert patient.medications.filter(display="Vitamin D").count() == 1
    page = client.get(reverse("clinic:medications_reconciliations", args=[patient.pk])).content.decode()
    assert "1 added" in page
    assert "20 mg · daily" in page
    assert "Bottles or a list that the patient brought" in client.get(listed).content.decode()


def test_what_cannot_be_carried_out_writes_nothing_and_keeps_what_was_typed(as_role: Callable[..., Client]) -> None:
    client, patient = as_role("clinician"), PatientFactory.create()
    row = _drug(patient, "Aspirin")
    AllergyIntoleranceFactory.create(patient=patient, display="Penicillin", system="", code="")
    path = reverse("clinic:medications_reconcile", args=[patient.pk])
    said = {"source": "patient", "comment": "kept words"}
    for wrong, words in (
        (_says(row, "stop"), "Say why it is stopped"),
        (_says(row, "change"), "Nothing is changed"),
        ({**_says(row, "continue"), "new-1-dose_quantity": "5"}, "New drug 2"),
        ({**_says(row, "continue"), "new-0-coding": "aspirin"}, "already"),
    ):
        answer = client.post(path, {**said, **wrong})
        page = answer.content.decode()
        assert (answer.status_code, words in page, "kept words" in page) == (422, True, True), words
    late = {**said, **_says(row, "continue")}
    change_medication(by=client.user, medication=row, note="Twice as much")  # type: ignore[attr-defined]
    answer = client.post(path, late)
    assert answer.status_code == 409, "it went on as something else than what was looked at"
    row.refresh_from_db()
    late = {**said, **_says(row, "continue")}
    _drug(patient, "Another")
    answer = client.post(path, late)
    assert answer.status_code in {409, 422}
    assert not MedicationReconciliation.objects.exists()
    row.refresh_from_db()
    assert row.status == "active"


def test_an_empty_list_is_reconciled_too(as_role: Callable[..., Client]) -> None:
    client, patient = as_role("nurse"), PatientFactory.create()
    client.post(reverse("clinic:medications_reconcile", args=[patient.pk]), {"source": "patient"})
    assert MedicationReconciliation.objects.get().items.count() == 0
