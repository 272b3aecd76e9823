"""Reports from a laboratory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from clinic.actions.results import Result, record_report
from clinic.choices import ObservationCategory
from clinic.models import DiagnosticReport
from emr.accounts.models import User
from emr.codes.coding import Coding
from emr.codes.systems import LOINC
from emr.shared.errors import DomainError
from tests.factories.clinic import PatientFactory

PANEL = Coding(LOINC, "51990-0", "Basic metabolic panel")
POTASSIUM = Coding(LOINC, "2823-3", "Potassium")


def potassium(value: str, **fields: str) -> Result:
    return Result(POTASSIUM, value=Decimal(value), unit="mmol/L", low=Decimal("3.5"), high=Decimal("5.1"), **fields)


@pytest.mark.django_db
def test_a_report_holds_its_results_as_they_were_sent(person: Callable[..., User]) -> None:
    taken = timezone.now() - timedelta(hours=20)
    results = [potassium("6.10", interpretation="HH"), Result(Coding("", "", "Appearance"), words="clear")]
    report = record_report(
        by=person("nurse"), patient=PatientFactory(), coding=PANEL, effective_at=taken, results=results
    )
    first, second = report.results.order_by("created_at")
    assert (str(first.value_quantity), first.value_unit, first.interpretation) == ("6.10", "mmol/L", "HH")
    assert (first.category, first.effective_at, first.patient_id) == (
        ObservationCategory.LABORATORY,
        taken,
        report.patient_id,
    )
    assert second.value_text == "clear"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([], "at least one result"),
        ([Result(POTASSIUM)], "Potassium has no value"),
        ([potassium("4.1", interpretation="odd")], "no flag that laboratories use"),
    ],
)
def test_what_says_nothing_is_refused(person: Callable[..., User], results: list[Result], words: str) -> None:
    with pytest.raises(DomainError, match=words):
        record_report(
            by=person("nurse"), patient=PatientFactory(), coding=PANEL, effective_at=timezone.now(), results=results
        )
    assert not DiagnosticReport.objects.exists()


@pytest.mark.django_db
def test_no_result_is_from_the_future(person: Callable[..., User]) -> None:
    later = timezone.now() + timedelta(minutes=5)
    with pytest.raises(DomainError, match="future"):
        record_report(
            by=person("nurse"),
            patient=PatientFactory(),
            coding=PANEL,
            effective_at=timezone.now(),
            issued_at=later,
            results=[potassium("4.0")],
        )
