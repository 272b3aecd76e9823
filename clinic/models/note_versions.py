"""Signed versions of a note that was unlocked: each stays as it was signed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.models.notes import Note
from emr.audit.registry import append_only, recorded
from emr.shared.records import Recorded


@append_only
@recorded(patient="note.patient_id", words=("reason",))
class NoteVersion(Recorded):
    """One signed version, set aside when the note was unlocked by ``created_by`` for ``reason``.

    ``snapshot`` and its SHA-256 are those of the signature. The database unlocks a note only where its version is
    kept here first.
    """

    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    signed_at = models.DateTimeField()
    signed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    cosigned_at = models.DateTimeField(null=True, blank=True)
    cosigned_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    snapshot = models.JSONField()
    content_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["note", "number"], name="clinic_note_version_number"),
            models.CheckConstraint(name="clinic_note_version_reason", condition=Q(reason__regex=r"\S")),
            models.CheckConstraint(name="clinic_note_version_hash", condition=Q(content_hash__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(
                name="clinic_note_version_cosigned",
                condition=Q(cosigned_at__isnull=True, cosigned_by__isnull=True)
                | Q(cosigned_at__isnull=False, cosigned_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"
