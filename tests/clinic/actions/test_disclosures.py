"""Disclosures are written once; patients' requests are decided once, and a denial says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.actions.disclosures import record_disclosure
from clinic.actions.notes import add_addendum, set_confidential
from clinic.actions.requests import add_disagreement, decide_request, take_request
from clinic.choices import AddendumKind
from clinic.models import Disclosure, Patient, PatientRequest
from clinic.queries.disclosures import accounting_of, due
from emr.accounts.models import User
from emr.audit.models import AccessEvent
from emr.shared.errors import Conflict, DomainError
from tests.clinic.notes import a_signed_note
from tests.factories.billing import submitted
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("K04")]

TO_COURT: dict[str, Any] = {"recipient": "County Court", "purpose": "court", "what": "Visit notes", "how": "mail"}


@pytest.fixture
def patient() -> Patient:
    made: Patient = PatientFactory.create()
    return made


def test_one_cause_is_one_disclosure(person: Callable[..., User], patient: Patient) -> None:
    nurse = person("nurse")
    first, again = (
        record_disclosure(by=nurse, patient=patient, source="letter", source_id=patient.pk, **TO_COURT)
        for _ in range(2)
    )
    assert first == again
    assert record_disclosure(by=nurse, patient=patient, **TO_COURT) != first


@pytest.mark.parametrize(
    "wrong",
    [{"recipient": " "}, {"what": ""}, {"purpose": "fun"}, {"how": ""}, {"at": timezone.now() + timedelta(days=9)}],
)
def test_what_is_wrong_is_refused(person: Callable[..., User], patient: Patient, wrong: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        record_disclosure(by=person("nurse"), patient=patient, **TO_COURT | wrong)


def test_a_disclosure_never_changes(person: Callable[..., User], patient: Patient) -> None:
    row = record_disclosure(by=person("nurse"), patient=patient, **TO_COURT)
    with pytest.raises(DatabaseError), transaction.atomic():
        Disclosure.objects.filter(pk=row.pk).update(recipient="Nobody")


def test_submitting_a_claim_discloses_it_to_the_payer(person: Callable[..., User]) -> None:
    claim = submitted(person("biller"))
    row = Disclosure.objects.get(patient=claim.patient)
    assert (row.recipient, row.purpose, row.source_id) == (claim.payer.name, "payment", claim.pk)  # type: ignore[union-attr]
    assert claim.number in row.what
    assert not accounting_of(claim.patient).exists()


def test_the_accounting_leaves_out_what_the_law_leaves_out(person: Callable[..., User], patient: Patient) -> None:
    nurse = person("nurse")
    for purpose in ("treatment", "payment", "operations", "individual", "authorized", "court", "public-health"):
        record_disclosure(by=nurse, patient=patient, **TO_COURT | {"purpose": purpose})
    long_ago = timezone.now() - timedelta(days=365 * 7)
    record_disclosure(by=nurse, patient=patient, at=long_ago, **TO_COURT)
    assert {row.purpose for row in accounting_of(patient)} == {"court", "public-health"}
    assert accounting_of(patient).count() == 2


def test_a_request_is_decided_once_and_linked_to_the_record(person: Callable[..., User]) -> None:
    doctor = person("clinician")
    note = a_signed_note(doctor)
    asked = take_request(by=person("front_desk"), patient=note.patient, what="I never smoked.", about=note)
    addendum = add_addendum(by=doctor, note=note, text="Patient never smoked.", kind=AddendumKind.ADDENDUM)
    done = decide_request(by=doctor, request=asked, accept=True, addendum=addendum)
    assert (done.status, done.decided_by, done.addendum, done.about) == ("accepted", doctor, addendum, note)
    with pytest.raises(Conflict):
        decide_request(by=doctor, request=asked, accept=False, reason="Changed my mind")


def test_a_denial_says_why_and_may_be_disagreed_with(person: Callable[..., User], patient: Patient) -> None:
    officer = person("privacy_officer")
    asked = take_request(by=officer, patient=patient, what="Delete it all.")
    with pytest.raises(DomainError):
        decide_request(by=officer, request=asked, accept=False)
    with pytest.raises(DomainError):
        add_disagreement(by=officer, request=asked, text="No!")
    decide_request(by=officer, request=asked, accept=False, reason="The record is accurate.")
    add_disagreement(by=officer, request=asked, text="It is not.")
    asked.refresh_from_db()
    assert (asked.status, asked.decision_reason, asked.disagreement) == (
        *("denied", "The record is accurate."),
        "It is not.",
    )
    assert (due(asked) - timezone.localdate(asked.requested_at)).days == 60


def test_another_patients_note_is_no_link(person: Callable[..., User], patient: Patient) -> None:
    doctor = person("clinician")
    note = a_signed_note(doctor)
    with pytest.raises(DomainError):
        take_request(by=doctor, patient=patient, what="Mend it", about=note)
    addendum = add_addendum(by=doctor, note=note, text="x", kind=AddendumKind.ADDENDUM)
    asked = take_request(by=doctor, patient=patient, what="Mend it")
    with pytest.raises(DomainError):
        decide_request(by=doctor, request=asked, accept=True, addendum=addendum)


def test_the_pages(as_role: Callable[..., Client], patient: Patient) -> None:
    desk, officer = as_role("front_desk"), as_role("privacy_officer")
    path = reverse("clinic:disclosures_list", args=[patient.pk])
    assert "Nothing is recorded as given to others" in desk.get(path).content.decode()
    assert desk.post(reverse("clinic:disclosures_add", args=[patient.pk]), {}).status_code == 422
    assert desk.post(reverse("clinic:disclosures_add", args=[patient.pk]), TO_COURT).status_code == 303
    asked = {"kind": "amendment", "what": "I never smoked."}
    assert desk.post(reverse("clinic:requests_add", args=[patient.pk]), asked).status_code == 303
    row = PatientRequest.objects.get()
    decide = reverse("clinic:requests_decide", args=[patient.pk, row.pk])
    assert desk.post(decide, {"accept": "yes"}).status_code == 403
    assert officer.post(decide, {"accept": "no"}).status_code == 422
    assert officer.post(decide, {"accept": "no", "reason": "Accurate"}).status_code == 303
    page = officer.get(path).content.decode()
    assert "County Court" in page
    assert "Accurate" in page
    assert "I never smoked." not in desk.get(path).content.decode()
    assert officer.get(reverse("clinic:disclosures_print", args=[patient.pk])).content.startswith(b"%PDF")
    answer = officer.get(reverse("clinic:disclosures_file", args=[patient.pk]))
    assert "County Court" in b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    taken = AccessEvent.objects.filter(patient_id=patient.pk, section="disclosures")
    assert {"print", "export"} <= set(taken.values_list("action", flat=True))


@pytest.mark.feature("A04")
@pytest.mark.feature("X3")
def test_a_request_leads_to_no_note_that_the_reader_may_not_know(as_role: Callable[..., Client]) -> None:
    author, colleague, desk = as_role("clinician"), as_role("clinician"), as_role("front_desk")
    by: User = author.user  # type: ignore[attr-defined]
    note = a_signed_note(by)
    addendum = add_addendum(by=by, note=note, text="Corrected.", kind=AddendumKind.ADDENDUM)
    asked = take_request(by=by, patient=note.patient, what="Mend the date", about=note)
    decide_request(by=by, request=asked, accept=True, addendum=addendum)
    pages = [reverse(f"clinic:{page}", args=[note.patient_id]) for page in ("disclosures_list", "requests_add")]

    def where(client: Client) -> list[bool]:
        return [str(note.pk) in client.get(page).content.decode() for page in pages]

    assert (where(author), where(colleague), where(desk)) == ([True, True], [True, True], [False, False])
    set_confidential(by=by, note=note, confidential=True)
    assert (where(author), where(colleague), where(desk)) == ([True, True], [False, False], [False, False])
    form = {"kind": "amendment", "what": "Mend it", "about": str(note.pk)}
    assert [client.post(pages[1], form).status_code for client in (author, colleague, desk)] == [303, 422, 422]


def test_the_report_of_a_period(as_role: Callable[..., Client], patient: Patient) -> None:
    officer = as_role("privacy_officer")
    hidden = PatientFactory(restricted=True)
    for one in (patient, hidden):
        record_disclosure(by=officer.user, patient=one, **TO_COURT)  # type: ignore[attr-defined]
    page = officer.get(reverse("clinic:disclosures_report")).content.decode()
    assert page.count("County Court") == 1
    past = officer.get(reverse("clinic:disclosures_report"), {"until": "2020-01-01"}).content.decode()
    assert "Nothing left the clinic" in past
    answer = officer.get(reverse("clinic:disclosures_export"))
    assert b"".join(answer.streaming_content).decode().count("County Court") == 1  # type: ignore[attr-defined]
    assert as_role("clinician").get(reverse("clinic:disclosures_report")).status_code == 403
