"""The tables of the person and the chart."""

from clinic.models.access import NoteUserGrant, PatientDenial, PatientGroupGrant, PatientUserGrant
from clinic.models.allergies import AllergyIntolerance, AllergyReaction
from clinic.models.break_glass import BreakGlass
from clinic.models.conditions import Condition
from clinic.models.consents import Consent, ConsentForm
from clinic.models.coverages import Coverage, Payer
from clinic.models.disclosures import Disclosure, PatientRequest
from clinic.models.documents import DocumentReference
from clinic.models.eligibility import CoverageEligibilityResponse
from clinic.models.encounters import Encounter, EncounterDiagnosis
from clinic.models.immunizations import Immunization
from clinic.models.intake import IntakeAsk, IntakeLink
from clinic.models.medications import MedicationStatement
from clinic.models.merges import PatientMerge, PatientMergeRow
from clinic.models.name_search import NameWord, PatientWord
from clinic.models.notes import Note, NoteAddendum, NoteDraft, NoteSection
from clinic.models.observations import DiagnosticReport, Observation, ObservationComponent
from clinic.models.patients import (
    ContactPoint,
    Patient,
    PatientAddress,
    PatientName,
    RelatedPerson,
)
from clinic.models.pharmacies import Pharmacy
from clinic.models.procedures import Procedure
from clinic.models.questionnaires import IntakeDecision, Questionnaire, QuestionnaireResponse
from clinic.models.signals import ReadingDay, SignalRun, SnoopingSignal, StaffPatient
from clinic.models.tasks import Task

__all__ = [
    "AllergyIntolerance",
    "AllergyReaction",
    "BreakGlass",
    "Condition",
    "Consent",
    "ConsentForm",
    "ContactPoint",
    "Coverage",
    "CoverageEligibilityResponse",
    "DiagnosticReport",
    "Disclosure",
    "DocumentReference",
    "Encounter",
    "EncounterDiagnosis",
    "Immunization",
    "IntakeAsk",
    "IntakeDecision",
    "IntakeLink",
    "MedicationStatement",
    "NameWord",
    "Note",
    "NoteAddendum",
    "NoteDraft",
    "NoteSection",
    "NoteUserGrant",
    "Observation",
    "ObservationComponent",
    "Patient",
    "PatientAddress",
    "PatientDenial",
    "PatientGroupGrant",
    "PatientMerge",
    "PatientMergeRow",
    "PatientName",
    "PatientRequest",
    "PatientUserGrant",
    "PatientWord",
    "Payer",
    "Pharmacy",
    "Procedure",
    "Questionnaire",
    "QuestionnaireResponse",
    "ReadingDay",
    "RelatedPerson",
    "SignalRun",
    "SnoopingSignal",
    "StaffPatient",
    "Task",
]
