"""Charts that may be of one person."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Upper

from clinic.models import Patient
from clinic.queries.duplicates import Duplicate, likely_duplicates
from clinic.queries.patients import Hit, describe, with_details

#: The most that one page shows.
SHOWN = 100


@dataclass(frozen=True)
class Pair:
    """Two charts with the same birth date and name, the older one first."""

    one: Hit
    other: Hit


def others_for(patient: Patient, visible: QuerySet[Patient]) -> list[Duplicate]:
    """Who else may be this patient, the likeliest first."""
    phones = patient.telecom.filter(period_end=None, entered_in_error_at=None).values_list("value", flat=True)
    return likely_duplicates(
        visible,
        given_name=patient.given_name,
        family_name=patient.family_name,
        birth_date=patient.birth_date,
        phones=list(phones),
    )


def likely_pairs(visible: QuerySet[Patient]) -> list[Pair]:
    """Pairs with the same birth date and the same names, whatever their case, among the patients who may be known.

    Two queries, however many there are.
    """
    older = (
        visible.filter(birth_date=OuterRef("birth_date"), pk__lt=OuterRef("pk"))
        .annotate(f=Upper("family_name"), g=Upper("given_name"))
        .filter(f=Upper(OuterRef("family_name")), g=Upper(OuterRef("given_name")))
        .order_by("pk")
    )
    twins = (
        visible.filter(Exists(older))
        .annotate(first=Subquery(older.values("pk")[:1]))
        .order_by(F("birth_date"), "pk")
        .values_list("first", "pk")[:SHOWN]
    )
    keys = list(twins)
    wanted = visible.filter(pk__in={key for pair in keys for key in pair}).order_by()
    hits = {row.pk: describe(row) for row in with_details(wanted, visible)} if keys else {}
    return [Pair(hits[one], hits[other]) for one, other in keys]
