"""Uploads through the pages: limits while the file comes in, refusals beside the field, and what is on record."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Clinic
from emr.audit.models import SecurityEvent
from emr.uploads.incoming import UploadField
from tests.emr.uploads.samples import EICAR, picture

pytestmark = pytest.mark.django_db

LogIn = Callable[..., Client]
ROOT = Path(__file__).resolve().parents[3]


def send(client: Client, content: bytes) -> Any:
    """Send the clinic's form with a logo."""
    return client.post(
        reverse("accounts:clinic_edit"), {"logo_file": SimpleUploadedFile("logo.png", content, "image/png")}
    )


def test_a_refusal_stands_beside_the_field(as_role: LogIn) -> None:
    html = send(as_role("manager"), b"<svg onload='alert(1)'/>").content.decode()
    assert "which is not taken here" in html
    assert not Clinic.objects.exists()


def test_a_file_above_the_limit_arrives_empty_and_is_refused(as_role: LogIn, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 300_000
    html = send(as_role("manager"), b"\x89PNG\r\n\x1a\n" + b"x" * 400_000).content.decode()
    assert "larger than 200 kB" in html


def test_a_flood_is_cut_off(as_role: LogIn, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    client = as_role("manager")
    html = send(client, b"\x89PNG\r\n\x1a\n" + b"x" * 600_000).content.decode()
    assert "larger than" not in html
    assert not Clinic.objects.exists()


def test_no_file_touches_the_disk_on_its_way(as_role: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_file(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("A temporary file was made.")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", no_file)
    monkeypatch.setattr(tempfile, "mkstemp", no_file)
    assert send(as_role("manager"), picture(size=(1500, 1500)) + b"x" * 4_000_000).status_code == 200


def test_a_stranger_sends_no_file(client: Client) -> None:
    response = client.post(reverse("account_login"), {"login": SimpleUploadedFile("a.csv", b"a" * 100_000)})
    assert response.wsgi_request.FILES == {}


def test_an_infected_file_is_on_record(as_role: LogIn, settings: Any, tmp_path: Path) -> None:
    program = tmp_path / "scanner.py"
    program.write_text("import sys\nsys.exit(b'EICAR' in sys.stdin.buffer.read())\n")
    settings.VIRUS_SCAN_COMMAND = f"{sys.executable} {program}"
    client = as_role("manager")
    assert "found something" in send(client, picture() + EICAR).content.decode()
    event = SecurityEvent.objects.get(kind="upload_refused")
    assert (event.user, event.detail) == (client.user, "infected file")  # type: ignore[attr-defined]


def test_every_file_field_of_a_form_is_checked() -> None:
    """A new form can't forget it."""
    for app in apps.get_app_configs():
        if Path(app.path).is_relative_to(ROOT) and ".venv" not in app.path:
            __import__(f"{app.name}.forms") if (Path(app.path) / "forms").exists() else None
    found = {
        field.__class__
        for form in _forms()
        for field in form.base_fields.values()
        if isinstance(field, forms.FileField)
    }
    assert found == {UploadField}


def _forms(base: Any = forms.BaseForm) -> list[Any]:
    ours = [form for form in base.__subclasses__() if hasattr(form, "base_fields")]
    deeper = [form for child in base.__subclasses__() for form in _forms(child)]
    return [form for form in {*ours, *deeper} if not form.__module__.startswith(("django", "allauth", "tests"))]
