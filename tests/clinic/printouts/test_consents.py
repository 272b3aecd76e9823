"""A signed consent on paper: who, what, when, on every page, with the drawn signature."""

from __future__ import annotations

from datetime import UTC, datetime

import pypdfium2  # type: ignore[import-untyped]
import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Consent, ConsentForm
from clinic.printouts.consents import consent_paper
from clinic.queries.consents import digest_of
from clinic.signatures import read_signature
from emr.uploads.kinds import Kind
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import PatientFactory
from tests.factories.intake import drawn, inside, text, way_in

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D07")]


def _pages(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


@pytest.mark.parametrize("long", [1, 12], ids=["one page", "more pages"])
def test_the_paper(long: int) -> None:
    ClinicFactory()
    patient, form = PatientFactory(family_name="Silva", mrn="5000005"), text()
    form.text = "\n\n".join([form.text] * long)
    paper = consent_paper(
        patient,
        form,
        signer_name="Rosa Silva",
        signer_relationship="parent",
        signature=read_signature(drawn()),
        signed_at=datetime(2026, 3, 14, 15, 5, tzinfo=UTC),
        shown="a" * 64,
        taken_by="Dana Ruiz",
    )
    pages = _pages(paper.content)
    assert (paper.kind, paper.pages) == (Kind.PDF, len(pages))
    assert (len(pages) > 1) == (long > 1)
    for number, page in enumerate(pages, 1):
        assert "SILVA Maria · born 14-Mar-1962 · MRN 500 000 5" in page
        assert f"Page {number} of {len(pages)}" in page
        assert "Consent to treatment, version 1" in page
    assert "Rosa Silva (parent)" in pages[-1]
    assert "drawn on the screen, in the presence of Dana Ruiz" in pages[-1]
    assert "a" * 64 in pages[-1].replace(" ", "")
    pictures = [obj for page in pypdfium2.PdfDocument(paper.content) for obj in page.get_objects() if obj.type == 3]
    assert len(pictures) == 1


def test_what_is_kept_is_sealed_and_says_what_was_shown() -> None:
    form = text()
    client: Client = inside(way_in(PatientFactory(), forms=[form]))
    said = {"signer_name": "Maria Test", "signer_relationship": "self", "shown": digest_of(form), "signature": drawn()}
    client.post(reverse("intake:page", args=[1]), {**said, "answer": "sign"})
    consent = Consent.objects.select_related("document").get()
    assert consent.document is not None
    for field in (consent.document.content, consent.signature):
        with open(field.path, "rb") as raw:
            assert raw.read(5) not in (b"%PDF-", b"\x89PNG\r")
    with consent.document.content.open("rb") as plain:
        pages = _pages(plain.read())
    assert consent.shown_sha256 in pages[-1].replace(" ", "")
    assert ConsentForm.objects.get().text.split("\n")[0][:60] in pages[0]
