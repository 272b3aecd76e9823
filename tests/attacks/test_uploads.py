"""Files that are not what they say, that never end, or that run: at every form that takes one."""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from PIL import Image, PngImagePlugin

from emr.accounts.models import Clinic
from tests.attacks.fingerprint import changed, fingerprint
from tests.emr.uploads.samples import EICAR, archive, bomb, paper, picture
from tests.factories import billing
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import PatientFactory
from tests.services import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03"), pytest.mark.attack("upload")]

SCRIPT = b"<script>zzrun()</script>"


def _gif_and_script() -> bytes:
    return b"GIF89a=1;zzrun();/*" + b"\0" * 20 + b"*/"


def _picture_with_page() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SCRIPT.decode())
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG", pnginfo=text)
    return out.getvalue() + b"<html>" + SCRIPT


def _many_frames() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (4, 4), (n, 0, 0)) for n in range(50)]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


#: What is sent, and under which names: those of pictures, of lists, and of things that would run.
REFUSED: dict[str, bytes] = {
    "a picture that is a script": _gif_and_script(),
    "a drawing with a script": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="zzrun()"/>',
    "a page": b"<!doctype html><html>" + SCRIPT,
    "a picture of 2,500 million pixels": bomb(50_000),
    "an archive": archive(),
    "a bomb": zlib.compress(b"0" * 10_000_000, 9),
    "a paper with a script": paper(script="app.alert(1)"),
    "a paper with a file in it": paper(attachment=b"MZ"),
    "a program": b"MZ\x90\x00" + b"\0" * 60,
    "a shell script": b"#!/bin/sh\nrm -rf /\n",
    "half a picture": picture()[:60],
    "nothing": b"",
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}
NAMES = (
    "logo.png",
    "fees.csv",
    "../../../etc/cron.d/evil",
    "evil.php\x00.png",
    "logo.svg",
    "CON.png",
    "a" * 300 + ".png",
)


@pytest.fixture
def doors(as_role: Callable[..., Client]) -> list[Callable[[bytes, str, str], HttpResponse]]:
    """Each form that takes a file, as a function that sends one."""
    ClinicFactory()
    client = as_role("manager", "biller", "nurse")
    schedule, patient = billing.FeeScheduleFactory(), PatientFactory()
    return [
        _sender(client, reverse("accounts:clinic_edit"), "logo_file", _particulars()),
        _sender(client, reverse("billing:fees_import", args=[schedule.pk]), "file", {}),
        _sender(client, reverse("billing:remittances_receive"), "file", {}),
        _sender(client, reverse("billing:vaccines_import"), "file", {}),
        _sender(client, reverse("clinic:documents_capture", args=[patient.pk]), "photo", {}),
        _sender(client, reverse("clinic:documents_add", args=[patient.pk]), "file", {"description": "A letter"}),
        _sender(client, reverse("interop:messages_upload"), "file", {}),
    ]


def _particulars() -> dict[str, str]:
    row = Clinic.objects.get()
    names = ("name", "npi", "tax_id", "tax_id_type", "taxonomy_code", "phone", "line1", "city", "state", "postal_code")
    return {name: getattr(row, name) or "" for name in (*names, "time_zone")}


def _sender(client: Client, path: str, field: str, body: dict[str, str]) -> Callable[[bytes, str, str], HttpResponse]:
    def send(content: bytes, name: str, kind: str) -> Any:
        return client.post(path, {**body, field: SimpleUploadedFile(name, content, kind)})

    return send


def test_every_form_that_takes_a_file_is_tried() -> None:
    """A new field for files is added to the senders above."""
    fields = {
        f"{path.relative_to(ROOT)}"
        for app in ("emr", "clinic", "scheduling", "billing", "interop")
        for path in ROOT.glob(f"{app}/**/*.py")
        if "forms" in path.parts
        for text in [path.read_text(encoding="utf-8")]
        if "UploadField(" in text or "FileField(" in text or "ImageField(" in text
    }
    assert fields == {
        "emr/accounts/forms/people.py",
        "billing/forms/fees.py",
        "billing/forms/remittances.py",
        "billing/forms/vaccine_services.py",
        "clinic/forms/documents.py",
        "interop/forms/messages.py",
    }


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_what_it_says_is_not_taken(
    what: str, doors: list[Callable[[bytes, str, str], HttpResponse]]
) -> None:
    before = fingerprint()
    for send in doors:
        for name, kind in zip(
            NAMES, ("image/png", "text/csv", "image/png", "image/jpeg", "text/html", "", ""), strict=True
        ):
            assert send(REFUSED[what], name, kind).status_code in {200, 302, 303, 400, 422}
    assert changed(before) == [] or _only_unchanged_logo()


