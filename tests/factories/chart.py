"""Rows of the chart's lists, each standing as it does right after it was entered."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from clinic.models import (
    Condition,
    DiagnosticReport,
    Encounter,
    Immunization,
    MedicationStatement,
    Observation,
    ObservationComponent,
    Procedure,
)
from clinic.vitals import BLOOD_PRESSURE, DIASTOLIC, HEART_RATE, SYSTOLIC
from emr.codes.systems import CVX, ICD10CM, LOINC, RXNORM, SNOMED
from tests.factories.base import RecordFactory, factory, numbered, unreal
from tests.factories.clinic import PatientFactory


class VisitFactory(RecordFactory[Encounter]):
    """An open visit that began an hour ago."""

    class Meta:
        model = Encounter

    patient = factory.SubFactory(PatientFactory)
    period_start = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    reason = "Cough"


class ConditionFactory(RecordFactory[Condition]):
    class Meta:
        model = Condition

    patient = factory.SubFactory(PatientFactory)
    system = ICD10CM
    code = unreal("E")
    display = numbered("Problem ")


class MedicationFactory(RecordFactory[MedicationStatement]):
    class Meta:
        model = MedicationStatement

    patient = factory.SubFactory(PatientFactory)
    system = RXNORM
    code = unreal()
    display = numbered("drug ")


class ImmunizationFactory(RecordFactory[Immunization]):
    class Meta:
        model = Immunization

    patient = factory.SubFactory(PatientFactory)
    system = CVX
    code = unreal()
    display = numbered("vaccine ")
    occurrence_date = date(2024, 10, 1)


class ProcedureFactory(RecordFactory[Procedure]):
    class Meta:
        model = Procedure

    patient = factory.SubFactory(PatientFactory)
    system = SNOMED
    code = unreal()
    display = numbered("procedure ")


class ReportFactory(RecordFactory[DiagnosticReport]):
    class Meta:
        model = DiagnosticReport

    patient = factory.SubFactory(PatientFactory)
    display = "Metabolic panel"
    effective_at = factory.LazyFunction(timezone.now)


class ObservationFactory(RecordFactory[Observation]):
    """A heart rate of 72, measured at a moment of its own."""

    class Meta:
        model = Observation

    patient = factory.SubFactory(PatientFactory)
    category = "vital-signs"
    system = LOINC
    code = HEART_RATE
    display = "Heart rate"
    value_quantity = Decimal(72)
    value_unit = "/min"
    effective_at = factory.Sequence(lambda n: timezone.now() - timedelta(days=n + 1))


def blood_pressure(
    code: str = BLOOD_PRESSURE, systolic: str = "152", diastolic: str = "88", **fields: object
) -> Observation:
    """A blood pressure with its two components, its panel coded as asked."""
    fields |= {"code": code, "display": "Blood Pressure", "value_quantity": None, "value_unit": ""}
    panel: Observation = ObservationFactory.create(**fields)
    for rank, (part, value) in enumerate(((SYSTOLIC, systolic), (DIASTOLIC, diastolic)), 1):
        ComponentFactory(observation=panel, patient=panel.patient, rank=rank, code=part, value_quantity=Decimal(value))
    return panel


class ComponentFactory(RecordFactory[ObservationComponent]):
    class Meta:
        model = ObservationComponent

    system = LOINC
    display = "Pressure"
    value_unit = "mm[Hg]"
