"""The tables of the person and the chart."""

from clinic.models.allergies import AllergyIntolerance, AllergyReaction
from clinic.models.conditions import Condition
from clinic.models.coverages import Coverage, Payer
from clinic.models.encounters import Encounter, EncounterDiagnosis
from clinic.models.immunizations import Immunization
from clinic.models.medications import MedicationStatement
from clinic.models.notes import Note, NoteAddendum, NoteDraft, NoteSection
from clinic.models.observations import DiagnosticReport, Observation, ObservationComponent
from clinic.models.patients import (
    ContactPoint,
    Patient,
    PatientAddress,
    PatientGroupGrant,
    PatientName,
    PatientUserGrant,
    RelatedPerson,
)
from clinic.models.procedures import Procedure

__all__ = [
    "AllergyIntolerance",
    "AllergyReaction",
    "Condition",
    "ContactPoint",
    "Coverage",
    "DiagnosticReport",
    "Encounter",
    "EncounterDiagnosis",
    "Immunization",
    "MedicationStatement",
    "Note",
    "NoteAddendum",
    "NoteDraft",
    "NoteSection",
    "Observation",
    "ObservationComponent",
    "Patient",
    "PatientAddress",
    "PatientGroupGrant",
    "PatientName",
    "PatientUserGrant",
    "Payer",
    "Procedure",
    "RelatedPerson",
]
