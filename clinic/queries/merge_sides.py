"""Two charts side by side: what tells one person from another."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import OuterRef, Subquery

from clinic.models import DocumentReference, Encounter, Patient
from clinic.papers import DocumentCategory, DocumentStatus
from clinic.queries.patients import Hit, describe, with_details
from emr.ui import formats


@dataclass(frozen=True)
class Side:
    """One of the two: its identifiers in words, its photo if there is one, when it was made, seen last."""

    hit: Hit
    full_name: str
    registered: str
    last_visit: str
    photo_id: UUID | None


def sides(survivor: Patient, merged: Patient) -> tuple[Side, Side]:
    """Both sides, the survivor first. One query."""
    photos = DocumentReference.objects.filter(
        patient=OuterRef("pk"), category=DocumentCategory.PHOTO, status=DocumentStatus.CURRENT
    )
    visits = Encounter.objects.filter(patient=OuterRef("pk"), entered_in_error_at=None).order_by("-period_start")
    both = Patient.objects.filter(pk__in=[survivor.pk, merged.pk])
    rows = with_details(both, both).annotate(
        photo=Subquery(photos.values("pk")[:1]), last=Subquery(visits.values("period_start")[:1])
    )
    found = {row.pk: row for row in rows.order_by().defer(None)}
    return _side(found[survivor.pk]), _side(found[merged.pk])


def _side(row: Patient) -> Side:
    extra = vars(row)
    return Side(
        hit=describe(row),
        full_name=row.full_name,
        registered=formats.day(row.created_at),
        last_visit=formats.day(extra["last"]) if extra["last"] else "",
        photo_id=extra["photo"],
    )
