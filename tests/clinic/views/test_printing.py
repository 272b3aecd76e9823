"""Paper of a visit and of a chart leaves through a door, and is on record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from clinic.actions.charts import CHART_JOB, print_chart
from clinic.models import Encounter
from emr.audit.actor import acting
from emr.audit.models import AccessEvent
from emr.jobs.execute import execute
from emr.jobs.models import Job, JobFile
from emr.shared.records import uuid7
from tests.clinic.notes import a_signed_note
from tests.factories.clinic import PatientFactory

AsRole = Callable[..., Any]


def url(verb: str, visit: Encounter, patient: Any = None) -> str:
    return reverse(f"clinic:encounters_{verb}", args=[(patient or visit.patient).pk, visit.pk])


@pytest.mark.feature("E12")
@pytest.mark.feature("E14")
def test_a_printed_visit_is_recorded_as_printing_and_is_that_of_its_patient(db: None, as_role: AsRole) -> None:
    doctor, nurse, biller = as_role("clinician"), as_role("nurse"), as_role("biller")
    visit = a_signed_note(doctor.user).encounter
    for verb in ("summary", "print"):
        answer = nurse.get(url(verb, visit))
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
        assert visit.patient.family_name not in answer["Content-Disposition"]
        assert nurse.get(url(verb, visit, PatientFactory())).status_code == 404
        assert biller.get(url(verb, visit)).status_code == 403
    assert AccessEvent.objects.filter(patient_id=visit.patient_id, action="print").count() == 2


@pytest.mark.feature("E14")
def test_the_whole_chart_is_asked_for_once_a_page(db: None, as_role: AsRole) -> None:
    doctor: Client = as_role("clinician")
    patient = PatientFactory()
    path = reverse("clinic:chart_print", args=[patient.pk])
    assert doctor.get(path).status_code == 200
    for _ in range(2):
        answer = doctor.post(path, {"token": "0198c0de-0000-7000-8000-000000000001"})
    job = Job.objects.get(name=CHART_JOB)
    assert answer["Location"] == reverse("jobs:jobs_detail", args=[job.pk])
    assert job.payload == {"patient": str(patient.pk)}
    assert doctor.post(path, {}).status_code == 422


@pytest.mark.feature("E14")
def test_the_job_makes_the_chart_and_its_download_is_an_export(
    committed_db: str, as_role: AsRole, person: Any, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    doctor = as_role("clinician")
    patient = a_signed_note(doctor.user).patient
    job = print_chart(by=doctor.user, patient=patient, request_token=uuid7())
    execute(job.pk)
    made = JobFile.objects.get(job=job)
    answer = doctor.get(reverse("jobs:files_download", args=[job.pk, made.pk]))
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert AccessEvent.objects.filter(patient_id=patient.pk, action="export").count() == 1
    with transaction.atomic(), acting(doctor.user):
        patient.restricted = True
        patient.save()
    assert doctor.get(reverse("jobs:files_download", args=[job.pk, made.pk])).status_code == 404
    hidden = print_chart(by=doctor.user, patient=patient, request_token=uuid7())
    execute(hidden.pk)
    assert not JobFile.objects.filter(job=hidden).exists()
