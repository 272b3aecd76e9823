"""What a job made: a file to download, kept apart from anything that a web server serves by itself."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from emr.audit.registry import exempt
from emr.encryption.storage import EncryptedStorage
from emr.jobs.models.jobs import Job
from emr.shared.records import Identified

FOLDER = "jobs"


def private_storage() -> EncryptedStorage:
    """The storage, as a callable, so that migrations hold no path."""
    return EncryptedStorage()


def random_name(_instance: models.Model, _name: str) -> str:
    """A path that tells nothing and is never used twice."""
    token = secrets.token_hex(16)
    return f"{FOLDER}/{token[:2]}/{token}"


@exempt("Written once by its job; each download is an access that the owning app records.")
class JobFile(Identified):
    """One file of a finished job. When its time is over the content goes; this row stays and says so."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=150)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.FileField(storage=private_storage, upload_to=random_name, max_length=60, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="jobs_jobfile_removed",
                condition=(Q(removed_at__isnull=True) & ~Q(content="")) | Q(removed_at__isnull=False, content=""),
            ),
        ]
        indexes = [
            models.Index(name="jobs_jobfile_expiring", fields=["expires_at"], condition=Q(removed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"file {self.id}"
