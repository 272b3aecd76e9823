"""The origin of an imported row: makes an import idempotent, and keeps all that was sent, mapped or not."""

from __future__ import annotations

from django.db import models

from emr.audit.registry import append_only, exempt
from emr.shared.records import Identified


@append_only
@exempt("What another system sent, kept as it was sent; it only grows, and says itself who imported it and when.")
class SourceRecord(Identified):
    """One version of one resource of another system, by its source's name, its type and its id there.

    ``model`` and ``object_id`` name the row that it became; both are empty for a resource that has no table here and is
    only kept. ``content`` is the resource as it was sent, so that nothing of it is lost. ``content_hash`` is the
    SHA-256 of its canonical JSON: the same hash again means that there is nothing to do.
    """

    source = models.CharField(max_length=200)
    resource_type = models.CharField(max_length=60)
    source_id = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    model = models.CharField(max_length=60, blank=True)
    object_id = models.UUIDField(null=True, blank=True)
    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    imported_at = models.DateTimeField(auto_now_add=True)
    imported_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "resource_type", "source_id", "version"], name="interop_source_once"
            ),
        ]
        indexes = [models.Index(fields=["object_id"], name="interop_source_object")]

    def __str__(self) -> str:
        return f"{self.resource_type}/{self.source_id}"
