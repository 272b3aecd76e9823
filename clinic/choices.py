"""Statuses and kinds of the chart, in FHIR R4's own codes."""

from __future__ import annotations

from django.db.models import TextChoices


class AdministrativeGender(TextChoices):
    """FHIR Patient.gender."""

    FEMALE = "female", "Female"
    MALE = "male", "Male"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Not known"


class NameUse(TextChoices):
    """FHIR HumanName.use, of the names beside the official one."""

    USUAL = "usual", "Usual"
    NICKNAME = "nickname", "Nickname"
    MAIDEN = "maiden", "Maiden"
    OLD = "old", "Previous"
    ANONYMOUS = "anonymous", "Alias"


class AddressUse(TextChoices):
    """FHIR Address.use."""

    HOME = "home", "Home"
    WORK = "work", "Work"
    TEMP = "temp", "Temporary"
    OLD = "old", "Previous"
    BILLING = "billing", "Billing"


class ContactSystem(TextChoices):
    """FHIR ContactPoint.system."""

    PHONE = "phone", "Phone"
    EMAIL = "email", "E-mail"
    SMS = "sms", "Text message"
    FAX = "fax", "Fax"


class ContactUse(TextChoices):
    """FHIR ContactPoint.use."""

    HOME = "home", "Home"
    WORK = "work", "Work"
    MOBILE = "mobile", "Mobile"
    OLD = "old", "Previous"


class PayerType(TextChoices):
    """The kind of coverage that box 1 of the CMS-1500 asks for."""

    MEDICARE = "medicare", "Medicare"
    MEDICAID = "medicaid", "Medicaid"
    TRICARE = "tricare", "TRICARE"
    CHAMPVA = "champva", "CHAMPVA"
    GROUP = "group", "Group health plan"
    FECA = "feca", "FECA black lung"
    OTHER = "other", "Other"


class CoverageStatus(TextChoices):
    """FHIR Coverage.status."""

    ACTIVE = "active", "Active"
    CANCELLED = "cancelled", "Cancelled"
    DRAFT = "draft", "Draft"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class EligibilityOutcome(TextChoices):
    """FHIR CoverageEligibilityResponse.outcome, the two that an answered or failed question ends with."""

    COMPLETE = "complete", "Answered"
    ERROR = "error", "Could not be checked"


class SubscriberRelationship(TextChoices):
    """The patient's relationship to the subscriber (FHIR Coverage.relationship; box 6 of the CMS-1500)."""

    SELF = "self", "Self"
    SPOUSE = "spouse", "Spouse"
    CHILD = "child", "Child"
    OTHER = "other", "Other"


class EncounterStatus(TextChoices):
    """FHIR R4 Encounter.status."""

    PLANNED = "planned", "Planned"
    ARRIVED = "arrived", "Arrived"
    TRIAGED = "triaged", "Roomed"
    IN_PROGRESS = "in-progress", "In progress"
    ONLEAVE = "onleave", "On leave"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"
    UNKNOWN = "unknown", "Not known"


class EncounterClass(TextChoices):
    """HL7 v3 ActCode, as FHIR Encounter.class uses it."""

    AMBULATORY = "AMB", "Office visit"
    VIRTUAL = "VR", "Video or telephone"
    EMERGENCY = "EMER", "Emergency"
    INPATIENT = "IMP", "Inpatient"
    HOME = "HH", "Home visit"
    FIELD = "FLD", "Field"


class ObservationStatus(TextChoices):
    """FHIR Observation.status."""

    REGISTERED = "registered", "Registered"
    PRELIMINARY = "preliminary", "Preliminary"
    FINAL = "final", "Final"
    AMENDED = "amended", "Amended"
    CORRECTED = "corrected", "Corrected"
    CANCELLED = "cancelled", "Cancelled"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"
    UNKNOWN = "unknown", "Not known"


class ObservationCategory(TextChoices):
    """FHIR observation-category, with US Core's SDOH."""

    VITAL_SIGNS = "vital-signs", "Vital signs"
    LABORATORY = "laboratory", "Laboratory"
    IMAGING = "imaging", "Imaging"
    PROCEDURE = "procedure", "Procedure"
    SURVEY = "survey", "Survey"
    EXAM = "exam", "Exam"
    THERAPY = "therapy", "Therapy"
    ACTIVITY = "activity", "Activity"
    SOCIAL_HISTORY = "social-history", "Social history"
    SDOH = "sdoh", "Social determinants"


class Comparator(TextChoices):
    """FHIR Quantity.comparator: the value is only a bound."""

    LT = "<", "<"
    LE = "<=", "≤"
    GE = ">=", "≥"
    GT = ">", ">"


