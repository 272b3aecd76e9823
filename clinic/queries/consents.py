"""Which texts are in force, who signed them, and what is missing."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from clinic.intaking import ConsentStatus, PublicationStatus
from clinic.models import Consent, ConsentForm, Patient
from emr.shared.dates import add_months, clinic_zone


def digest_of(form: ConsentForm) -> str:
    """SHA-256, in hexadecimal digits, of what is shown of a form: its title, its version and its text."""
    return hashlib.sha256(f"{form.title}\n{form.version}\n{form.text}".encode()).hexdigest()


def forms_in_force(day: date) -> list[ConsentForm]:
    """Of each text the version in force on a day."""
    rows = ConsentForm.objects.filter(status=PublicationStatus.ACTIVE, effective__lte=day).order_by("key", "-version")
    newest: dict[str, ConsentForm] = {}
    for row in rows:
        newest.setdefault(row.key, row)
    return sorted(newest.values(), key=lambda form: (_RANK.index(form.kind), form.title))


_RANK = ("npp", "treatment", "financial", "other")


def consents_of(patient: Patient) -> list[Consent]:
    """All that a patient signed or refused, newest first, but what was entered in error."""
    return [row for row in every_consent(patient) if row.status != ConsentStatus.ENTERED_IN_ERROR]


def every_consent(patient: Patient) -> list[Consent]:
    """All that a patient signed or refused, newest first, what was entered in error too. One query."""
    people = ("taken_by", "withdrawn_by", "entered_in_error_by")
    return list(patient.consents.select_related("form", "document", *people).order_by("-signed_at"))


def consents_among(patients: Collection[UUID]) -> QuerySet[Consent]:
    """Of many patients by their keys, with the form, newest first, but what was entered in error."""
    rows = Consent.objects.filter(patient__in=patients).exclude(status=ConsentStatus.ENTERED_IN_ERROR)
    return rows.select_related("form").order_by("-signed_at")


def standing(form: ConsentForm, consents: Iterable[Consent], day: date) -> tuple[str, Consent | None]:
    """How a patient stands to the text in force: ``signed``, ``refused``, ``withdrawn``, ``outdated`` (an earlier
    version, or longer ago than it holds), ``missing``; and the newest answer.
    """
    answers = [consent for consent in consents if consent.form.key == form.key]
    if not answers:
        return "missing", None
    newest = max(answers, key=lambda consent: consent.signed_at)
    if newest.status == ConsentStatus.INACTIVE:
        return "withdrawn", newest
    if newest.form_id != form.pk:
        return "outdated", newest
    signed = newest.signed_at.astimezone(clinic_zone()).date()
    if form.renew_months and add_months(signed, form.renew_months) <= day:
        return "outdated", newest
    return ("refused" if newest.status == ConsentStatus.REJECTED else "signed"), newest
