"""The tables of the person and the chart."""

from clinic.models.access import NoteUserGrant, PatientDenial, PatientGroupGrant, PatientUserGrant
from clinic.models.allergies import AllergyIntolerance, AllergyReaction
from clinic.models.break_glass import BreakGlass
from clinic.models.care import CarePlan, CareTeamMember, Goal
from clinic.models.care_gaps import CareGapDecision
from clinic.models.conditions import Condition
from clinic.models.consents import Consent, ConsentForm
from clinic.models.coverages import Coverage, Payer
from clinic.models.devices import Device
from clinic.models.disclosures import Disclosure, PatientRequest
from clinic.models.documents import DocumentReference
from clinic.models.eligibility import CoverageEligibilityResponse
from clinic.models.encounters import Encounter, EncounterDiagnosis
from clinic.models.family_histories import FamilyMemberHistory
from clinic.models.immunizations import Immunization
from clinic.models.intake import IntakeAsk, IntakeLink
from clinic.models.letters import Letter, LetterTemplate
from clinic.models.medications import MedicationStatement
from clinic.models.merges import PatientMerge, PatientMergeRow
from clinic.models.messages import Communication, CommunicationRecipient, Delegation, TaskComment
from clinic.models.name_search import NameWord, PatientWord
from clinic.models.note_templates import NoteTemplate, NoteTemplateSection, TextMacro
from clinic.models.note_versions import NoteVersion
from clinic.models.notes import Note, NoteAddendum, NoteDraft, NoteSection
from clinic.models.observations import DiagnosticReport, Observation, ObservationComponent
from clinic.models.orders import ServiceRequest, ServiceRequestReason
from clinic.models.patients import (
    ContactPoint,
    Patient,
    PatientAddress,
    PatientName,
    RelatedPerson,
)
from clinic.models.pharmacies import Pharmacy
from clinic.models.prescriptions import MedicationRequest, PrescriptionPrint, RefillRequest
from clinic.models.procedures import Procedure
from clinic.models.questionnaires import IntakeDecision, Questionnaire, QuestionnaireResponse
from clinic.models.reconciliations import MedicationReconciliation, MedicationReconciliationItem
from clinic.models.safety import KnowledgeBase, KnowledgeLink, SafetyOverride
from clinic.models.signals import ReadingDay, SignalRun, SnoopingSignal, StaffPatient
from clinic.models.tasks import Task

__all__ = [
    "AllergyIntolerance",
    "AllergyReaction",
    "BreakGlass",
    "CareGapDecision",
    "CarePlan",
    "CareTeamMember",
    "Communication",
    "CommunicationRecipient",
    "Condition",
    "Consent",
    "ConsentForm",
    "ContactPoint",
    "Coverage",
    "CoverageEligibilityResponse",
    "Delegation",
    "Device",
    "DiagnosticReport",
    "Disclosure",
    "DocumentReference",
    "Encounter",
    "EncounterDiagnosis",
    "FamilyMemberHistory",
    "Goal",
    "Immunization",
    "IntakeAsk",
    "IntakeDecision",
    "IntakeLink",
    "KnowledgeBase",
    "KnowledgeLink",
    "Letter",
    "LetterTemplate",
    "MedicationReconciliation",
    "MedicationReconciliationItem",
    "MedicationRequest",
    "MedicationStatement",
    "NameWord",
    "Note",
    "NoteAddendum",
    "NoteDraft",
    "NoteSection",
    "NoteTemplate",
    "NoteTemplateSection",
    "NoteUserGrant",
    "NoteVersion",
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
    "PrescriptionPrint",
    "Procedure",
    "Questionnaire",
    "QuestionnaireResponse",
    "ReadingDay",
    "RefillRequest",
    "RelatedPerson",
    "SafetyOverride",
    "ServiceRequest",
    "ServiceRequestReason",
    "SignalRun",
    "SnoopingSignal",
    "StaffPatient",
    "Task",
    "TaskComment",
    "TextMacro",
]
