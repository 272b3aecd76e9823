"""Letters: begun from templates that the chart fills, signed as they were shown, kept as paper."""

from __future__ import annotations

from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.actions.letter_templates import add_usual_templates
from clinic.choices import NoteType
from clinic.letters import FIELDS, unknown_fields, usual_letters
from clinic.models import DocumentReference, Letter, LetterTemplate
from clinic.queries.letters import envelope_values, merge_values
from emr.audit.actor import acting
from emr.shared.records import uuid7
from emr.ui import formats
from tests.clinic.notes import a_note, a_visit
from tests.factories import care, chart
from tests.factories.accounts import ClinicFactory
from tests.factories.base import someone
from tests.factories.clinic import AllergyIntoleranceFactory, PatientAddressFactory, PatientFactory
from tests.pages import said

pytestmark = [pytest.mark.django_db, pytest.mark.feature("E15")]


def url(name: str, *keys: Any) -> str:
    return reverse(f"clinic:{name}", args=keys)


def words_of(pdf: bytes) -> list[str]:
    """The text of each page."""
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


def test_a_referral_is_filled_signed_and_kept_with_its_head_on_each_page(as_role: Any) -> None:
    doctor = as_role("clinician")
    ClinicFactory()
    patient = PatientFactory(family_name="Known")
    PatientAddressFactory(patient=patient)
    visit = a_visit(doctor.user, patient)
    chart.ConditionFactory(patient=patient, encounter=visit, display="Angina")
    AllergyIntoleranceFactory(patient=patient, display="Penicillin")
    order = care.OrderFactory(
        patient=patient, category="referral", display="Cardiology", reason="Chest pain", performer="Dr Heart"
    )
    assert doctor.post(url("letter_templates_usual")).status_code == 303
    template = LetterTemplate.objects.get(kind="referral")
    new = url("letters_new", patient.pk) + f"?template={template.pk}&order={order.pk}"
    page = doctor.get(new).content.decode()
    filled = ("Maria Known", "14-Mar-1962", "Chest pain", "- Angina", "Penicillin", 'value="Dr Heart"', "for ____.")
    assert [word for word in filled if word not in page] == []
    typed = {
        "kind": "referral",
        "recipient": "Dr Heart",
        "subject": "Referral",
        "body": "For ____.\n" + "A line.\n\n" * 60,
        "request_token": str(uuid7()),
    }
    for _ in range(2):
        assert doctor.post(new, typed).status_code == 303
    letter = Letter.objects.get()
    assert (letter.order, letter.template, letter.status) == (order, template, "preliminary")
    one = url("letters_detail", patient.pk, letter.pk)
    sign = url("letters_sign", patient.pk, letter.pk)
    assert "Something is still blank" in doctor.get(one).content.decode()
    assert doctor.post(sign, {"version": 1}).status_code == 422
    edit = url("letters_edit", patient.pk, letter.pk)
    assert doctor.post(edit, {**typed, "version": 9}).status_code == 409
    body = typed["body"].replace("____", "**angina**, <b>soon</b>")
    assert doctor.post(edit, {**typed, "body": body, "version": 1}).status_code == 303
    assert doctor.post(sign, {"version": 1}).status_code == 409, "a version that was not shown"
    assert as_role("nurse").post(sign, {"version": 2}).status_code == 403
    for _ in range(2):
        assert doctor.post(sign, {"version": 2}).status_code == 303
    letter.refresh_from_db()
    document = DocumentReference.objects.get()
    assert (letter.status, letter.signed_by, letter.document) == ("final", doctor.user, document)
    assert (document.category, document.content_type) == ("letter", "application/pdf")
    pages = words_of(document.content.open("rb").read())
    assert len(pages) == document.pages > 1
    for number, text in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in text
        assert "KNOWN Maria · born 14-Mar-1962 · MRN" in text
    assert "For angina, <b>soon</b>." in pages[0]
    assert "Signed electronically" in pages[-1]
    assert "Draft" not in pages[0]
    picture = doctor.get(url("letters_page", patient.pk, letter.pk, 1))
    assert b"".join(picture.streaming_content)[:4] == b"\x89PNG"
    assert doctor.get(edit).status_code == 303
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic(), acting(someone()):
        letter.body = "Otherwise"
        letter.save(update_fields=["body"])
    letter.refresh_from_db()
    assert doctor.post(url("letters_error", patient.pk, letter.pk), {"reason": "Wrong patient"}).status_code == 303
    document.refresh_from_db()
    assert document.status == "entered-in-error"
    assert as_role("front_desk").get(one).status_code == 403
    assert doctor.get(url("letters_detail", PatientFactory().pk, letter.pk)).status_code == 404


def test_templates_are_made_changed_and_retired_and_no_field_is_misspelt(as_role: Any) -> None:
    nurse = as_role("nurse")
    new = url("letter_templates_new")
    typed = {"name": "Gym", "kind": "school", "language": "en", "subject": "Gym", "body": "For {{ patient.nmae }}"}
    refused = nurse.post(new, typed)
    assert refused.status_code == 422
    assert "Nothing fills {{ patient.nmae }}." in refused.content.decode()
    right = {**typed, "body": "For {{ patient.name }}"}
    assert nurse.post(new, right).status_code == 303
    assert nurse.post(new, right).status_code == 422
    row = LetterTemplate.objects.get()
    edit = url("letter_templates_edit", row.pk)
    seen = row.updated_at.isoformat()
    assert nurse.post(edit, {**right, "subject": "Sports", "seen": seen}).status_code == 303
    assert nurse.post(edit, {**right, "subject": "Late", "seen": seen}).status_code == 409
    assert nurse.post(url("letter_templates_retire", row.pk)).status_code == 303
    assert add_usual_templates(by=nurse.user) == len(usual_letters())
    assert add_usual_templates(by=nurse.user) == 0
    nurse.get(url("letter_templates_list"))
    assert "Gym" not in said(nurse.get(url("letter_templates_list")))
    assert [unknown_fields(letter.subject + letter.body) for letter in usual_letters()] == [[]] * len(usual_letters())
    ClinicFactory()
    patient = PatientFactory()
    assert set(merge_values(patient, author=nurse.user)) | set(merge_values(patient)) <= set(FIELDS)
    assert set(envelope_values(patient)) <= set(FIELDS)
    with_visit = PatientFactory()
    doctor = as_role("clinician").user
    visit = a_visit(doctor, with_visit, days_ago=3)
    a_note(doctor, a_visit(doctor, with_visit), type=NoteType.TELEPHONE)
    values = merge_values(with_visit, author=nurse.user)
    assert set(values) == set(FIELDS)
    assert values["visit.date"] == formats.day(visit.period_start), "who telephoned was not seen in the clinic"


def test_a_list_costs_the_same_for_1_and_for_30(as_role: Any) -> None:
    doctor, patient = as_role("clinician"), PatientFactory()
    counts = []
    for many in (1, 29):
        for _ in range(many):
            care.LetterFactory(patient=patient)
        with CaptureQueriesContext(connection) as seen:
            doctor.get(url("letters_list", patient.pk))
        counts.append(len(seen))
    assert counts[0] == counts[1]
