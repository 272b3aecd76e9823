"""Two charts become one, and two again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clinic.actions.unmerges import undo_merge
from clinic.models import Patient, PatientName
from clinic.patient_columns import moving_columns
from emr.accounts.models import User
from tests.clinic.twins import difference, everything, merge, two_lives

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B04")]


def test_every_row_moves_and_comes_back_to_the_last_column(person: Callable[..., User]) -> None:
    manager = person("manager", "clinician")
    stays, goes = two_lives()
    before = everything()
    row = merge(manager, stays.patient, goes.patient)
    for column in moving_columns():
        assert not column.model._base_manager.filter(**{column.field.attname: goes.patient.pk}).exists(), column.key
    gone = Patient.objects.get(pk=goes.patient.pk)
    assert (gone.active, gone.replaced_by_id) == (False, stays.patient.pk)
    undone = undo_merge(by=manager, merge=row, reason="Two people after all")
    assert undone.left == []
    made = PatientName.objects.get(patient=stays.patient, given_name="Marie")
    assert made.entered_in_error_at is not None
    assert {table: len(rows) for table, rows in difference(before, everything()).items()} == {"clinic_patientname": 1}
