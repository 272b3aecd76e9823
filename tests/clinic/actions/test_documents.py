"""Documents are sealed on disk, replaced and never changed."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from PIL import Image

from clinic.actions.documents import add_document
from clinic.actions.errors import enter_in_error
from clinic.forms.documents import PAPERS
from clinic.models import DocumentReference
from clinic.queries.documents import photo_data_url
from emr.audit.actor import acting
from emr.encryption.orphans import orphans
from emr.shared.errors import DomainError
from emr.uploads.incoming import check
from tests.emr.uploads.samples import paper, picture
from tests.factories.clinic import CoverageFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B05")]


def taken(content: bytes | None = None, name: str = "card.jpg") -> Any:
    return check(content or picture("JPEG", (1600, 1000)), name, PAPERS)


@pytest.fixture
def clerk(person: Any) -> Any:
    return person("front_desk")


def test_a_picture_is_sealed_with_a_small_one_beside_it(clerk: Any) -> None:
    file = taken()
    document = add_document(by=clerk, patient=PatientFactory(), category="photo", file=file)
    on_disk = (Path(settings.MEDIA_ROOT) / document.content.name).read_bytes()
    assert file.content not in on_disk
    assert b"JFIF" not in on_disk
    assert document.content.open("rb").read() == file.content
    assert Image.open(io.BytesIO(document.thumbnail.open("rb").read())).size == (240, 150)
    assert (document.sha256, document.size, document.content_type) == (file.sha256, len(file.content), "image/jpeg")
    assert photo_data_url(document.patient).startswith("data:image/jpeg;base64,")


def test_a_new_photo_takes_the_place_of_the_old(clerk: Any) -> None:
    patient = PatientFactory()
    first, second = (
        add_document(by=clerk, patient=patient, category="photo", file=taken(), replace=False) for _ in range(2)
    )
    first.refresh_from_db()
    assert (first.status, second.status) == ("superseded", "current")


def test_cards_are_one_for_each_policy_and_papers_as_many_as_there_are(clerk: Any) -> None:
    patient = PatientFactory.create()
    ours, theirs = CoverageFactory(patient=patient), CoverageFactory(patient=patient, order=2)
    for coverage in (ours, theirs, ours):
        add_document(by=clerk, patient=patient, category="insurance_card_front", file=taken(), coverage=coverage)
    for _ in range(2):
        add_document(by=clerk, patient=patient, category="consent", file=taken(paper(2), "c.pdf"))
    rows = DocumentReference.objects.filter(patient=patient).order_by("created_at")
    assert [(row.category, row.status, row.pages) for row in rows] == [
        ("insurance_card_front", "superseded", 0),
        ("insurance_card_front", "current", 0),
        ("insurance_card_front", "current", 0),
        ("consent", "current", 2),
        ("consent", "current", 2),
    ]


def test_a_photo_is_a_picture_and_a_policy_the_patients_own(clerk: Any) -> None:
    patient = PatientFactory()
    with pytest.raises(DomainError, match="a picture"):
        add_document(by=clerk, patient=patient, category="photo", file=taken(paper(), "p.pdf"))
    with pytest.raises(DomainError, match="policy of this patient"):
        add_document(
            by=clerk, patient=patient, category="insurance_card_back", file=taken(), coverage=CoverageFactory()
        )
    assert not DocumentReference.objects.exists()


def test_the_database_lets_no_content_be_exchanged(clerk: Any) -> None:
    document = add_document(by=clerk, patient=PatientFactory(), category="other", file=taken())
    with pytest.raises(IntegrityError, match="is replaced"), transaction.atomic(), acting(clerk):
        document.sha256 = "0" * 64
        document.save(update_fields=["sha256"])


def test_an_error_is_marked_and_the_file_stays(clerk: Any) -> None:
    document = add_document(by=clerk, patient=PatientFactory(), category="photo", file=taken())
    wrong = enter_in_error(by=clerk, row=document, reason="Another patient")
    assert wrong.status == "entered-in-error"
    assert wrong.content.open("rb").read(2) == b"\xff\xd8"
    assert photo_data_url(document.patient) == ""


def test_what_a_rolled_back_write_left_is_swept_away(clerk: Any) -> None:
    kept = add_document(by=clerk, patient=PatientFactory(), category="photo", file=taken())
    with pytest.raises(RuntimeError), transaction.atomic():
        lost = add_document(by=clerk, patient=PatientFactory(), category="photo", file=taken())
        raise RuntimeError
    left = {Path(file.path) for file in (lost.content, lost.thumbnail)}
    stays = {Path(file.path) for file in (kept.content, kept.thumbnail)}
    assert all(path.exists() for path in left | stays)
    later, sooner = timezone.now() + timedelta(seconds=5), timezone.now() - timedelta(hours=1)
    assert left & set(orphans(sooner)) == set()
    assert left <= set(orphans(later))
    assert stays & set(orphans(later)) == set()