class Interpretation(TextChoices):
    """FHIR observation-interpretation, the codes that laboratories send (HL7 v2 OBX-8)."""

    NORMAL = "N", "Normal"
    LOW = "L", "Low"
    HIGH = "H", "High"
    CRITICAL_LOW = "LL", "Critically low"
    CRITICAL_HIGH = "HH", "Critically high"
    ABNORMAL = "A", "Abnormal"
    CRITICAL_ABNORMAL = "AA", "Critically abnormal"
    OFF_SCALE_LOW = "<", "Below what the instrument measures"
    OFF_SCALE_HIGH = ">", "Above what the instrument measures"


#: Flags of which somebody must be told at once: they need an acknowledgement in words.
CRITICAL = (Interpretation.CRITICAL_LOW, Interpretation.CRITICAL_HIGH, Interpretation.CRITICAL_ABNORMAL)
#: Results that may still become another value.
PENDING = (ObservationStatus.REGISTERED, ObservationStatus.PRELIMINARY)


class ReportStatus(TextChoices):
    """FHIR DiagnosticReport.status."""

    REGISTERED = "registered", "Registered"
    PARTIAL = "partial", "Partial"
    PRELIMINARY = "preliminary", "Preliminary"
    FINAL = "final", "Final"
    AMENDED = "amended", "Amended"
    CORRECTED = "corrected", "Corrected"
    APPENDED = "appended", "Appended"
    CANCELLED = "cancelled", "Cancelled"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"
    UNKNOWN = "unknown", "Not known"


class ConditionClinicalStatus(TextChoices):
    """FHIR condition-clinical."""

    ACTIVE = "active", "Active"
    RECURRENCE = "recurrence", "Recurrence"
    RELAPSE = "relapse", "Relapse"
    INACTIVE = "inactive", "Inactive"
    REMISSION = "remission", "Remission"
    RESOLVED = "resolved", "Resolved"


class VerificationStatus(TextChoices):
    """FHIR condition-ver-status; allergies use a part of it."""

    UNCONFIRMED = "unconfirmed", "Unconfirmed"
    PROVISIONAL = "provisional", "Provisional"
    DIFFERENTIAL = "differential", "Differential"
    CONFIRMED = "confirmed", "Confirmed"
    REFUTED = "refuted", "Refuted"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class ConditionCategory(TextChoices):
    """FHIR condition-category, with US Core's health concern."""

    PROBLEM_LIST_ITEM = "problem-list-item", "Problem"
    ENCOUNTER_DIAGNOSIS = "encounter-diagnosis", "Visit diagnosis"
    HEALTH_CONCERN = "health-concern", "Health concern"


class AllergyType(TextChoices):
    """FHIR AllergyIntolerance.type."""

    ALLERGY = "allergy", "Allergy"
    INTOLERANCE = "intolerance", "Intolerance"


class AllergyCategory(TextChoices):
    """FHIR AllergyIntolerance.category."""

    FOOD = "food", "Food"
    MEDICATION = "medication", "Medication"
    ENVIRONMENT = "environment", "Environment"
    BIOLOGIC = "biologic", "Biologic"


class AllergyCriticality(TextChoices):
    """FHIR AllergyIntolerance.criticality."""

    LOW = "low", "Low"
    HIGH = "high", "High"
    UNABLE_TO_ASSESS = "unable-to-assess", "Unable to assess"


class AllergyClinicalStatus(TextChoices):
    """FHIR allergyintolerance-clinical."""

    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"
    RESOLVED = "resolved", "Resolved"


class ReactionSeverity(TextChoices):
    """FHIR AllergyIntolerance.reaction.severity."""

    MILD = "mild", "Mild"
    MODERATE = "moderate", "Moderate"
    SEVERE = "severe", "Severe"


class MedicationStatus(TextChoices):
    """FHIR MedicationStatement.status."""

    ACTIVE = "active", "Active"
    COMPLETED = "completed", "Completed"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"
    INTENDED = "intended", "Intended"
    STOPPED = "stopped", "Stopped"
    ON_HOLD = "on-hold", "On hold"
    UNKNOWN = "unknown", "Not known"
    NOT_TAKEN = "not-taken", "Not taken"


