"""Vital signs for a visit: the patient's latest on file, rounded to what one would type."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from clinic.actions.observations import Reading
from clinic.growth import age_in_months
from clinic.models import Observation, ObservationComponent, Patient
from clinic.vitals import DIASTOLIC, HEIGHT, SYSTOLIC, TEMPERATURE, VITALS, WEIGHT, range_at
from emr.shared.dates import clinic_today

#: What is typed with one decimal; all else is typed whole.
_ONE_DECIMAL = frozenset({HEIGHT, WEIGHT, TEMPERATURE})


def readings(patient: Patient) -> list[Reading]:
    """The latest value of each vital sign that can be recorded here; none that is beyond its limits. Two queries."""
    latest: dict[str, tuple[Decimal, str]] = {}
    for code, value, unit in [*_single(patient), *_pressure(patient)]:
        latest.setdefault(code, (value, unit))
    months = age_in_months(patient.birth_date, clinic_today())
    found = [
        Reading(code, _typed(code, value), unit)
        for code, (value, unit) in latest.items()
        if unit == VITALS[code].units[0] and not range_at(code, months).refuses(_typed(code, value))
    ]
    return found if _pressure_is_whole(found) else [one for one in found if one.code not in {SYSTOLIC, DIASTOLIC}]


def words(taken: Sequence[Reading]) -> str:
    """The readings as a note tells them: ``Systolic blood pressure 152 mm[Hg]``, a line each."""
    return "\n".join(f"- {VITALS[one.code].label} {one.value} {one.unit}" for one in taken)


def _single(patient: Patient) -> list[tuple[str, Decimal, str]]:
    rows = Observation.objects.filter(
        patient=patient, code__in=VITALS, value_quantity__isnull=False, value_comparator="", entered_in_error_at=None
    )
    found = rows.order_by("-effective_at").values_list("code", "value_quantity", "value_unit")
    return [(code, value, unit) for code, value, unit in found if value is not None]


def _pressure(patient: Patient) -> list[tuple[str, Decimal, str]]:
    rows = ObservationComponent.objects.filter(
        patient=patient,
        code__in=[SYSTOLIC, DIASTOLIC],
        value_quantity__isnull=False,
        observation__entered_in_error_at=None,
    )
    found = rows.order_by("-observation__effective_at").values_list("code", "value_quantity", "value_unit")
    return [(code, value, unit) for code, value, unit in found if value is not None]


def _typed(code: str, value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1") if code in _ONE_DECIMAL else Decimal(1), ROUND_HALF_UP)


def _pressure_is_whole(found: Sequence[Reading]) -> bool:
    by_code = {one.code: one.value for one in found}
    if SYSTOLIC not in by_code or DIASTOLIC not in by_code:
        return False
    return by_code[SYSTOLIC] > by_code[DIASTOLIC]
