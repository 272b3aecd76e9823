"""The import on whole, real lives."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps

from clinic.models import (
    Condition,
    Coverage,
    Encounter,
    Observation,
    ObservationComponent,
    Patient,
)
from emr.audit.actor import service_user
from emr.audit.models import LogEntry
from emr.audit.registry import recorded_models
from emr.codes.systems import SNOMED
from interop.fhir.bundle import bundle_files
from interop.fhir.importer import import_files
from interop.fhir.report import Outcome
from interop.models import SourceRecord

pytestmark = pytest.mark.django_db


def _counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in (*recorded_models(), SourceRecord, LogEntry)}


def test_every_bundle_imports_and_again_changes_nothing(real_data: Path) -> None:
    files = bundle_files(real_data / "synthea")
    assert len(files) == 24
    by = service_user("import")
    first = import_files(files, by=by, source="synthea")
    assert [str(finding) for finding in first.refused] == []
    expected = {
        "Patient": 24,
        "Encounter": 584,
        "Condition": 188,
        "AllergyIntolerance": 13,
        "MedicationRequest": 146,
        "Immunization": 304,
        "Observation": 3357,
        "Procedure": 426,
        "DiagnosticReport": 235,
    }
    created = {kind: first.counts[(kind, Outcome.CREATED)] for kind in expected}
    assert created == expected
    before = _counts()
    second = import_files(files, by=by, source="synthea")
    assert (second.total(Outcome.CREATED), second.total(Outcome.UPDATED)) == (0, 0)
    assert second.refused == []
    assert _counts() == before


def test_what_was_said_stays_as_it_was_said(real_data: Path) -> None:
    files = [path for path in bundle_files(real_data / "synthea") if path.name.startswith("Darron_Feeney")]
    report = import_files(files, by=service_user("import"), source="synthea")
    assert report.refused == []
    patient = Patient.objects.get()
    assert (patient.family_name, patient.given_name) == ("Feeney", "Darron")
    assert patient.deceased_at is not None
    assert set(Condition.objects.values_list("system", flat=True)) == {SNOMED}
    assert Coverage.objects.filter(patient=patient).exists()
    assert (
        Encounter.objects.filter(patient=patient).count()
        == SourceRecord.objects.filter(resource_type="Encounter").count()
    )
    pressure = Observation.objects.filter(code="55284-4").first()
    assert pressure is not None
    sent = SourceRecord.objects.get(resource_type="Observation", object_id=pressure.pk).content
    values = [str(component.value_quantity) for component in pressure.components.all()]
    assert values == [str(item["valueQuantity"]["value"]) for item in sent["component"]]
    assert ObservationComponent.objects.filter(patient=patient).count() > 0


def test_nothing_is_dropped(real_data: Path) -> None:
    """Every resource of a bundle is on file as it was sent, mapped or not."""
    import gzip
    import json

    path = bundle_files(real_data / "synthea")[0]
    import_files([path], by=service_user("import"), source="synthea")
    with gzip.open(path) as file:
        sent = {(e["resource"]["resourceType"], e["resource"]["id"]) for e in json.load(file)["entry"]}
    kept = set(SourceRecord.objects.values_list("resource_type", "source_id"))
    assert kept == sent
    for record in SourceRecord.objects.exclude(model=""):
        assert apps.get_model(record.model)._default_manager.filter(pk=record.object_id).exists()
