"""New patients who may be on file already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clinic.models import Patient
from clinic.queries.likeness import folded
from emr.shared.identifiers import format_mrn


def namesakes(fresh: Sequence[Patient]) -> Iterator[tuple[Patient, str]]:
    """Each new patient who has the names and the date of birth of another one, with that one's MRN. One query."""
    new = {patient.pk for patient in fresh}
    on_file = Patient.objects.filter(birth_date__in={patient.birth_date for patient in fresh}) if fresh else []
    known = list(on_file)
    for patient in fresh:
        for other in known:
            is_later_of_both = other.pk in new and other.pk >= patient.pk
            if not is_later_of_both and _who(other) == _who(patient):
                yield patient, format_mrn(other.mrn)


def _who(patient: Patient) -> tuple[object, str, str]:
    return patient.birth_date, folded(patient.family_name), folded(patient.given_name)
