"""The pages of the signals of snooping, and of the staff who are patients."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.actions.signals import link_staff_patient, raise_signals
from clinic.models import SnoopingSignal, StaffPatient
from emr.audit.actor import service_user
from emr.audit.models import AccessEvent
from emr.jobs.models import Job
from emr.shared.identifiers import format_mrn, make_mrn
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("K08")]


@pytest.fixture
def signal(as_role: Callable[..., Client]) -> SnoopingSignal:
    """A nurse has looked at their own chart by the chart's page."""
    nurse, own = as_role("nurse"), PatientFactory(mrn=make_mrn(100482), family_name="Zweig")
    link_staff_patient(by=nurse.user, user=nurse.user, patient=own)  # type: ignore[attr-defined]
    nurse.get(reverse("clinic:chart_summary", args=[own.pk]))
    raise_signals(by=service_user("scheduler"), until=timezone.now() + timedelta(seconds=1))
    return SnoopingSignal.objects.get()


def test_the_list_the_reads_behind_and_the_review(as_role: Callable[..., Client], signal: SnoopingSignal) -> None:
    officer = as_role("privacy_officer")
    listed, page = reverse("clinic:signals_list"), reverse("clinic:signals_review", args=[signal.pk])
    assert page in officer.get(listed).content.decode()
    shown = officer.get(page).content.decode()
    assert "own chart" in shown
    assert "<td>Summary</td><td>Viewed" in shown
    assert officer.post(page, {"finding": "confirmed", "comment": ""}).status_code == 422
    assert officer.post(page, {"finding": "confirmed", "comment": "Talked to."}).status_code == 303
    assert page not in officer.get(listed).content.decode()
    assert page in officer.get(listed, {"state": "confirmed", "kind": "own"}).content.decode()
    assert page not in officer.get(listed, {"state": "", "kind": "volume"}).content.decode()
    assert AccessEvent.objects.filter(patient_id=str(signal.patient_id), section="signals", action="view").exists()


def test_the_file_has_the_same_rows(as_role: Callable[..., Client], signal: SnoopingSignal) -> None:
    officer = as_role("privacy_officer")
    taken = officer.get(reverse("clinic:signals_export"), {"state": "waiting"})
    [row] = csv.DictReader(io.StringIO(taken.getvalue().decode("utf-8-sig")))
    assert (row["Signal"], row["MRN"], row["In words"]) == ("Own chart", make_mrn(100482), signal.explanation)


def test_looking_now_asks_for_the_job(as_role: Callable[..., Client]) -> None:
    officer = as_role("privacy_officer")
    assert officer.post(reverse("clinic:signals_look")).status_code == 303
    assert [job.name for job in Job.objects.all()] == ["clinic.snooping_signals"]


def test_a_link_is_made_refused_twice_and_taken_back(as_role: Callable[..., Client]) -> None:
    officer, nurse = as_role("privacy_officer"), as_role("nurse").user  # type: ignore[attr-defined]
    patient, page = PatientFactory(mrn=make_mrn(100482), restricted=True), reverse("clinic:staff_patients_list")
    asked = {"user": str(nurse.pk), "mrn": format_mrn(patient.mrn)}
    assert officer.post(page, {**asked, "mrn": make_mrn(777777)}).status_code == 422
    assert officer.post(page, asked).status_code == 303
    assert "linked already" in officer.post(page, asked).content.decode()
    link = StaffPatient.objects.get()
    officer.post(reverse("clinic:staff_patients_end", args=[link.pk]))
    link.refresh_from_db()
    assert link.ended_by == officer.user  # type: ignore[attr-defined]
    assert officer.post(page, asked).status_code == 303


def test_nobody_else_sees_them(as_role: Callable[..., Client], signal: SnoopingSignal) -> None:
    for role in ("clinician", "nurse", "front_desk", "biller", "manager"):
        client = as_role(role)
        for name, arguments in (("signals_list", []), ("signals_review", [signal.pk]), ("staff_patients_list", [])):
            assert client.get(reverse(f"clinic:{name}", args=arguments)).status_code == 403
