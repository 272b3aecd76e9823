"""Of two charts of one person, which value is kept: the choices that a merge offers, and what follows from each.

What isn't chosen is not lost: a name, an address, a number stays as a former one; any other value stays in the row of
the merged chart and in the rows of the merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models

from clinic.choices import NameUse, language_name
from clinic.models import ContactPoint, Patient, PatientAddress, PatientName
from emr.shared.dates import clinic_today
from emr.ui import formats

SURVIVOR, MERGED = "survivor", "merged"

#: The parts of the official name: they are kept, or not, together.
NAME_PARTS = ("prefix", "given_name", "middle_name", "family_name", "suffix")
_NOT_CHOSEN = frozenset(
    {
        *("id", "mrn", "created_at", "created_by", "updated_at", "active", "restricted", "replaced_by"),
        *("demographics_verified_at", "demographics_verified_by", *NAME_PARTS),
    }
)


@dataclass(frozen=True)
class Change:
    """Values that a merge writes into one row, by field, and why."""

    row: models.Model
    values: Mapping[str, Any]
    why: str


@dataclass(frozen=True)
class Make:
    """A row that a merge adds, and why."""

    row: models.Model
    why: str


@dataclass(frozen=True)
class Choice:
    """One value of two: what each chart says in words, and which is kept unless somebody decides otherwise."""

    key: str
    label: str
    survivor: str
    merged: str
    default: str = SURVIVOR
    hint: str = ""


@dataclass
class Outcome:
    """What follows from the choices."""

    changes: list[Change] = field(default_factory=list)
    makes: list[Make] = field(default_factory=list)


@dataclass(frozen=True)
class Reached:
    """The addresses and numbers in use of both charts, by the place that only one of each can have."""

    pairs: tuple[tuple[str, str, Any, Any], ...]
    """Key, label, the survivor's row, the merged chart's row."""


def demographic_fields() -> list[models.Field[Any, Any]]:
    """The columns of a patient of which one value is kept, in the order of the model."""
    return [one for one in Patient._meta.local_concrete_fields if one.name not in _NOT_CHOSEN]


def choices_between(survivor: Patient, merged: Patient, reached: Reached) -> list[Choice]:
    """Everything in which the two differ. A value that only one of them has is kept by default."""
    found = []
    if official_name(survivor) != official_name(merged):
        found.append(
            Choice(
                "name", "Official name", survivor.full_name, merged.full_name, hint="The other stays as a former name."
            )
        )
    for one in demographic_fields():
        mine, theirs = getattr(survivor, one.attname), getattr(merged, one.attname)
        if mine != theirs:
            default = MERGED if mine in _EMPTY and theirs not in _EMPTY else SURVIVOR
            label = str(one.verbose_name).capitalize().replace("_", " ")
            found.append(Choice(one.name, label, _words(survivor, one), _words(merged, one), default))
    for key, label, mine, theirs in reached.pairs:
        if _same(mine, theirs):
            continue
        found.append(Choice(key, label, _place(mine), _place(theirs), hint="The other stays as a former one."))
    return found


def reached_in_both(survivor: Patient, merged: Patient) -> Reached:
    """The addresses and numbers in use of both, by kind. Two queries."""
    return Reached((*_addresses(survivor, merged), *_numbers(survivor, merged)))


def outcome_of(survivor: Patient, merged: Patient, reached: Reached, chosen: Mapping[str, str]) -> Outcome:
    """What the choices write. A key that isn't chosen takes its default."""
    result = Outcome()
    picks = {one.key: chosen.get(one.key, one.default) for one in choices_between(survivor, merged, reached)}
    values = {
        one.attname: getattr(merged, one.attname) for one in demographic_fields() if picks.get(one.name) == MERGED
    }
    if picks.get("name") == MERGED:
        values |= {part: getattr(merged, part) for part in NAME_PARTS}
    if values:
        result.changes.append(Change(survivor, values, "The value of the merged chart was chosen."))
    result.makes += _former_names(survivor, merged, picks)
    for key, _, mine, theirs in reached.pairs:
        ended = mine if picks.get(key) == MERGED else theirs
        if ended is not None:
            result.changes.append(_end(ended, clinic_today()))
    return result


