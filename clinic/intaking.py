"""The words of intake: what patients are asked before a visit, and what becomes of their answers."""

from __future__ import annotations

from django.db import models


class PublicationStatus(models.TextChoices):
    """FHIR PublicationStatus, of those in use: only an active one is asked."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "In use"
    RETIRED = "retired", "Retired"


class QuestionnairePurpose(models.TextChoices):
    """What becomes of the answers: a score, text for the chart, changes of the particulars."""

    SCORED = "scored", "Scored questionnaire"
    HISTORY = "history", "Questions before a visit"
    DEMOGRAPHICS = "demographics", "Your details"


class ResponseStatus(models.TextChoices):
    """FHIR QuestionnaireResponse.status, of those in use."""

    IN_PROGRESS = "in-progress", "Being answered"
    COMPLETED = "completed", "Answered"
    AMENDED = "amended", "Answered, corrected"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class ResponseSource(models.TextChoices):
    """Who gave the answers."""

    PATIENT = "patient", "Patient"
    STAFF = "staff", "Staff, for the patient"


class ReviewState(models.TextChoices):
    """What the clinic made of the answers."""

    NONE = "none", "Not sent yet"
    WAITING = "waiting", "Waits for review"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class DecisionOutcome(models.TextChoices):
    """What became of one changed field of a patient's details."""

    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class ConsentKind(models.TextChoices):
    """What a form asks the patient to agree to, or to have received."""

    NPP = "npp", "Notice of privacy practices"
    TREATMENT = "treatment", "Consent to treatment"
    FINANCIAL = "financial", "Financial agreement"
    OTHER = "other", "Other"


class ConsentStatus(models.TextChoices):
    """FHIR Consent.status, of those in use."""

    ACTIVE = "active", "Signed"
    REJECTED = "rejected", "Refused"
    INACTIVE = "inactive", "Withdrawn"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class SignerRelationship(models.TextChoices):
    """Who signed, as they stand to the patient."""

    SELF = "self", "The patient"
    PARENT = "parent", "Parent"
    GUARDIAN = "guardian", "Legal guardian"
    REPRESENTATIVE = "representative", "Personal representative"


class SignatureMethod(models.TextChoices):
    """How a consent was signed."""

    DRAWN = "drawn", "Drawn on the screen"
    TYPED = "typed", "Name typed"
    NONE = "none", "Not signed"


class LinkKind(models.TextChoices):
    """How the patient gets to the questions."""

    LINK = "link", "Link by e-mail"
    CODE = "code", "Code or QR picture"
    KIOSK = "kiosk", "Tablet in the clinic"


#: The kind of task that an alarming answer raises. It is done in the inbox, by whoever has spoken with the patient.
INTAKE_ALERT = "intake-alert"
