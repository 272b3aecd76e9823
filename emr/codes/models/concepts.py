"""The codes themselves, and the words that their texts are made of."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from emr.audit.registry import exempt
from emr.codes.folding import code_key, search_text
from emr.codes.models.systems import CodeSystem, Release
from emr.shared.records import Identified, period_constraint


class ConceptQuerySet(models.QuerySet["Concept"]):
    """Filters by name."""

    def of(self, system: str) -> Self:
        """Concepts of the code system with this URL."""
        # A scalar subquery, not a join: only so does the planner walk an index that begins with the system.
        return self.filter(code_system=CodeSystem.objects.filter(url=system).values("pk")[:1])

    def valid_on(self, day: date) -> Self:
        """Concepts that may be used for something that happened on ``day``."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day), Q(valid_to__isnull=True) | Q(valid_to__gte=day)
        )


@exempt("reference data: says nothing about a person")
class Concept(Identified):
    """One code of a code system. A code is never deleted: a release that lacks it ends its validity.

    ``selectable``: may be recorded (an ICD-10-CM header may not). ``common`` says what is offered first:
    2 the commonest, 1 common ones, 0 most, -1 those wanted last. ``active``: is in the release in use. ``valid_from``
    and ``valid_to`` are inclusive; None means open. ``release`` is the last one that held the code.
    ``search_text`` and ``code_key`` are folded for search.
    """

    code_system = models.ForeignKey(CodeSystem, on_delete=models.PROTECT, related_name="concepts")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="concepts", null=True, blank=True)
    code = models.CharField(max_length=64)
    code_key = models.CharField(max_length=64, editable=False)
    display = models.CharField(max_length=500)
    synonyms = models.TextField(blank=True)
    search_text = models.TextField(editable=False)
    selectable = models.BooleanField(default=True)
    common = models.SmallIntegerField(default=0)
    active = models.BooleanField(default=True)
    properties = models.JSONField(default=dict, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    objects = ConceptQuerySet.as_manager()

    class Meta:
        ordering = ["code_system", "code"]
        constraints = [
            models.UniqueConstraint(fields=["code_system", "code"], name="codes_concept_code"),
            models.CheckConstraint(
                name="codes_concept_filled", condition=~Q(code="") & ~Q(display="") & ~Q(search_text="")
            ),
            period_constraint("codes_concept_validity", "valid_from", "valid_to"),
        ]
        indexes = [
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="codes_concept_text"),
            models.Index(
                fields=["code_system", "code_key"],
                opclasses=["uuid_ops", "varchar_pattern_ops"],
                name="codes_concept_code_key",
            ),
            # The order in which hits are shown: a search for a frequent word stops after the first few.
            models.Index(
                models.F("code_system"),
                models.F("common").desc(),
                Length("display"),
                models.F("code"),
                name="codes_concept_shown",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.display}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Fold the text for search, then save."""
        self.code_key = code_key(self.code)
        self.search_text = search_text(self.display, self.synonyms)
        super().save(*args, **kwargs)

    def is_valid_on(self, day: date) -> bool:
        """Whether the code may be used for something that happened on ``day``."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@exempt("derived from the concepts for search")
class Word(Identified):
    """A word of a system's texts and how many concepts use it: what a mistyped word is compared with."""

    code_system = models.ForeignKey(CodeSystem, on_delete=models.CASCADE, related_name="words")
    word = models.CharField(max_length=100)
    frequency = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code_system", "word"], name="codes_word_word")]
        indexes = [
            GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="codes_word_similar"),
            models.Index(
                fields=["code_system", "word"], opclasses=["uuid_ops", "varchar_pattern_ops"], name="codes_word_prefix"
            ),
        ]

    def __str__(self) -> str:
        return self.word
