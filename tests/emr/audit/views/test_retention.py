"""The page of the seals, the policy and the holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from emr.audit.models import AccessEvent, LegalHold, RetentionPolicy, Verification
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("K06")]

PAGE = "audit:retention_detail"


def test_an_officer_sets_years_places_and_lifts_a_hold(as_role: Callable[..., Client]) -> None:
    officer, patient = as_role("privacy_officer"), PatientFactory()
    assert officer.post(reverse("audit:retention_set"), {"log": "reads", "years": "7"}).status_code == 302
    assert list(RetentionPolicy.objects.values_list("log", "years")) == [("reads", 7)]
    officer.post(reverse("audit:holds_place"), {"mrn": patient.mrn, "reason": "Doe v. Clinic"})
    hold = LegalHold.objects.get()
    page = officer.get(reverse(PAGE)).content.decode()
    assert "7 years" in page
    assert hold.patient_id == patient.pk
    assert patient.sort_name in page
    officer.post(reverse("audit:holds_lift", args=[hold.pk]), {"reason": "Settled"})
    hold.refresh_from_db()
    assert (hold.lifted_reason, hold.lifted_by) == ("Settled", officer.user)  # type: ignore[attr-defined]


def test_a_wrong_form_comes_back_with_its_error(as_role: Callable[..., Client]) -> None:
    officer = as_role("privacy_officer")
    answer = officer.post(reverse("audit:retention_set"), {"log": "reads", "years": "2"})
    assert answer.status_code == 422
    assert "greater than or equal to 6" in answer.content.decode()
    assert officer.post(reverse("audit:holds_place"), {"reason": ""}).status_code == 422
    unknown = officer.post(reverse("audit:holds_place"), {"mrn": "12", "reason": "Doe v. Clinic"})
    assert "No patient has this MRN" in unknown.content.decode()
    assert not RetentionPolicy.objects.exists()
    assert not LegalHold.objects.exists()


@pytest.mark.feature("K02")
def test_it_warns_when_sealing_is_late_and_when_something_was_altered(as_role: Callable[..., Client]) -> None:
    officer = as_role("privacy_officer")
    assert "Sealing is late" not in officer.get(reverse(PAGE)).content.decode()
    AccessEvent.objects.create(
        at=timezone.now() - timedelta(hours=1), user=someone(), patient_id=uuid4(), action="view", section="s",
        url_name="x", request_id="r",
    )  # fmt: skip
    Verification.objects.create(
        by=someone(), seconds=1, complete=True, blocks=1, rows=1, unsealed=0, problems=1,
        findings=["Reads: entry 7 was altered"],
    )  # fmt: skip
    page = officer.get(reverse(PAGE)).content.decode()
    assert "Sealing is late" in page
    assert "Reads: entry 7 was altered" in page


@pytest.mark.parametrize("role", ["front_desk", "nurse", "clinician", "biller", "manager"])
def test_nobody_else_comes_in(as_role: Callable[..., Client], role: str) -> None:
    assert as_role(role).get(reverse(PAGE)).status_code == 403
