"""What the schedule knows of a visit that has begun."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from clinic.choices import NoteType
from clinic.models import Note
from tests.clinic.notes import a_visit
from tests.factories.scheduling import AppointmentFactory, AppointmentTypeFactory


@pytest.mark.feature("E01")
@pytest.mark.parametrize(
    ("asked", "wanted"),
    [({}, NoteType.HISTORY_AND_PHYSICAL), ({"type": NoteType.TELEPHONE}, NoteType.TELEPHONE)],
    ids=["as usual", "chosen"],
)
def test_a_note_begins_as_its_kind_of_appointment_says(
    as_role: Any, db: None, asked: dict[str, str], wanted: str
) -> None:
    doctor = as_role("clinician")
    visit = a_visit(doctor.user)
    kind = AppointmentTypeFactory(note_type=NoteType.HISTORY_AND_PHYSICAL)
    AppointmentFactory(patient=visit.patient, encounter=visit, type=kind)
    doctor.post(reverse("clinic:notes_start", args=[visit.patient_id]), {"encounter": visit.pk, **asked})
    assert Note.objects.get().type == wanted
