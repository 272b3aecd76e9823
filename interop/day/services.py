"""What is charged for a visit of the day: rules and fees that stand in two tables under ``interop/data``."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from clinic.choices import PayerType
from emr.codes.coding import Coding
from emr.codes.systems import HCPCS, ICD10CM

_DATA = Path(__file__).resolve().parent.parent / "data"
_VACCINATION = Coding(ICD10CM, "Z23", "Encounter for immunization")


@dataclass(frozen=True)
class Fee:
    """A public code of HCPCS Level II, in our own words, and what the example clinic asks for it."""

    coding: Coding
    amount: Decimal


@dataclass(frozen=True)
class Rule:
    """When a service is charged. Empty ``sex`` and ``problem`` mean any; ``payer`` other means not Medicare.

    ``problem`` is the beginning of a diagnosis that the visit must have; ``diagnosis`` one that the service brings.
    """

    code: str
    payer: str
    age_from: int
    age_to: int
    sex: str
    problem: str
    diagnosis: str

    def holds(self, *, age: int, sex: str, payer: str, diagnoses: Sequence[Coding]) -> bool:
        """Whether the service is charged for such a visit."""
        payer_fits = self.payer in ("any", payer) or (self.payer == "other" and payer != PayerType.MEDICARE)
        problem_fits = not self.problem or any(coding.code.startswith(self.problem) for coding in diagnoses)
        return payer_fits and problem_fits and self.age_from <= age <= self.age_to and self.sex in ("", sex)

    def points_at(self, coding: Coding) -> bool:
        """Whether a diagnosis is the reason for the service."""
        return coding.code == self.diagnosis if self.diagnosis else coding.code.startswith(self.problem)


@cache
def fees() -> dict[str, Fee]:
    """The fees of the example clinic, by code."""
    with (_DATA / "hcpcs_fees.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Fee(Coding(HCPCS, row["code"], row["display"]), Decimal(row["amount"]))
            for row in csv.DictReader(file)
        }


@cache
def rules() -> tuple[Rule, ...]:
    """The rules, in the order of the claim's lines."""
    with (_DATA / "day_services.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Rule(
                row["code"],
                row["payer"],
                int(row["age_from"]),
                int(row["age_to"]),
                row["sex"],
                row["problem"],
                row["diagnosis"],
            )
            for row in csv.DictReader(file)
        )


def services(*, age: int, sex: str, payer: str, diagnoses: Sequence[Coding]) -> list[Rule]:
    """What is done at a visit of such a patient. ``payer`` is the payer's type, empty for none."""
    return [rule for rule in rules() if rule.holds(age=age, sex=sex, payer=payer, diagnoses=diagnoses)]


def with_service_diagnoses(diagnoses: Sequence[Coding], done: Sequence[Rule]) -> list[Coding]:
    """The visit's diagnoses, and after them those that its services bring."""
    brought = {rule.diagnosis for rule in done if rule.diagnosis}
    return [*diagnoses, *(coding for coding in (_VACCINATION,) if coding.code in brought)]


def lines(done: Sequence[Rule], diagnoses: Sequence[Coding]) -> Iterator[tuple[Fee, int]]:
    """Each service with its fee and the place of the diagnosis that it answers, from 1."""
    for rule in done:
        places = [place for place, coding in enumerate(diagnoses, 1) if rule.points_at(coding)]
        yield fees()[rule.code], places[0] if places else 1
