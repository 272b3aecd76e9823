"""Which columns name a patient, and what a merge of two charts does with each of them.

Whatever points to a patient moves with the chart, in every app, also what is added later: the columns are found in the
models. What stays is said here, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections, models

#: Columns that a merge leaves alone, as ``app.model.field``.
STAYS: dict[str, str] = {
    "clinic.patientmerge.survivor": "It says between which two charts the merge was.",
    "clinic.patientmerge.merged": "It says between which two charts the merge was.",
    "clinic.snoopingsignal.patient": "It tells of reads of that chart, as the log of reads does, which stays too.",
    "clinic.breakglass.patient": "It tells who opened that chart, when and why; what it opened was that chart alone.",
    "clinic.patientusergrant.content_object": "A grant opens the chart for which it was given; a merge carries on what "
    "holds for both.",
    "clinic.patientgroupgrant.content_object": "A grant opens the chart for which it was given; a merge carries on "
    "what holds for both.",
    "clinic.patientdenial.patient": "It keeps somebody out of that chart; a merge writes it for the survivor as well.",
    "clinic.patientword.patient": "The words of a patient's names follow from the names, by a trigger.",
    "interop.sourcerecord.patient": "It keeps what another system sent about that chart, as it was sent.",
}

#: Of these, the ones that may come to be for a chart that is merged already: they tell of what it was.
_TOLD_LATER = ("clinic.snoopingsignal.patient", "clinic.patientword.patient")

#: Columns that hold a patient's key without pointing to the patient, and why a merge leaves them alone.
KEYS_ALONE: dict[str, str] = {
    "audit.logentry.patient_id": "The log says to whom the row belonged when it was written.",
    "audit.accessevent.patient_id": "The log says whose chart was read.",
    "audit.legalhold.patient_id": "A hold keeps the logs of that chart; a merge places it on the survivor as well.",
}


#: Rows that are sides of one thing, which is nobody's by itself: the model and its field that names the thing. Where
#: they change their chart they do so together. An upper floor adds its own when it starts.
SIDES: dict[str, str] = {}


@dataclass(frozen=True)
class PatientColumn:
    """A column that names the patient to whom a row belongs."""

    model: type[models.Model]
    field: models.ForeignKey[Any, Any]

    @property
    def key(self) -> str:
        """``app.model.field``."""
        return f"{self.model._meta.label_lower}.{self.field.name}"

    @property
    def table(self) -> str:
        """The table's name in the database."""
        return self.model._meta.db_table


def patient_columns() -> Iterator[PatientColumn]:
    """Every column of every app that points to a patient."""
    patient = apps.get_model("clinic", "Patient")
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is patient:
                yield PatientColumn(model, field)


def moving_columns() -> list[PatientColumn]:
    """Those that a merge moves, each model once for each of its columns."""
    return [one for one in patient_columns() if one.key not in STAYS]


def guard_patient_columns(using: str = "default", **_: Any) -> None:
    """After a migration, put the trigger ``patient_stays`` on every table that points to a patient.

    It lets the patient of a row change inside a merge alone, and nothing be written to a chart that was merged. Does
    nothing before the migration that brings its functions.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('clinic_guard_patient_columns(text[])') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return
        later = [f"{one.table}.{one.field.column}" for one in patient_columns() if one.key in _TOLD_LATER]
        cursor.execute("SELECT clinic_guard_patient_columns(%s)", [later])
