"""The clinic's particulars and its logo."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from emr.accounts.logo import LIMITS, MAX_BYTES
from emr.accounts.models import Clinic
from emr.audit.models import LogEntry
from emr.uploads.incoming import check
from emr.uploads.refusals import Refused
from tests.factories.accounts import ClinicFactory

pytestmark = pytest.mark.django_db

DATA = {
    "name": "Riverside Clinic",
    "npi": "1234567893",
    "tax_id": "123456789",
    "tax_id_type": "EIN",
    "taxonomy_code": "261QP2300X",
    "phone": "2175550100",
    "line1": "1 River Road",
    "line2": "",
    "city": "Springfield",
    "state": "IL",
    "postal_code": "62701-1234",
    "time_zone": "America/Chicago",
}


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


def test_a_manager_sets_the_clinic_up(as_role: Callable[..., Client]) -> None:
    sent = {**DATA, "logo_file": SimpleUploadedFile("logo.png", picture(), "image/png")}
    response = as_role("manager").post(reverse("accounts:clinic_edit"), sent)
    assert response.status_code == 303
    clinic = Clinic.objects.get()
    assert (clinic.name, clinic.npi, clinic.time_zone) == ("Riverside Clinic", "1234567893", "America/Chicago")
    assert clinic.logo_url.startswith("data:image/png;base64,")
    entry = LogEntry.objects.get(object_pk=clinic.pk)
    assert entry.changes["logo_sha256"][1] == clinic.logo_sha256
    assert "logo" not in entry.changes


def test_the_logo_can_be_replaced_and_removed(as_role: Callable[..., Client]) -> None:
    ClinicFactory()
    client = as_role("manager")
    for kind in ("PNG", "JPEG"):
        client.post(reverse("accounts:clinic_edit"), {**DATA, "logo_file": SimpleUploadedFile("x", picture(kind))})
        assert Clinic.objects.get().logo_type == f"image/{kind.lower()}"
    client.post(reverse("accounts:clinic_edit"), {**DATA, "remove_logo": "on"})
    assert Clinic.objects.get().logo_url == ""


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("npi", "1234567890", "not a valid NPI"),
        ("tax_id", "12345678X", "nine digits"),
        ("postal_code", "6270", "five digits"),
        ("time_zone", "Chicago", "IANA"),
        ("state", "Illinois", "at most 2 characters"),
    ],
)
def test_wrong_particulars_are_refused_in_words(
    as_role: Callable[..., Client], field: str, value: str, words: str
) -> None:
    response = as_role("manager").post(reverse("accounts:clinic_edit"), {**DATA, field: value})
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not Clinic.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\0" * 50,
        picture()[:40],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"x" * (MAX_BYTES + 1),
        picture(size=(2001, 2)),
    ],
    ids=["empty", "svg", "gif", "cut", "broken", "large", "wide"],
)
def test_what_is_no_picture_is_no_logo(content: bytes) -> None:
    with pytest.raises(Refused):
        check(content, "logo.png", LIMITS)


def test_what_hides_in_a_picture_is_not_kept() -> None:
    logo = check(picture() + b"<script>alert(1)</script>", "logo.png", LIMITS)
    assert b"script" not in logo.content


@pytest.mark.parametrize("role", ["front_desk", "nurse", "clinician", "biller", "privacy_officer"])
def test_only_a_manager_may(as_role: Callable[..., Client], role: str) -> None:
    assert as_role(role).post(reverse("accounts:clinic_edit"), DATA).status_code == 403
    assert not Clinic.objects.exists()
