"""What is missing at check-in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from clinic.actions.consent_forms import publish_consent_form, save_consent_form
from clinic.actions.consents import refuse_consent, withdraw_consent
from clinic.actions.intake_links import withdraw_intake_link
from clinic.models import Patient
from clinic.queries.consents import digest_of
from clinic.queries.intake import missing_for
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.factories.intake import answered, signed, text, way_in

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D07")]


def _told(patient: Patient) -> list[tuple[str, str, str]]:
    return [(one.kind, one.label, one.state) for one in missing_for(patient, clinic_today())]


def test_texts_until_they_are_signed_or_refused() -> None:
    patient, notice, treatment = PatientFactory(), text("notice-of-privacy-practices"), text()
    signed(PatientFactory(), treatment)
    assert _told(patient) == [
        ("consent", "Notice of privacy practices", "missing"),
        ("consent", "Consent to treatment", "missing"),
    ]
    consent = signed(patient, treatment)
    refuse_consent(by=someone(), patient=patient, form=notice, signer_name="Maria", shown=digest_of(notice))
    assert _told(patient) == []
    withdraw_consent(by=someone(), consent=consent, reason="Changes doctors")
    assert _told(patient) == [("consent", "Consent to treatment", "withdrawn")]
    with pytest.raises(DomainError, match="Only a consent that stands"):
        withdraw_consent(by=someone(), consent=consent, reason="Again")


def test_texts_that_are_outdated() -> None:
    patient, treatment = PatientFactory(), text()
    signed(patient, treatment, signed_at=timezone.now() - timedelta(days=340))
    assert _told(patient) == []
    assert [one.state for one in missing_for(patient, clinic_today() + timedelta(days=40))] == ["outdated"]
    fields = {"kind": "treatment", "title": treatment.title, "text": "New.", "effective": clinic_today()}
    publish_consent_form(by=someone(), form=save_consent_form(by=someone(), form=treatment, **fields))
    assert _told(patient) == [("consent", "Consent to treatment", "outdated")]


@pytest.mark.feature("B08")
def test_questionnaires_that_were_asked_and_not_answered() -> None:
    patient = PatientFactory()
    link = way_in(patient, "phq-9", "before-visit")
    assert _told(patient) == [
        ("questionnaire", "PHQ-9: mood", "unanswered"),
        ("questionnaire", "Before your visit", "unanswered"),
    ]
    withdraw_intake_link(by=someone(), link=link)
    assert _told(patient) == []
    way_in(patient, "before-visit")
    answered(patient, "before-visit", {"reason": ["A cough"], "allergic": ["false"]})
    assert _told(patient) == []
    assert all(one.url_name == "clinic:intake_send" for one in missing_for(patient, clinic_today()))


def test_three_queries_whatever_there_is(django_assert_num_queries: object) -> None:
    patient = PatientFactory()
    for key in ("notice-of-privacy-practices", "consent-to-treatment", "financial-agreement"):
        signed(patient, text(key))
    way_in(patient, "phq-9", "before-visit", "details")
    with django_assert_num_queries(3):  # type: ignore[operator]
        missing_for(patient, clinic_today())
