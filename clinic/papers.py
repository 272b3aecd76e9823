"""The words of documents (FHIR DocumentReference) and of how a patient likes to be reached."""

from __future__ import annotations

from django.db.models import TextChoices


class DocumentCategory(TextChoices):
    """What a document of the chart is."""

    PHOTO = "photo", "Photo of the patient"
    IDENTITY_CARD = "identity_card", "Photo ID"
    INSURANCE_CARD_FRONT = "insurance_card_front", "Insurance card, front"
    INSURANCE_CARD_BACK = "insurance_card_back", "Insurance card, back"
    CONSENT = "consent", "Consent"
    QUESTIONNAIRE = "questionnaire", "Questionnaire"
    LETTER = "letter", "Letter of the clinic"
    CONSULTATION = "consultation", "Consultation report"
    LABORATORY = "laboratory", "Laboratory report"
    IMAGING = "imaging", "Imaging report"
    HOSPITAL = "hospital", "Hospital record"
    OUTSIDE_RECORD = "outside_record", "Outside record"
    LEGAL = "legal", "Legal paper or advance directive"
    OTHER = "other", "Other"


class DocumentStatus(TextChoices):
    """FHIR DocumentReference.status."""

    CURRENT = "current", "Current"
    SUPERSEDED = "superseded", "Replaced"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class ContactPreference(TextChoices):
    """How the clinic reaches the patient first."""

    PHONE = "phone", "Telephone"
    SMS = "sms", "Text message"
    EMAIL = "email", "E-mail"
    MAIL = "mail", "Letter"
