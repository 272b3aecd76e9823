"""Social history: smoking, pregnancy, how somebody lives. Each answer is an observation of its day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone

from clinic.choices import ObservationStatus
from clinic.models import Encounter, Observation, Patient
from clinic.social import Question, questions
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.systems import LOINC
from emr.shared.dates import clinic_today, clinic_zone
from emr.shared.errors import DomainError

#: The least and the most that a number may say: packs by years, drinks in a day, weeks of gestation.
BOUNDS = {
    "pack_years": (Decimal(0), Decimal(300)),
    "alcohol": (Decimal(0), Decimal(100)),
    "gestation": (Decimal(20), Decimal(44)),
}


@action
def record_social(
    *,
    by: User,
    patient: Patient,
    answers: Mapping[str, Any],
    on: date | None = None,
    encounter: Encounter | None = None,
) -> list[Observation]:
    """Record the answers by their question's name (``clinic.social``): a code, a number or words. Empty ones are not
    asked. The same answers once more on one day are a form sent twice and write nothing.

    Raises DomainError without any answer, for a day in the future or before birth, and for what no question offers.
    """
    day = on or clinic_today()
    if day > clinic_today():
        raise DomainError("Answers can't be from the future.", field="on")
    if day < patient.birth_date:
        raise DomainError("Answers can't be from before the patient was born.", field="on")
    given = {name: value for name, value in answers.items() if value not in (None, "")}
    if not given:
        raise DomainError("Answer at least one question.")
    Patient.objects.select_for_update().get(pk=patient.pk)
    performer = Practitioner.objects.filter(user=by).first()
    made = []
    for name, value in given.items():
        question = questions()[name]
        row = Observation(
            created_by=by,
            patient=patient,
            encounter=encounter,
            status=ObservationStatus.FINAL,
            category=question.category,
            system=LOINC,
            code=question.code,
            display=question.label,
            effective_at=_instant(day),
            performer=performer,
            **_value(question, value),
        )
        if not _sent_before(row, day):
            row.save(force_insert=True)
            made.append(row)
    return made


def _value(question: Question, value: Any) -> dict[str, Any]:
    if question.answers:
        if value not in question.answers:
            raise DomainError("Choose one of the answers.", field=question.name)
        return {"value_system": question.system, "value_code": value, "value_display": question.answers[value]}
    if question.unit:
        least, most = BOUNDS[question.name]
        if not least <= value <= most:
            raise DomainError(f"Enter a number from {least} to {most}.", field=question.name)
        return {"value_quantity": value, "value_unit": question.unit}
    return {"value_text": str(value).strip()}


def _sent_before(row: Observation, day: date) -> bool:
    """Whether the last answer of that day says the same."""
    start = datetime.combine(day, time(), tzinfo=clinic_zone())
    last = (
        row.patient.observations.standing()
        .filter(code=row.code, effective_at__gte=start, effective_at__lte=timezone.now())
        .order_by("-effective_at", "-created_at")
        .first()
    )
    told = ("value_code", "value_quantity", "value_text")
    return last is not None and all(getattr(last, name) == getattr(row, name) for name in told)


def _instant(day: date) -> datetime:
    """Now for today; for a day before, its first instant in the clinic."""
    return timezone.now() if day == clinic_today() else datetime.combine(day, time(), tzinfo=clinic_zone())
