"""From problems coded in SNOMED CT to the ICD-10-CM codes of a visit's claim: a small map of the commonest, no guess.

The map is the project's own (interop/README.md says how it was made and what is left out on purpose).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from clinic.choices import ConditionCategory, ConditionClinicalStatus
from clinic.models import Condition, Patient
from emr.codes.coding import Coding
from emr.codes.models import Concept
from emr.codes.systems import ICD10CM, SNOMED

_MAP = Path(__file__).resolve().parent.parent / "data" / "snomed_to_icd10cm.csv"

#: How many problems a visit takes up; a service line points at no more.
MAX_PROBLEMS = 4

#: A general examination without abnormal findings, for adults and for children (ICD-10-CM Z00).
ADULT_EXAM, CHILD_EXAM = "Z00.00", "Z00.129"
_ADULT_AGE = 18

#: ICD-10-CM's own notes: what begins so is not coded beside what begins so (Excludes1, "without complications").
_NOT_BESIDE = (("E11.9", ("E11.0", "E11.2", "E11.3", "E11.4", "E11.5", "E11.6", "E11.8")), ("R73", ("E10", "E11")))


@dataclass(frozen=True)
class Crossed:
    """The diagnoses of a visit: ``mapped`` of the patient's ``problems`` have a code in the map.

    Without any, the one diagnosis is a general examination.
    """

    diagnoses: list[Coding]
    mapped: int
    problems: int

    @property
    def words(self) -> str:
        """``mapped 2 of 5 problems``."""
        return f"mapped {self.mapped} of {self.problems} problems"


@cache
def crosswalk() -> dict[str, tuple[int, str]]:
    """SNOMED code number to how lasting the problem is (1 for life, 2 for long, 3 else) and its ICD-10-CM code."""
    with _MAP.open(encoding="utf-8", newline="") as file:
        return {row["snomed"]: (int(row["rank"]), row["icd10cm"]) for row in csv.DictReader(file)}


def visit_diagnoses(patient: Patient, on: date) -> list[Coding]:
    """The diagnoses of a patient's visit: the active problems that the map knows, else a general examination."""
    return cross(patient, on).diagnoses


def cross(patient: Patient, on: date) -> Crossed:
    """As :func:`visit_diagnoses`, with how much of the problem list was mapped. Two queries."""
    problems = list(_active_problems(patient, on))
    ranked = [crosswalk()[row.code] for row in problems if row.system == SNOMED and row.code in crosswalk()]
    codes = _compatible(list(dict.fromkeys(code for _, code in sorted(ranked))))[:MAX_PROBLEMS]
    return Crossed(_codings(codes or [_examination(patient, on)]), len(ranked), len(problems))


def _active_problems(patient: Patient, on: date) -> Sequence[Condition]:
    return [
        row
        for row in patient.conditions.filter(
            category=ConditionCategory.PROBLEM_LIST_ITEM,
            clinical_status__in=[
                ConditionClinicalStatus.ACTIVE,
                ConditionClinicalStatus.RECURRENCE,
                ConditionClinicalStatus.RELAPSE,
            ],
            entered_in_error_at=None,
        )
        if row.onset_date is None or row.onset_date <= on
    ]


def _compatible(codes: list[str]) -> list[str]:
    """Without the codes that ICD-10-CM doesn't allow beside another one of the list."""
    barred = {start for start, beside in _NOT_BESIDE if any(code.startswith(beside) for code in codes)}
    return [code for code in codes if not any(code.startswith(start) for start in barred)]


def _examination(patient: Patient, on: date) -> str:
    born = patient.birth_date
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return ADULT_EXAM if age >= _ADULT_AGE else CHILD_EXAM


def _codings(codes: list[str]) -> list[Coding]:
    """The codes with their official words; where the code system isn't loaded, with the code for words."""
    words = dict(Concept.objects.of(ICD10CM).filter(code__in=codes).values_list("code", "display"))
    return [Coding(ICD10CM, code, words.get(code, code)) for code in codes]
