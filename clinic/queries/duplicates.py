"""Who is on file already and may be the person who is being registered, or whom a change makes like another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from clinic.models import ContactPoint, Patient
from clinic.models.name_search import PatientWord
from clinic.queries.likeness import alike, folded
from clinic.queries.patients import Hit, describe, with_details
from clinic.queries.search_alike import mistyped
from clinic.queries.search_stages import name_fold, with_names

#: More than these help nobody to decide.
_LIMIT = 10
_LOOKED_AT = 200


@dataclass(frozen=True)
class Duplicate:
    """A patient on file, and in words what is the same. ``sure`` enough that registering needs a reason."""

    hit: Hit
    same: str
    sure: bool = True


def likely_duplicates(
    visible: QuerySet[Patient],
    *,
    given_name: str,
    family_name: str,
    birth_date: date | None,
    phones: Sequence[str] = (),
    apart_from: UUID | None = None,
) -> list[Duplicate]:
    """Patients of ``visible`` who may be the one with this name, birth date and telephones. One query, likeliest first.

    The same birth date and a name that is typed or sounds alike, the same telephone, the same whole name, or a name
    that sounds alike and a birth date that is a slip of the keyboard away. Names may stand in the other order, and may
    be former ones. Without a birth date a name that sounds alike is told too, but is not ``sure``. ``phones`` are in
    the form that is stored; ``apart_from`` is the patient whom the question is about.
    """
    numbers = [phone for phone in phones if phone]
    sounding = _sounding(given_name, family_name)
    near = Q(birth_date__in=list(_slips_of(birth_date))) if birth_date else Q()
    ways = (
        _same_name(given_name, family_name),
        Q(birth_date=birth_date) if birth_date else Q(),
        Q(pk__in=_reached_by(numbers)) if numbers else Q(),
        sounding and sounding & near,
    )
    # Each way by an index of its own: over all of them in one condition every patient would be read.
    found = [with_names(Patient.objects.all()).filter(way).order_by().values("pk") for way in ways if way]
    if not found:
        return []
    candidates = visible.filter(pk__in=found[0].union(*found[1:])).exclude(pk__in=[apart_from] if apart_from else [])
    marks: dict[str, Any] = {
        "same_phone": Q(pk__in=_reached_by(numbers)),
        "sounds": sounding or Q(pk=None),
    }
    rows = with_details(candidates, visible).annotate(**marks)
    judged = (_judge(patient, given_name, family_name, birth_date) for patient in rows.order_by()[:_LOOKED_AT])
    told = [one for one in judged if one is not None]
    return sorted(told, key=lambda one: (not one.sure, -one.same.count(","), one.hit.name))[:_LIMIT]


def _same_name(given: str, family: str) -> Q:
    return Q(family=name_fold(family), given=name_fold(given)) if family and given else Q()


def _sounding(given: str, family: str) -> Q:
    """Whose names, former ones too, hold a word like each of the two; empty while one of them is less than two letters,
    which sound like anything.
    """
    if len(folded(given)) < 2 or len(folded(family)) < 2:
        return Q()
    return Q(pk__in=_bearing(given)) & Q(pk__in=_bearing(family))


def _bearing(name: str) -> QuerySet[PatientWord, object]:
    """Who bears a word that is a slip of the keyboard, or of the ear, from one of the name's words."""
    words = filter(None, re.split(r"\W+", name_fold(name)))
    return PatientWord.objects.filter(word__in=mistyped(*words).values("word")).values("patient_id")


def _reached_by(numbers: Sequence[str]) -> QuerySet[ContactPoint, object]:
    present = ContactPoint.objects.filter(value__in=numbers, period_end=None, entered_in_error_at=None)
    return present.values_list("patient_id", flat=True)


def _slips_of(day: date) -> Iterator[date]:
    """The days that one makes of a day by one wrong digit, two digits exchanged, or month and day exchanged."""
    digits = f"{day:%Y%m%d}"
    texts = {digits[:4] + digits[6:] + digits[4:6]}
    for place in range(8):
        texts |= {digits[:place] + other + digits[place + 1 :] for other in "0123456789"}
        texts.add(digits[:place] + digits[place : place + 2][::-1] + digits[place + 2 :])
    for text in sorted(texts - {digits}):
        with suppress(ValueError):
            yield date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _judge(patient: Patient, given: str, family: str, birth_date: date | None) -> Duplicate | None:
    marks = vars(patient)
    same_birth = birth_date is not None and patient.birth_date == birth_date
    exact = (folded(given), folded(family)) == (folded(patient.given_name), folded(patient.family_name))
    similar = _similar(patient, given, family)
    near = birth_date is not None and marks["sounds"] and not same_birth and patient.birth_date in _slips_of(birth_date)
    sure = exact or marks["same_phone"] or near or (same_birth and (similar or marks["sounds"]))
    if not (sure or marks["sounds"]):
        return None
    parts = (
        "same name" if exact else "similar name" if similar else "name sounds alike" if marks["sounds"] else "",
        "same birth date" if same_birth else "birth date a slip away" if near else "",
        "same telephone" if marks["same_phone"] else "",
    )
    return Duplicate(describe(patient), ", ".join(filter(None, parts)).capitalize(), sure)


def _similar(patient: Patient, given: str, family: str) -> bool:
    """Alike in both names, in either order; or in the given name alone, as after a marriage; or a short form of it."""
    given_alike = alike(given, patient.given_name) or alike(given, patient.preferred_name)
    turned = alike(given, patient.family_name) and alike(family, patient.given_name)
    initial = folded(given)[:1] == folded(patient.given_name)[:1]
    return given_alike or turned or (initial and alike(family, patient.family_name))
