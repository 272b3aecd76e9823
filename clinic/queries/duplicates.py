"""Who is on file already and may be the person who is being registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from clinic.models import ContactPoint, Patient
from clinic.queries.likeness import alike, folded
from clinic.queries.patients import Hit, describe, with_details

#: More than these help nobody to decide.
_LIMIT = 10
_LOOKED_AT = 200


@dataclass(frozen=True)
class Duplicate:
    """A patient on file, and in words what is the same."""

    hit: Hit
    same: str


def likely_duplicates(
    visible: QuerySet[Patient],
    *,
    given_name: str,
    family_name: str,
    birth_date: date | None,
    phones: Sequence[str] = (),
) -> list[Duplicate]:
    """Patients of ``visible`` with the same birth date and a similar name, the same telephone, or the same whole name.

    ``phones`` are in the form that is stored. Names may stand in the other order. One query, the likeliest first.
    """
    condition = Q(family_name__iexact=family_name, given_name__iexact=given_name) if family_name else Q()
    if birth_date is not None:
        condition |= Q(birth_date=birth_date)
    numbers = [phone for phone in phones if phone]
    if numbers:
        condition |= Q(pk__in=_reached_by(numbers))
    if not condition:
        return []
    rows = with_details(visible.filter(condition), visible).annotate(same_phone=Q(pk__in=_reached_by(numbers)))
    found = []
    for patient in rows[:_LOOKED_AT]:
        same = _what_is_same(patient, given_name, family_name, birth_date)
        if same:
            found.append(Duplicate(describe(patient), same))
    return sorted(found, key=lambda one: -one.same.count(","))[:_LIMIT]


def _reached_by(numbers: Sequence[str]) -> QuerySet[ContactPoint, object]:
    present = ContactPoint.objects.filter(value__in=numbers, period_end=None, entered_in_error_at=None)
    return present.values_list("patient_id", flat=True)


def _what_is_same(patient: Patient, given: str, family: str, birth_date: date | None) -> str:
    same_birth = birth_date is not None and patient.birth_date == birth_date
    exact = (folded(given), folded(family)) == (folded(patient.given_name), folded(patient.family_name))
    similar = _similar(patient, given, family)
    same_phone = vars(patient)["same_phone"]
    if not (exact or same_phone or (same_birth and similar)):
        return ""
    parts = [
        "same name" if exact else "similar name" if similar else "",
        "same birth date" if same_birth else "",
        "same telephone" if same_phone else "",
    ]
    return ", ".join(filter(None, parts)).capitalize()


def _similar(patient: Patient, given: str, family: str) -> bool:
    """Alike in both names, in either order; or in the given name alone, as after a marriage; or a short form of it."""
    given_alike = alike(given, patient.given_name) or alike(given, patient.preferred_name)
    turned = alike(given, patient.family_name) and alike(family, patient.given_name)
    initial = folded(given)[:1] == folded(patient.given_name)[:1]
    return given_alike or turned or (initial and alike(family, patient.family_name))
