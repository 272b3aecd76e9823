"""New keys: everything comes under them, however often one is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from emr import keys
from emr.accounts.models import User
from emr.audit.models import SecurityEvent
from emr.encryption import holdings
from emr.encryption.holdings import Turn, all_holdings, encrypted_fields
from emr.encryption.sealed import MARK
from emr.jobs.choices import JobStatus
from emr.jobs.models import Job, JobFile
from emr.keys import new_key

pytestmark = [pytest.mark.feature("K05"), pytest.mark.django_db]

MARKER = b"Rosa Lopez, born 14-Mar-1962"


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """A folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def keep(by: User, content: bytes = MARKER) -> JobFile:
    """A file of a finished job."""
    job = Job.objects.create(
        name="billing.claim_batch_pdf",
        key=new_key(),
        payload={"batch": str(uuid4())},
        created_by=by,
        max_attempts=1,
        status=JobStatus.SUCCEEDED,
        finished_at=timezone.now(),
    )
    made = JobFile(job=job, name="claims.pdf", content_type="application/pdf", size=len(content), sha256="0" * 64)
    made.content.save("claims.pdf", ContentFile(content), save=True)
    return made


def rotate() -> str:
    """What the command says."""
    out = StringIO()
    call_command("rotate_keys", verbosity=0, stdout=out)
    return out.getvalue()


def read(made: JobFile) -> bytes:
    """The content."""
    with made.content.open("rb") as file:
        content: bytes = file.read()
    return content


def test_nothing_readable_is_on_the_disk(media: Path, person: Callable[..., User]) -> None:
    made = keep(person("biller"))
    (path,) = [path for path in media.rglob("*") if path.is_file()]
    assert path.read_bytes().startswith(MARK)
    assert b"Rosa" not in path.read_bytes()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (read(made), made.content.size) == (MARKER, len(MARKER))


def test_rotated_files_need_the_old_key_no_more(media: Path, person: Callable[..., User], settings: Any) -> None:
    old, new = new_key(), new_key()
    settings.ENCRYPTION_KEYS = [old]
    files = [keep(person("biller"), MARKER * n) for n in (1, 5000)]
    settings.ENCRYPTION_KEYS = [new, old]
    assert rotate() == "Done: 2 rewritten.\nKeys after the first may be removed from ENCRYPTION_KEYS.\n"
    assert SecurityEvent.objects.get(kind="key_rotated").detail == "2 rewritten"
    assert rotate().startswith("Done: 2 under the newest key already.")
    settings.ENCRYPTION_KEYS = [new]
    assert [read(made) for made in files] == [MARKER, MARKER * 5000]
    assert not list(media.rglob("*.new"))


def test_an_interrupted_rotation_goes_on_where_it_stopped(
    media: Path, person: Callable[..., User], settings: Any
) -> None:
    old, new = new_key(), new_key()
    settings.ENCRYPTION_KEYS = [old]
    files = [keep(person("biller")) for _ in range(3)]
    settings.ENCRYPTION_KEYS = [new, old]
    (held,) = [held for held in all_holdings() if held.name == "jobs.JobFile.content"]
    assert next(held.rotate()) is Turn.REWRITTEN  # … and the command is killed here, while it writes the second:
    path = Path(files[1].content.path)
    path.with_name(f"{path.name}.new").write_bytes(b"half a file")
    assert rotate().startswith("Done: 2 rewritten, 1 under the newest key already.")
    settings.ENCRYPTION_KEYS = [new]
    assert [read(made) for made in files] == [MARKER] * 3


def test_files_of_before_are_sealed(media: Path, person: Callable[..., User]) -> None:
    made = keep(person("biller"))
    Path(made.content.path).write_bytes(MARKER)
    assert rotate().startswith("Done: 1 rewritten.")
    assert b"Rosa" not in Path(made.content.path).read_bytes()
    assert read(made) == MARKER


def test_a_missing_key_is_told_and_no_key_may_go(media: Path, person: Callable[..., User], settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [new_key()]
    keep(person("biller"))
    settings.ENCRYPTION_KEYS = [new_key()]
    with pytest.raises(CommandError, match=r"1 can't be read with any key of ENCRYPTION_KEYS.*Remove no key"):
        rotate()


def test_a_page_says_that_the_key_is_missing(media: Path, as_role: Callable[..., Any], settings: Any) -> None:
    client: Client = as_role("biller")
    made = keep(client.user)  # type: ignore[attr-defined]
    settings.ENCRYPTION_KEYS = [new_key()]
    address = reverse("jobs:files_download", kwargs={"job_id": made.job_id, "file_id": made.pk})
    assert "can&#39;t be decrypted" in client.get(address, follow=True).content.decode()


def test_seeds_of_second_factors_come_along(person: Callable[..., User], settings: Any) -> None:
    old, new = new_key(), new_key()
    settings.ENCRYPTION_KEYS = [old]
    data = {"secret": keys.encrypt(b"JBSWY3DPEHPK3PXP").decode()}
    factor = Authenticator.objects.create(user=person("nurse"), type=Authenticator.Type.TOTP, data=data)
    settings.ENCRYPTION_KEYS = [new, old]
    assert rotate().startswith("Done: 1 rewritten.")
    settings.ENCRYPTION_KEYS = [new]
    factor.refresh_from_db()
    assert keys.decrypt(factor.data["secret"].encode()) == b"JBSWY3DPEHPK3PXP"
    settings.ENCRYPTION_KEYS = [new_key()]
    with pytest.raises(CommandError, match="1 can't be read"):
        rotate()


def test_a_file_that_is_gone_stops_nothing(media: Path, person: Callable[..., User]) -> None:
    Path(keep(person("biller")).content.path).unlink()
    assert rotate().startswith("Done: 1 without its file.")


def test_columns_register_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    def turns() -> Iterator[Turn]:
        yield Turn.REWRITTEN

    monkeypatch.setattr(holdings, "_REGISTERED", {})
    holdings.holding("seeds", count=lambda: 1, rotate=turns)
    with pytest.raises(ValueError, match="seeds"):
        holdings.holding("seeds", count=lambda: 1, rotate=turns)
    assert rotate().startswith("Done: 1 rewritten.")


def test_every_file_of_ours_is_sealed() -> None:
    """A new model with a file field can't forget it."""
    files = {
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.FileField)
    }
    assert files == set(encrypted_fields())


def test_a_new_key_is_printed_and_fits(settings: Any) -> None:
    out = StringIO()
    call_command("make_key", stdout=out)
    settings.ENCRYPTION_KEYS = [out.getvalue().strip()]
    assert len(out.getvalue().strip()) == 44
    assert keys.decrypt(keys.encrypt(b"x")) == b"x"
