"""What the logs know of a confidential note, a restricted chart and for somebody kept out, they don't tell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinic.actions.note_drafts import save_draft
from clinic.choices import SectionKind
from clinic.models import Note
from emr.access.permissions import Permission
from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import AccessEvent, LogEntry
from tests.clinic.notes import a_note, a_visit
from tests.factories.base import someone
from tests.factories.chart import MedicationFactory
from tests.factories.clinic import PatientDenialFactory, PatientFactory
from tests.policy.urls import Url, every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("K01"), pytest.mark.feature("A05")]

SECRET = "Wolfsbane-7731"
PAST = [
    url
    for url in every_url()
    if url.door is not None and url.door.kind == "chart" and (url.name.endswith("_history") or "as_of" in url.name)
]
LOG_PAGES = ("audit:entries_list", "audit:reads_list", "audit:events_list")


def _reader(url: Url) -> str:
    """A role that may open the page for other patients."""
    assert url.door is not None
    return next(name for name, role in ROLES.items() if url.door.permission in role.permissions)


def _refused(client: Client, url: Url, patient_id: object) -> tuple[int, list[str]]:
    """The answer, and how the tries are on record."""
    status = client.get(url.path(patient_id=patient_id)).status_code
    return status, list(AccessEvent.objects.order_by("id").values_list("outcome", flat=True))


def test_there_are_pages_of_the_past() -> None:
    assert len(PAST) >= 13


@pytest.mark.parametrize("url", PAST, ids=lambda url: url.name)
def test_the_past_of_a_restricted_chart_is_shut(url: Url, as_role: Callable[..., Client]) -> None:
    assert _refused(as_role(_reader(url)), url, PatientFactory(restricted=True).pk) == (404, ["denied"])


@pytest.mark.parametrize("url", PAST, ids=lambda url: url.name)
def test_the_past_is_shut_for_somebody_kept_out(url: Url, as_role: Callable[..., Client]) -> None:
    client, patient = as_role(_reader(url)), PatientFactory()
    PatientDenialFactory(patient=patient, user=client.user)  # type: ignore[attr-defined]
    assert _refused(client, url, patient.pk) == (404, ["denied"])


def _secret_note(author: User) -> Note:
    patient = PatientFactory(restricted=True, family_name=SECRET)
    with acting(someone()):
        note = a_note(author, a_visit(author, patient))
        note.confidential = True
        note.save(update_fields=["confidential"])
    save_draft(by=author, note=note, base_version=note.version, sections={SectionKind.SUBJECTIVE: SECRET})
    MedicationFactory(patient=patient, note=SECRET)
    return note


@pytest.mark.parametrize("page", LOG_PAGES)
def test_the_log_pages_hold_neither_text_nor_name(
    page: str, as_role: Callable[..., Client], person: Callable[..., User]
) -> None:
    note = _secret_note(person("clinician"))
    assert SECRET in str(list(LogEntry.objects.values_list("changes", flat=True)))
    officer = as_role("privacy_officer")
    assert not officer.user.has_perm(Permission.VIEW_CHART)  # type: ignore[attr-defined]
    for query in ({}, {"patient": str(note.patient_id)}, {"order": "user"}):
        answer = officer.get(reverse(page), query)
        assert answer.status_code == 200
        assert SECRET not in answer.content.decode()