def official_name(patient: Patient) -> tuple[str, ...]:
    """The parts of the official name."""
    return tuple(str(getattr(patient, part)) for part in NAME_PARTS)


#: What counts as no value: then the other chart's is kept by default.
_EMPTY: tuple[Any, ...] = (None, "", [], False)


def _words(patient: Patient, one: models.Field[Any, Any]) -> str:
    value = getattr(patient, one.name)
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, date):
        return formats.day(value)
    if one.name == "language":
        return language_name(value)
    if isinstance(value, list):
        return ", ".join(str(item.get("display", item)) if isinstance(item, dict) else str(item) for item in value)
    return str(dict(one.flatchoices).get(value, value))


def _former_names(survivor: Patient, merged: Patient, picks: Mapping[str, str]) -> list[Make]:
    """The names that aren't kept, as names beside the official one, unless they stand there already."""
    lost = survivor if picks.get("name") == MERGED else merged
    kept = merged if picks.get("name") == MERGED else survivor
    made = []
    if _kept_parts(lost) != _kept_parts(kept):
        made.append((NameUse.OLD, _kept_parts(lost)))
    other = survivor if picks.get("preferred_name") == MERGED else merged
    if "preferred_name" in picks and other.preferred_name:
        made.append((NameUse.NICKNAME, (other.preferred_name, "", "", "")))
    known = PatientName.objects.filter(patient__in=[survivor, merged], entered_in_error_at=None)
    there = {_kept_parts(name) for name in known} if made else set()
    why = "The name of one of the two charts that isn't the official one."
    return [
        Make(PatientName(patient=survivor, use=use, **dict(zip(_FORMER, parts, strict=True))), why)
        for use, parts in made
        if parts not in there
    ]


#: The parts of a name that stands beside the official one.
_FORMER = ("given_name", "middle_name", "family_name", "suffix")


def _kept_parts(named: Patient | PatientName) -> tuple[str, ...]:
    return tuple(str(getattr(named, part)) for part in _FORMER)


def _addresses(survivor: Patient, merged: Patient) -> Iterable[tuple[str, str, Any, Any]]:
    rows = PatientAddress.objects.filter(
        patient__in=[survivor, merged], period_end=None, entered_in_error_at=None
    ).order_by("created_at", "pk")
    sides: dict[str, dict[Any, PatientAddress]] = {}
    for row in rows:
        sides.setdefault(row.use, {})[row.patient_id] = row
    for use, both in sides.items():
        if len(both) == 2:
            row = both[survivor.pk]
            yield f"address:{use}", f"Address, {row.get_use_display().lower()}", row, both[merged.pk]


def _numbers(survivor: Patient, merged: Patient) -> Iterable[tuple[str, str, Any, Any]]:
    rows = ContactPoint.objects.filter(
        patient__in=[survivor, merged], period_end=None, entered_in_error_at=None
    ).order_by("-rank", "-created_at", "pk")
    sides: dict[tuple[str, str], dict[Any, ContactPoint]] = {}
    for row in rows:
        sides.setdefault((row.system, row.use), {})[row.patient_id] = row
    for (system, use), both in sides.items():
        if len(both) == 2:
            row = both[survivor.pk]
            label = f"{row.get_system_display()}, {row.get_use_display().lower()}"
            yield f"telecom:{system}:{use}", label, row, both[merged.pk]


def _same(mine: Any, theirs: Any) -> bool:
    return _place(mine) == _place(theirs)


def _place(row: Any) -> str:
    if isinstance(row, ContactPoint):
        return formats.phone(row.value) if row.system == "phone" else row.value
    return ", ".join(filter(None, (row.line1, row.line2, row.city, f"{row.state} {row.postal_code}".strip())))


def _end(row: Any, today: date) -> Change:
    """The end of an address or a number: today, or the day on which it began if that is later."""
    start = getattr(row, "period_start", None)
    return Change(row, {"period_end": max(today, start) if start else today}, "The other chart's is in use.")
