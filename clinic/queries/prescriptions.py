"""Prescriptions and requests to refill them, as pages list them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from clinic.models import MedicationRequest, MedicationStatement, Patient, RefillRequest
from clinic.models.prescriptions import PrescriptionMethod, PrescriptionStatus, RefillStatus
from clinic.prescribing import WAYS
from clinic.queries.medications import HOW, directions
from clinic.rules import visible_to
from emr.accounts.models import User

LIMIT = 200


def prescriptions_of(patient: Patient) -> list[MedicationRequest]:
    """A patient's prescriptions, drafts first, then newest first: one query."""
    rows = patient.prescriptions.select_related("prescriber", "medication").annotate(copies=Count("prints"))
    found = list(rows.order_by("-created_at")[:LIMIT])
    return sorted(found, key=lambda row: row.status != PrescriptionStatus.DRAFT)


def prescription_of(patient: Patient) -> QuerySet[MedicationRequest]:
    """For the page of one: with its people, its drug and its prints."""
    joined = ("prescriber", "pharmacy", "medication", "patient", "signed_by", "transmitted_by", "created_by")
    return patient.prescriptions.select_related(*joined, "entered_in_error_by").prefetch_related("prints__created_by")


def last_prescription(medication: MedicationStatement) -> MedicationRequest | None:
    """The one that was signed last for a drug of the list."""
    signed = medication.prescriptions.filter(entered_in_error_at=None).exclude(signed_at=None)
    return signed.order_by("-signed_at").first()


def directions_now(drug: MedicationStatement, last: MedicationRequest | None) -> str:
    """How a drug is taken by the list; in the words of the last prescription where that still says the same."""
    base = MedicationStatement(**{name: getattr(drug, name) for name in HOW})
    start, whole = (directions(row).replace(" · ", " ") for row in (base, drug))
    if last is None or not (whole or start):
        return last.dosage_text if last is not None else whole
    same = last.dosage_text == whole or (start and f"{last.dosage_text},".startswith(f"{start},"))
    return last.dosage_text if same else whole


def more_directions(draft: MedicationRequest) -> str:
    """What a draft's directions say beyond how its drug is taken by the list."""
    base = directions(MedicationStatement(**{name: getattr(draft.medication, name) for name in HOW}))
    start = base.replace(" · ", " ")
    if start and f"{draft.dosage_text},".startswith(f"{start},"):
        return draft.dosage_text[len(start) :].removeprefix(",").strip()
    return draft.dosage_text


def refills_of(patient: Patient) -> list[RefillRequest]:
    """A patient's requests, those that wait first: one query."""
    rows = patient.refill_requests.select_related("medication", "pharmacy", "created_by", "decided_by", "prescription")
    found = list(rows.order_by("-created_at")[:LIMIT])
    return sorted(found, key=lambda row: row.status != RefillStatus.REQUESTED)


def refills_waiting(user: User, *, decided: bool = False) -> list[RefillRequest]:
    """Requests of patients of whom a person may know: those that wait, longest first, or the last decided."""
    rows = RefillRequest.objects.filter(patient__in=visible_to(user).order_by())
    rows = rows.select_related("patient", "medication", "pharmacy", "created_by", "decided_by")
    if decided:
        return list(rows.exclude(status=RefillStatus.REQUESTED).order_by("-decided_at")[:LIMIT])
    return list(rows.filter(status=RefillStatus.REQUESTED).order_by("created_at")[:LIMIT])


@dataclass(frozen=True)
class Ways:
    """How a signed prescription can still go out."""

    prints: bool
    others: list[tuple[str, str]]


def ways_of(row: MedicationRequest, *, electronic: bool) -> Ways:
    """What is offered: printing as long as it stands, and once one of the other ways that its schedule allows."""
    stands = row.status == PrescriptionStatus.ACTIVE and row.signed_at is not None
    others = [
        (method.value, {"phoned": "It was phoned in", "faxed": "It was faxed", "sent": "Send electronically"}[method])
        for method in WAYS[row.schedule]
        if method != PrescriptionMethod.PRINTED and (electronic or method != PrescriptionMethod.SENT)
    ]
    reachable = stands and row.transmitted_at is None and row.pharmacy is not None
    return Ways(prints=stands, others=others if reachable else [])
