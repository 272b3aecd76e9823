"""The origin of an imported row: makes an import idempotent, and each fact traceable to what was sent."""

from __future__ import annotations

from django.db import models

from emr.audit.registry import exempt
from emr.shared.records import Identified


@exempt("Says where a recorded row came from; written once with it.")
class SourceRecord(Identified):
    """One resource of another system, by its source's name, its type and its id there.

    ``model`` and ``object_id`` name the row that it became; both are empty for one that was read and kept nowhere.
    ``content_hash`` is the SHA-256 of the resource's canonical JSON: the same hash again means nothing to do.
    """

    source = models.CharField(max_length=200)
    resource_type = models.CharField(max_length=60)
    source_id = models.CharField(max_length=200)
    content_hash = models.CharField(max_length=64)
    model = models.CharField(max_length=60, blank=True)
    object_id = models.UUIDField(null=True, blank=True)
    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    imported_at = models.DateTimeField(auto_now_add=True)
    imported_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "resource_type", "source_id"], name="interop_source_once"),
        ]
        indexes = [models.Index(fields=["object_id"], name="interop_source_object")]

    def __str__(self) -> str:
        return f"{self.resource_type}/{self.source_id}"
