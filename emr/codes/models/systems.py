"""Code systems and the releases of them that were loaded."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from emr.audit.registry import exempt
from emr.shared.records import Identified, choices_constraint, paired


@exempt("reference data: says nothing about a person")
class CodeSystem(Identified):
    """A code system as FHIR's CodeSystem names it."""

    url = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    licence = models.TextField()
    source = models.TextField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title


class ReleaseState(models.TextChoices):
    """FHIR's publication status, as far as a loaded release has one."""

    DRAFT = "draft", "Being loaded"
    ACTIVE = "active", "In use"
    RETIRED = "retired", "Replaced"


class ReleaseOrigin(models.TextChoices):
    """Who gave the data: a default load never replaces a clinic's own file."""

    SHIPPED = "shipped", "Came with the product"
    FILE = "file", "The clinic's own file"


@exempt("reference data: each row is itself the trace of a load")
class Release(Identified):
    """One load of a code system. At most one release of a system is active.

    ``checksum`` is the SHA-256 of the source and of the importer's revision: the same file loads once.
    ``effective_from`` is the day from which the release's new codes count and its dropped codes don't.
    """

    code_system = models.ForeignKey(CodeSystem, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=ReleaseState, default=ReleaseState.DRAFT)
    origin = models.CharField(max_length=10, choices=ReleaseOrigin)
    source_name = models.CharField(max_length=300)
    effective_from = models.DateField(null=True, blank=True)
    checksum = models.CharField(max_length=64)
    count = models.PositiveIntegerField(default=0)
    loaded_at = models.DateTimeField(auto_now_add=True)
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-loaded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["code_system"], condition=Q(state="active"), name="codes_release_one_active"
            ),
            choices_constraint("codes_release_state", "state", ReleaseState),
            choices_constraint("codes_release_origin", "origin", ReleaseOrigin),
            paired("codes_release_loaded_paired", "loaded_at", "loaded_by"),
        ]

    def __str__(self) -> str:
        return f"{self.code_system.title} {self.version}"
