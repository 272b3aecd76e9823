"""What every row of the record has in common."""

from __future__ import annotations

import uuid
from typing import Any

import uuid_utils
from django.conf import settings
from django.db import models
from django.db.models import F, Q


def uuid7() -> uuid.UUID:
    """A new time-ordered key (RFC 9562, version 7): tells nothing in a URL, keeps indexes dense."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


def paired(name: str, at: str, by: str) -> models.CheckConstraint:
    """A constraint: the instant and the person of an event are both there or both missing."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{at}__isnull": True, f"{by}__isnull": True})
        | Q(**{f"{at}__isnull": False, f"{by}__isnull": False}),
    )


class Identified(models.Model):
    """A row with a UUIDv7 key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


class Recorded(Identified):
    """A row of the record: when it was written and by whom."""

    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)

    class Meta:
        abstract = True


class ErrableMixin(models.Model):
    """Nothing is deleted: a wrong row is *entered in error* by someone, at a time, for a reason."""

    entered_in_error_at = models.DateTimeField(null=True, blank=True, editable=False)
    entered_in_error_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    entered_in_error_reason = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_error_paired",
                condition=Q(
                    entered_in_error_at__isnull=True,
                    entered_in_error_by__isnull=True,
                    entered_in_error_reason="",
                )
                | (
                    Q(entered_in_error_at__isnull=False, entered_in_error_by__isnull=False)
                    & ~Q(entered_in_error_reason="")
                ),
            ),
        ]


class CodedMixin(models.Model):
    """A coded value as it was said (FHIR CodeableConcept with one coding).

    ``system`` is the code system's FHIR URL, ``display`` the words on the screen when it was entered. Text without a
    code keeps ``system`` and ``code`` empty and says it in ``display``.
    """

    system = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=64, blank=True)
    display = models.CharField(max_length=500)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_coded",
                condition=(Q(code="", system="") | (~Q(code="") & ~Q(system=""))) & ~Q(display=""),
            ),
        ]


def period_constraint(name: str, start: str, end: str) -> models.CheckConstraint:
    """A constraint: a period does not end before it starts."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": F(start)}) | Q(**{f"{start}__isnull": True}),
    )


def choices_constraint(
    name: str, field: str, choices: type[models.TextChoices], **extra: Any
) -> models.CheckConstraint:
    """A constraint: the field holds one of its choices, whoever writes it."""
    return models.CheckConstraint(name=name, condition=Q(**{f"{field}__in": choices.values}), **extra)