class ImmunizationStatus(TextChoices):
    """FHIR Immunization.status."""

    COMPLETED = "completed", "Given"
    NOT_DONE = "not-done", "Not given"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class ProcedureStatus(TextChoices):
    """FHIR event-status, as Procedure uses it."""

    PREPARATION = "preparation", "In preparation"
    IN_PROGRESS = "in-progress", "In progress"
    NOT_DONE = "not-done", "Not done"
    ON_HOLD = "on-hold", "On hold"
    STOPPED = "stopped", "Stopped"
    COMPLETED = "completed", "Completed"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"
    UNKNOWN = "unknown", "Not known"


class NoteStatus(TextChoices):
    """FHIR Composition.status."""

    PRELIMINARY = "preliminary", "Draft"
    FINAL = "final", "Signed"
    AMENDED = "amended", "Signed, with addenda"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class NoteType(TextChoices):
    """Kinds of note, by their LOINC document code."""

    PROGRESS = "11506-3", "Progress note"
    HISTORY_AND_PHYSICAL = "34117-2", "History and physical"
    PROCEDURE = "28570-0", "Procedure note"
    TELEPHONE = "34748-4", "Telephone note"
    NURSE = "34746-8", "Nurse note"


class SectionKind(TextChoices):
    """Sections of a note, by their LOINC section code, in the order in which a note has them."""

    CHIEF_COMPLAINT = "10154-3", "Chief complaint"
    PRESENT_ILLNESS = "10164-2", "History of present illness"
    SUBJECTIVE = "61150-9", "Subjective"
    PAST_HISTORY = "11348-0", "Past medical history"
    SURGICAL_HISTORY = "47519-4", "Surgical history"
    FAMILY_HISTORY = "10157-6", "Family history"
    SOCIAL_HISTORY = "29762-2", "Social history"
    REVIEW_OF_SYSTEMS = "10187-3", "Review of systems"
    OBJECTIVE = "61149-1", "Objective"
    EXAM = "29545-1", "Physical exam"
    PROCEDURE = "29554-3", "Procedure"
    ASSESSMENT = "51848-0", "Assessment"
    PLAN = "18776-5", "Plan"
    ASSESSMENT_AND_PLAN = "51847-2", "Assessment and plan"
    INSTRUCTIONS = "69730-0", "Instructions"


class AddendumKind(TextChoices):
    """Why text was added after signing."""

    ADDENDUM = "addendum", "Addendum"
    LATE_ENTRY = "late-entry", "Late entry"


#: The CDC's code system of race and ethnicity, of which the Office of Management and Budget's categories are the top.
CDC_RACE_ETHNICITY = "urn:oid:2.16.840.1.113883.6.238"


class RaceCategory(TextChoices):
    """US Core race, the OMB categories; more than one may be said."""

    AMERICAN_INDIAN = "1002-5", "American Indian or Alaska Native"
    ASIAN = "2028-9", "Asian"
    BLACK = "2054-5", "Black or African American"
    PACIFIC_ISLANDER = "2076-8", "Native Hawaiian or Other Pacific Islander"
    WHITE = "2106-3", "White"


class EthnicityCategory(TextChoices):
    """US Core ethnicity, the OMB categories."""

    HISPANIC = "2135-2", "Hispanic or Latino"
    NOT_HISPANIC = "2186-5", "Not Hispanic or Latino"


class Language(TextChoices):
    """The languages that US clinics are asked for most, in BCP 47. Others may be recorded by their own tag."""

    ENGLISH = "en", "English"
    SPANISH = "es", "Spanish"
    SIGN = "ase", "American Sign Language"
    ARABIC = "ar", "Arabic"
    BENGALI = "bn", "Bengali"
    CHINESE = "zh", "Chinese"
    FRENCH = "fr", "French"
    GERMAN = "de", "German"
    GUJARATI = "gu", "Gujarati"
    HAITIAN = "ht", "Haitian Creole"
    HINDI = "hi", "Hindi"
    ITALIAN = "it", "Italian"
    JAPANESE = "ja", "Japanese"
    KOREAN = "ko", "Korean"
    PERSIAN = "fa", "Persian"
    POLISH = "pl", "Polish"
    PORTUGUESE = "pt", "Portuguese"
    RUSSIAN = "ru", "Russian"
    SOMALI = "so", "Somali"
    TAGALOG = "tl", "Tagalog"
    UKRAINIAN = "uk", "Ukrainian"
    URDU = "ur", "Urdu"
    VIETNAMESE = "vi", "Vietnamese"


def language_name(tag: str) -> str:
    """The language of a BCP 47 tag in words: ``en-US`` is English; a tag that we have no words for is itself."""
    names = {str(value): str(label) for value, label in Language.choices}
    return names.get(tag.split("-", maxsplit=1)[0].lower(), tag) or "language not recorded"
