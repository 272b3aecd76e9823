"""Letters of a patient, the templates they begin with, and what the chart fills in."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from clinic.choices import MedicationStatus, NoteType
from clinic.letters import fill
from clinic.models import Encounter, Letter, LetterTemplate, Note, Patient, ServiceRequest
from clinic.queries.addresses import mail_lines
from clinic.queries.conditions import current_conditions
from clinic.queries.medications import directions
from clinic.queries.notes import named
from emr.accounts.models import Clinic, User
from emr.shared.dates import age_text, clinic_today
from emr.ui import formats


def letters_of(patient: Patient) -> QuerySet[Letter]:
    """The letters of a patient, the newest first."""
    rows = patient.letters.select_related("created_by", "signed_by", "template", "entered_in_error_by", "order")
    return rows.order_by("-created_at")


def letter_templates(language: str = "") -> list[LetterTemplate]:
    """The templates in use, those in the patient's language first. One query."""
    rows = LetterTemplate.objects.filter(active=True).order_by("kind", "name", "language")
    return sorted(rows, key=lambda row: row.language != (language or "en"))


def begun(template: LetterTemplate, values: dict[str, str]) -> dict[str, str]:
    """What a letter begins with: subject and text of the template, filled."""
    return {"kind": template.kind, "subject": fill(template.subject, values), "body": fill(template.body, values)}


def merge_values(
    patient: Patient, *, author: User | None = None, order: ServiceRequest | None = None
) -> dict[str, str]:
    """What each word in braces becomes for a patient. Nine queries."""
    return {
        **_patient_values(patient),
        **_visit_values(patient),
        **_chart_values(patient),
        **_clinic_values(),
        "today": formats.day(clinic_today()),
        "author.name": named(author) if author else "",
        "order.name": order.display if order else "",
        "order.reason": order.reason if order else "",
    }


def envelope_values(patient: Patient) -> dict[str, str]:
    """Who the patient is and who writes: all that a letter tells which opens nothing of the chart. Three queries."""
    return {**_patient_values(patient), **_clinic_values(), "today": formats.day(clinic_today())}


def _patient_values(patient: Patient) -> dict[str, str]:
    phone = patient.telecom.filter(system="phone", period_end=None, entered_in_error_at=None).first()
    return {
        "patient.name": patient.full_name,
        "patient.birth_date": formats.day(patient.birth_date),
        "patient.age": _age(patient),
        "patient.sex": str(patient.get_gender_display()).lower(),
        "patient.mrn": formats.mrn(patient.mrn),
        "patient.address": "\n".join(mail_lines(patient)),
        "patient.phone": formats.phone(phone.value) if phone else "",
    }


def _age(patient: Patient) -> str:
    """``64 years old``; of small children as the banner says it."""
    age = age_text(patient.birth_date, clinic_today())
    return f"{age[:-1]} years old" if age[:-1].isdigit() and age.endswith("y") else age


def _visit_values(patient: Patient) -> dict[str, str]:
    """The last visit; a telephone call is none: "was seen in our clinic" has to be true."""
    seen = Encounter.objects.filter(patient=patient, entered_in_error_at=None, period_start__lte=timezone.now())
    called = Note.objects.filter(encounter=OuterRef("pk"), type=NoteType.TELEPHONE, entered_in_error_at=None)
    held = seen.exclude(status__in=["cancelled", "planned"]).exclude(Exists(called))
    visit = held.order_by("-period_start").first()
    if visit is None:
        return {}
    diagnoses = visit.diagnoses.filter(entered_in_error_at=None).order_by("rank")
    return {
        "visit.date": formats.day(visit.period_start),
        "visit.reason": visit.reason,
        "visit.diagnoses": ", ".join(row.display for row in diagnoses),
    }


def _chart_values(patient: Patient) -> dict[str, str]:
    taken = patient.medications.filter(status=MedicationStatus.ACTIVE, entered_in_error_at=None).order_by("display")
    problems = current_conditions(patient).order_by("display")
    return {
        "problems": _lines(row.display for row in problems) or "None on file",
        "medications": _lines(f"{row.display} {directions(row)}".strip() for row in taken) or "None on file",
        "allergies": allergy_words(patient),
    }


def allergy_words(patient: Patient) -> str:
    """The allergies that stand, or that none are known; nothing where nobody has asked. One query."""
    rows = list(patient.allergies.filter(entered_in_error_at=None, clinical_status="active").order_by("display"))
    return ", ".join("none known" if row.none_known else row.display for row in rows)


def _clinic_values() -> dict[str, str]:
    clinic = Clinic.objects.first()
    if clinic is None:
        return {}
    street = ", ".join(part for part in (clinic.line1, clinic.line2) if part)
    return {
        "clinic.name": clinic.name,
        "clinic.address": f"{street}, {clinic.city}, {clinic.state} {clinic.postal_code}",
        "clinic.phone": formats.phone(clinic.phone),
    }


def _lines(words: Iterable[str]) -> str:
    return "\n".join(f"- {word}" for word in words)
