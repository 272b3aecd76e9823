"""Photo, cards and papers: taken, shown to whom it concerns, refused in a sentence."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from clinic.actions.documents import add_document
from clinic.forms.documents import PAPERS
from clinic.models import DocumentReference
from emr.shared.dates import clinic_today
from emr.uploads.incoming import check
from tests.emr.uploads.samples import paper, picture
from tests.factories.base import someone
from tests.factories.clinic import CoverageFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B05")]


def sent(content: bytes, name: str = "card.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/jpeg")


def url(name: str, *keys: Any) -> str:
    return reverse(f"clinic:documents_{name}", args=keys)


def kept(patient: Any, category: str, **fields: Any) -> DocumentReference:
    file = check(picture("JPEG"), "c.jpg", PAPERS)
    return add_document(by=someone(), patient=patient, category=category, file=file, **fields)


def test_all_pictures_are_taken_at_once(as_role: Any) -> None:
    client, policy = as_role("front_desk"), CoverageFactory()
    files = {name: sent(picture("JPEG")) for name in ("photo", "insurance_card_front", "insurance_card_back")}
    answer = client.post(url("capture", policy.patient.pk), {**files, "coverage": str(policy.pk)})
    assert (answer.status_code, answer.headers["Location"]) == (303, url("list", policy.patient.pk))
    rows = DocumentReference.objects.order_by("created_at").values_list("category", "coverage_id")
    assert list(rows) == [("photo", None), ("insurance_card_front", policy.pk), ("insurance_card_back", policy.pk)]
    page = client.get(url("list", policy.patient.pk)).content.decode()
    assert page.count("Not on file") == 1
    assert 'class="photo" src="data:image/jpeg;base64,' in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (picture("JPEG") + b"\0" * 70_000_000, "The file is larger than 12 MB."),
        (picture("JPEG")[:60], "it is broken. Take the picture again"),
        (b"GIF89a", "which is not taken here. Save it as "),
        (paper(), "JPEG or PNG is taken here"),
    ],
    ids=["70 MB", "half", "gif", "pdf"],
)
def test_what_cannot_be_read_says_so_and_the_rest_is_kept(as_role: Any, content: bytes, said: str) -> None:
    client, patient = as_role("front_desk"), PatientFactory()
    answer = client.post(url("capture", patient.pk), {"photo": sent(content), "identity_card": sent(picture("JPEG"))})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert [row.category for row in DocumentReference.objects.all()] == ["identity_card"]


def test_a_refused_paper_keeps_what_was_typed(as_role: Any) -> None:
    client, patient = as_role("front_desk"), PatientFactory()
    typed = {"description": "Letter of Dr Kim", "category": "consent"}
    answer = client.post(url("add", patient.pk), {**typed, "file": sent(b"no file of any kind \x00")})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Letter of Dr Kim"' in page
    assert '<option value="consent" selected>' in page
    token = re.search(r'name="request_token" value="([^"]+)"', client.get(url("add", patient.pk)).content.decode())
    assert token is not None
    for _ in range(2):
        again = {**typed, "request_token": token[1], "file": sent(paper(), "l.pdf")}
        assert client.post(url("add", patient.pk), again).status_code == 303
    assert str(DocumentReference.objects.get()) == "Letter of Dr Kim"


def test_each_role_sees_the_kinds_that_concern_it(as_role: Any) -> None:
    policy = CoverageFactory()
    cards = kept(policy.patient, "insurance_card_front", coverage=policy)
    answers = kept(policy.patient, "questionnaire")
    photo = kept(policy.patient, "photo")
    expected = {
        "front_desk": {cards, photo},
        "nurse": {cards, photo, answers},
        "privacy_officer": {photo},
    }
    for role, visible in expected.items():
        client = as_role(role)
        for document in (cards, answers, photo):
            for name in ("detail", "content", "thumbnail"):
                found = client.get(url(name, policy.patient.pk, document.pk)).status_code
                assert found == (200 if document in visible else 404), (role, document.category, name)


def test_the_file_is_handed_out_as_it_was_taken_and_never_run(as_role: Any) -> None:
    document = kept(PatientFactory(), "photo")
    answer = as_role("front_desk").get(url("content", document.patient.pk, document.pk))
    assert b"".join(answer.streaming_content) == document.content.open("rb").read()
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_another_patients_document_is_not_there(as_role: Any) -> None:
    document, other = kept(PatientFactory(), "photo"), PatientFactory()
    client = as_role("front_desk")
    for name in ("detail", "content", "thumbnail", "error"):
        assert client.get(url(name, other.pk, document.pk)).status_code == 404


def test_wrong_papers_are_marked(as_role: Any) -> None:
    document = kept(PatientFactory(), "photo")
    client = as_role("front_desk")
    address = url("error", document.patient.pk, document.pk)
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Another patient"}).status_code == 303
    assert "Another patient" in client.get(url("list", document.patient.pk)).content.decode()


def test_the_camera_is_allowed_on_this_page_alone(as_role: Any) -> None:
    client, patient = as_role("front_desk"), PatientFactory()
    for name, allowed in (("capture", "camera=(self)"), ("list", "camera=()")):
        assert allowed in client.get(url(name, patient.pk)).headers["Permissions-Policy"]


def test_a_list_costs_the_same_for_1_and_for_30(as_role: Any) -> None:
    client: Client = as_role("front_desk")
    patient = PatientFactory()
    counts = []
    for many in (1, 29):
        for _ in range(many):
            kept(patient, "other")
        client.get(url("list", patient.pk))
        with CaptureQueriesContext(connection) as seen:
            client.get(url("list", patient.pk))
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.feature("F14")
def test_a_paper_waits_for_its_reader_and_is_seen_page_by_page(as_role: Any) -> None:
    desk, doctor, patient = as_role("front_desk"), as_role("clinician"), PatientFactory()
    form = {"description": "Letter of Dr Kim", "category": "consultation", "document_date": "02-Nov-2025"}
    too_large = desk.post(
        url("add", patient.pk),
        {**form, "reviewer": doctor.user.pk, "file": sent(b"%PDF-1.4" + b"\0" * 70_000_000, "l.pdf")},
    )
    page = too_large.content.decode()
    assert too_large.status_code == 422
    assert "The file is larger than 20 MB. Make it smaller or split it." in page
    assert 'value="Letter of Dr Kim"' in page
    assert f'value="{doctor.user.pk}" selected' in page
    scanned = {**form, "reviewer": doctor.user.pk}
    with override_settings(VIRUS_SCAN_COMMAND="false"):
        infected = desk.post(url("add", patient.pk), {**scanned, "file": sent(paper(2), "l.pdf")})
    assert "The virus scanner found something in the file. It was not kept." in infected.content.decode()
    ahead = {**scanned, "document_date": str(clinic_today() + timedelta(days=1)), "file": sent(paper(2), "l.pdf")}
    assert "The date on the paper lies ahead." in desk.post(url("add", patient.pk), ahead).content.decode()
    disguised = desk.post(url("add", patient.pk), {**scanned, "file": sent(b"MZ\x90\x00 no paper", "l.pdf")})
    assert "which is not taken here. Save it as PDF or JPEG or PNG." in disguised.content.decode()
    assert desk.post(url("add", patient.pk), {**scanned, "file": sent(paper(2), "l.pdf")}).status_code == 303
    document = DocumentReference.objects.get()
    assert (document.content_type, document.pages, str(document.document_date)) == ("application/pdf", 2, "2025-11-02")
    shown = desk.get(url("detail", patient.pk, document.pk)).content.decode()
    assert shown.count("/pages/") == 2
    assert "Reviewed</" not in shown, "who is not asked and no clinician has nothing to say"
    assert desk.post(url("review", patient.pk, document.pk), {"comment": "Read"}).status_code == 422
    first = desk.get(url("page", patient.pk, document.pk, 1))
    assert (first.status_code, b"".join(first.streaming_content)[:4]) == (200, b"\x89PNG")
    assert [desk.get(url("page", patient.pk, document.pk, number)).status_code for number in (0, 3)] == [404, 404]
    unread, read = (url("list", patient.pk) + f"?state={state}" for state in ("unread", "read"))
    assert "Letter of Dr Kim" in desk.get(unread).content.decode()
    assert doctor.post(url("review", patient.pk, document.pk), {"comment": "Continue"}).status_code == 303
    document.refresh_from_db()
    assert (document.reviewed_by, document.review_comment) == (doctor.user, "Continue")
    assert "Letter of Dr Kim" not in desk.get(unread).content.decode()
    assert "Letter of Dr Kim" in desk.get(read).content.decode()
    assert desk.post(url("assign", patient.pk, document.pk), {"reviewer": doctor.user.pk}).status_code == 303
    document.refresh_from_db()
    assert document.reviewed_by == doctor.user


@pytest.mark.feature("F14")
def test_a_card_taken_before_its_policy_is_linked_and_shows_beside_it(as_role: Any) -> None:
    desk, patient = as_role("front_desk"), PatientFactory()
    card = kept(patient, "insurance_card_front")
    policy = CoverageFactory(patient=patient)
    before = desk.get(url("list", patient.pk)).content.decode()
    assert "Not linked to a policy yet" in re.sub(r"<[^>]+>", "", before).replace("\n", "")
    coverages = reverse("clinic:coverages_list", args=[patient.pk])
    small = url("thumbnail", patient.pk, card.pk)
    assert small not in desk.get(coverages).content.decode()
    data = {"category": "insurance_card_front", "description": "", "coverage": str(policy.pk)}
    foreign = {**data, "coverage": str(CoverageFactory().pk)}
    assert desk.post(url("file", patient.pk, card.pk), foreign).status_code == 422
    assert desk.post(url("file", patient.pk, card.pk), {**data, "category": "other"}).status_code == 422
    assert desk.post(url("file", patient.pk, card.pk), data).status_code == 303
    card.refresh_from_db()
    assert card.coverage == policy
    assert "Not linked to a policy yet" not in desk.get(url("list", patient.pk)).content.decode()
    assert small in desk.get(coverages).content.decode()
    later = kept(patient, "insurance_card_front")
    assert desk.post(url("file", patient.pk, later.pk), data).status_code == 303
    card.refresh_from_db()
    assert card.status == "superseded"
