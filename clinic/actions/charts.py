"""The whole chart, asked for as a file."""

from __future__ import annotations

from uuid import UUID

from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.action import action
from emr.jobs import enqueue
from emr.jobs.models import Job

CHART_JOB = "clinic.chart_pdf"


@action
def print_chart(*, by: User, patient: Patient, request_token: UUID) -> Job:
    """Ask for a chart as a PDF. A token seen before gives the job that it asked for then, for this patient."""
    key = f"{CHART_JOB}:{by.pk}:{patient.pk}:{request_token}"
    return enqueue(CHART_JOB, key=key, by=by, payload={"patient": str(patient.pk)})
