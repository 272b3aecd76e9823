"""Disclosures and requests of a patient, in words; and disclosures of everybody in a period."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from clinic.disclosing import DisclosurePurpose
from clinic.models import Disclosure, NoteAddendum, Patient, PatientRequest
from emr.shared.dates import add_months, clinic_today, clinic_zone

#: Rows that a page shows; the file and the paper hold all.
LIMIT = 500
#: How far back an accounting goes (45 CFR 164.528(a)(1)), in months.
ACCOUNTED = 72
#: Days in which the clinic has to act on a request for amendment (45 CFR 164.526(b)(2)).
DAYS_TO_ACT = 60


def disclosures_of(patient: Patient) -> QuerySet[Disclosure]:
    """All that was disclosed of a patient, newest first."""
    return patient.disclosures.select_related("created_by").order_by("-at", "-pk")


def accounting_of(patient: Patient) -> QuerySet[Disclosure]:
    """What the patient has a right to be told: six years back, without treatment, payment and operations."""
    accounted = [purpose for purpose in DisclosurePurpose if purpose.accountable]
    since = _start(add_months(clinic_today(), -ACCOUNTED))
    return disclosures_of(patient).filter(purpose__in=accounted, at__gte=since)


def disclosures_in(
    visible: QuerySet[Patient], since: date | None, until: date | None, *, accountable_only: bool = False
) -> QuerySet[Disclosure]:
    """What was disclosed of patients of whom the reader may know, in a period of days, newest first."""
    wanted = Q(patient__in=visible)
    if since:
        wanted &= Q(at__gte=_start(since))
    if until:
        wanted &= Q(at__lt=_start(until + timedelta(days=1)))
    if accountable_only:
        wanted &= Q(purpose__in=[purpose for purpose in DisclosurePurpose if purpose.accountable])
    return Disclosure.objects.filter(wanted).select_related("patient", "created_by").order_by("-at", "-pk")


def requests_of(patient: Patient) -> QuerySet[PatientRequest]:
    """What a patient asked of the record, newest first."""
    rows = patient.requests.select_related("created_by", "decided_by", "about", "addendum__note")
    return rows.order_by("-requested_at", "-pk")


def due(request: PatientRequest) -> date:
    """The day until which the clinic has to act."""
    return request.requested_at.astimezone(clinic_zone()).date() + timedelta(days=DAYS_TO_ACT)


def addenda_of(patient: Patient) -> QuerySet[NoteAddendum]:
    """The addenda of a patient's notes, newest first: what an accepted amendment may have led to."""
    return NoteAddendum.objects.filter(note__patient=patient).select_related("note").order_by("-created_at")


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clinic_zone())
