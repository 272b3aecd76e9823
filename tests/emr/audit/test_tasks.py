"""Reports of the logs as files, made by the real job."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import MedicationStatement
from emr.audit.models import AccessEvent, SecurityEvent
from emr.jobs.execute import execute
from emr.jobs.models import Job, JobFile
from tests.factories.chart import MedicationFactory
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.usefixtures("committed_db", "media"), pytest.mark.feature("K03")]


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> None:
    """A folder of its own for the files that jobs make."""
    settings.MEDIA_ROOT = tmp_path


def _exported(client: Client, log: str, **asked: object) -> tuple[Job, str]:
    """Ask for a file, let the job make it, and take it."""
    answer = client.post(reverse("audit:entries_export", args=[log]), {"token": str(uuid4()), **asked})
    assert answer.status_code == 303
    job = Job.objects.latest("created_at")
    execute(job.pk)
    made = JobFile.objects.get(job=job)
    answer = client.get(reverse("jobs:files_download", args=[job.pk, made.pk]))
    assert answer.status_code == 200
    return job, b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_the_file_holds_what_the_page_shows(as_role: Callable[..., Client]) -> None:
    row: MedicationStatement = MedicationFactory.create(display="=cmd|' /C calc'!A0", note="Own words")
    officer = as_role("privacy_officer")
    job, text = _exported(officer, "changes", patient=str(row.patient_id), order="at")
    assert job.payload["patient_id"] == str(row.patient_id)
    assert re.search("medication", text, re.IGNORECASE)
    assert "Own words" not in text
    assert re.search(r'(^|,)"=', text, re.MULTILINE) is None
    assert "'=cmd" in text
    event = AccessEvent.objects.get(patient_id=row.patient_id, action="export")
    assert event.section == "audit"
    assert SecurityEvent.objects.filter(kind="export", user=officer.user).exists()  # type: ignore[attr-defined]


def test_a_file_of_reads_is_not_for_others(as_role: Callable[..., Client]) -> None:
    as_role("nurse").get(reverse("clinic:allergies_list", args=[PatientFactory().pk]))
    officer = as_role("privacy_officer")
    job, text = _exported(officer, "reads")
    assert text.count("Allergies") == 1
    made = JobFile.objects.get(job=job)
    other = as_role("nurse").get(reverse("jobs:files_download", args=[job.pk, made.pk]))
    assert other.status_code == 404
