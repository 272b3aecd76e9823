"""Several queries in one statement: the rows are what the ORM would have given, with every digit and zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F

from clinic.models import MedicationStatement, Observation, Patient
from emr.shared.bundles import Bundle
from tests.factories.chart import MedicationFactory, ObservationFactory
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db

_BUNDLE = Bundle(
    {
        "drugs": lambda patient, today: (
            MedicationStatement.objects.filter(patient=patient, effective_start__lte=today)
            .only("display", "effective_start", "dose_quantity", "as_needed")
            .annotate(born=F("patient__birth_date"))
            .order_by("display")[:2]
        ),
        "values": lambda patient, today: Observation.objects.filter(patient=patient).order_by("effective_at"),
        "nothing": lambda patient, today: Patient.objects.filter(pk=patient, family_name="Nobody"),
    },
    patient=UUID,
    today=date,
)


def test_rows_are_as_the_orm_gives_them(django_assert_num_queries: Callable[[int], Any]) -> None:
    at = datetime(2026, 3, 8, 6, 59, 59, 123456, tzinfo=UTC)
    for name in ("Rosa", "Ada"):
        patient = PatientFactory(given_name=name)
        for drug, day in (("b", date(2020, 1, 2)), ("a", date(2021, 1, 2)), ("c", date(2026, 1, 2)), ("0", None)):
            MedicationFactory(
                patient=patient, display=f"{drug} {name}", effective_start=day, dose_quantity=Decimal("2.50")
            )
        value = ObservationFactory(patient=patient, value_quantity=Decimal("38.0"), effective_at=at, note="“x” %s\n")

        with django_assert_num_queries(1):
            found = _BUNDLE.rows(patient=patient.pk, today=date(2022, 1, 1))
            drugs = [
                (row.display, row.effective_start, str(row.dose_quantity), row.as_needed) for row in found["drugs"]
            ]
            born = found["drugs"][0].born

        assert drugs == [
            (f"a {name}", date(2021, 1, 2), "2.50", False),
            (f"b {name}", date(2020, 1, 2), "2.50", False),
        ]
        assert born == patient.birth_date
        assert found["nothing"] == []
        (read,) = found["values"]
        for field in Observation._meta.concrete_fields:
            same = Observation.objects.get(pk=value.pk)
            assert getattr(read, field.attname) == getattr(same, field.attname), field.name
        assert str(read.value_quantity) == "38.0"