def _only_unchanged_logo() -> bool:
    """The clinic's form was saved without a picture: an empty file is none."""
    return not bytes(Clinic.objects.get().logo or b"")


def test_an_oversized_file_is_not_kept(doors: list[Callable[[bytes, str, str], HttpResponse]]) -> None:
    before = fingerprint()
    for send in doors:
        assert send(picture() + b"\0" * 30_000_000, "logo.png", "image/png").status_code in {200, 400, 413, 422}
    assert changed(before) == []


def test_nothing_but_the_pixels_is_kept(doors: list[Callable[[bytes, str, str], HttpResponse]]) -> None:
    assert doors[0](_picture_with_page(), "logo.png", "image/png").status_code == 303
    kept = bytes(Clinic.objects.get().logo)
    assert b"zzrun" not in kept
    assert kept.startswith(b"\x89PNG\r\n\x1a\n")
    assert doors[0](_many_frames(), "logo.png", "image/png").status_code == 303
    assert getattr(Image.open(io.BytesIO(bytes(Clinic.objects.get().logo))), "n_frames", 1) == 1


def test_lists_of_nonsense_are_answered(doors: list[Callable[[bytes, str, str], HttpResponse]]) -> None:
    """Cells without end, quotes without end, columns without names, formulas, other alphabets: never an error."""
    before = fingerprint()
    for content in (
        b"code,display,amount\n" + b'"' + b"x" * 200_000 + b'",a,1\n',
        b'code,display,amount\n"',
        b",,,\n,,,\n",
        b"code,display,amount\n" + b"G0463,=cmd|' /C calc'!A0,1\n",
        "code,display,amount\nG0463,\u202egpj.exe,1\n".encode(),
        b"code,display,amount\nG0463,a,1e400\nG0463,a,NaN\nG0463,a,-1\n",
        b"\xff\xfec\x00o\x00",
        b"[" * 100_000,
    ):
        assert doors[1](content, "fees.csv", "text/csv").status_code in {200, 303, 422}, content[:40]
    assert set(changed(before)) <= {"audit_logentry", "billing_feescheduleitem"}


def test_the_scanner_is_asked(
    doors: list[Callable[[bytes, str, str], HttpResponse]], settings: object, tmp_path: Path
) -> None:
    """The scanner's program decides; one that is not there lets nothing in."""
    program = tmp_path / "scan.py"
    program.write_text("import sys\nsys.exit(b'EICAR' in sys.stdin.buffer.read())\n")
    settings.VIRUS_SCAN_COMMAND = f"{sys.executable} {program}"
    schedule = b"code,display,amount\nG0463," + EICAR + b",1\n"
    before = fingerprint()
    assert b"scanner found something" in doors[1](schedule, "fees.csv", "text/csv").content
    settings.VIRUS_SCAN_COMMAND = str(tmp_path / "missing")
    assert b"scanner is away" in doors[1](b"code,display,amount\nG0463,a,1\n", "fees.csv", "text/csv").content
    assert changed(before) == []


@pytest.mark.attack("path-traversal")
def test_no_file_has_a_name_or_place_of_the_senders() -> None:
    """Wherever a file is kept its place is random; nothing of ours opens a path that a request names."""
    places = [field.generate_filename(model(), "../../etc/passwd") for model, field in _file_fields() for _ in range(2)]
    assert places
    assert [place for place in places if ".." in place or "passwd" in place or place.startswith("/")] == []
    assert len(set(places)) == len(places)


def _file_fields() -> Iterator[tuple[type[models.Model], models.FileField]]:
    for model in apps.get_models():
        for field in model._meta.fields:
            if isinstance(field, models.FileField):
                yield model, field


@pytest.mark.attack("path-traversal")
@pytest.mark.parametrize(
    "path",
    [
        "/static/../../emr/settings.py",
        "/static/%2e%2e/%2e%2e/emr/settings.py",
        "/static/..%2f..%2femr/settings.py",
        "/static/%252e%252e/emr/settings.py",
        "/static//etc/passwd",
        "/media/jobs/",
        "/.git/config",
        "/.env",
        "/var/keys",
    ],
)
def test_no_path_leads_to_a_file_of_the_house(path: str, as_role: Callable[..., Client]) -> None:
    answer = as_role("manager").get(path)
    assert answer.status_code in {400, 404}
    assert b"SECRET_KEY" not in answer.content
