"""The words of disclosures and of patients' requests (45 CFR 164.522 to 164.528)."""

from __future__ import annotations

from django.db.models import TextChoices


class DisclosurePurpose(TextChoices):
    """Why something was given away. 45 CFR 164.528(a)(1) decides which of them a patient's accounting must list."""

    TREATMENT = "treatment", "Treatment"
    PAYMENT = "payment", "Payment"
    OPERATIONS = "operations", "Health care operations"
    INDIVIDUAL = "individual", "To the patient"
    AUTHORIZED = "authorized", "With the patient's authorization"
    REQUIRED_BY_LAW = "required-by-law", "Required by law"
    PUBLIC_HEALTH = "public-health", "Public health"
    OVERSIGHT = "oversight", "Health oversight agency"
    ABUSE = "abuse", "Report of abuse or neglect"
    COURT = "court", "Court or administrative order"
    POLICE = "police", "Law enforcement"
    DEATH = "death", "Coroner, medical examiner, funeral director"
    DONATION = "donation", "Organ donation"
    RESEARCH = "research", "Research without authorization"
    SAFETY = "safety", "Serious threat to health or safety"
    GOVERNMENT = "government", "Specialized government function"
    COMPENSATION = "compensation", "Workers' compensation"
    MISTAKE = "mistake", "By mistake"

    @property
    def accountable(self) -> bool:
        """Whether a patient who asks for an accounting must be told of it."""
        return self not in _NOT_ACCOUNTED


_NOT_ACCOUNTED = {
    DisclosurePurpose.TREATMENT,
    DisclosurePurpose.PAYMENT,
    DisclosurePurpose.OPERATIONS,
    DisclosurePurpose.INDIVIDUAL,
    DisclosurePurpose.AUTHORIZED,
}


class DisclosureMeans(TextChoices):
    """How it left the clinic."""

    PAPER = "paper", "On paper, handed over"
    MAIL = "mail", "By mail"
    FAX = "fax", "By fax"
    ELECTRONIC = "electronic", "Electronically"
    SPOKEN = "spoken", "By word of mouth"
    INSPECTION = "inspection", "By letting them look"


class RequestKind(TextChoices):
    """What a patient may ask of the record."""

    AMENDMENT = "amendment", "Amendment"
    RESTRICTION = "restriction", "Restriction"


class RequestStatus(TextChoices):
    """Where a patient's request stands."""

    REQUESTED = "requested", "Waiting"
    ACCEPTED = "accepted", "Accepted"
    DENIED = "denied", "Denied"
