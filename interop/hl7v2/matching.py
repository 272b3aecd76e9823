"""Whose results a message brings: a number of ours, and birth date and name that agree. Never by an empty number."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from clinic.models import Patient, ServiceRequest
from clinic.models.orders import OrderStatus
from clinic.queries.likeness import folded
from interop.hl7v2.oru import Message, Subject


@dataclass(frozen=True)
class Match:
    """The patient; or None, with the reason in a sentence that names nobody."""

    patient: Patient | None
    reason: str = ""


def whose(message: Message) -> Match:
    """The one patient of whom a message can be, or why a person must say it.

    A number of ours (of an order, or a record number) leads to a chart; the date of birth, the family name and the
    first name, today's or former ones, must all agree with it: twins share the first two.
    """
    keys = {*_by_orders(message), *_by_numbers(message.subject)}
    if not keys:
        given = message.subject.identifiers or any(report.placer for report in message.reports)
        return Match(None, "None of its numbers is one of ours." if given else "It gives no number at all.")
    found = {_heir(patient).pk: _heir(patient) for patient in Patient.objects.filter(pk__in=keys)}
    if len(found) > 1:
        return Match(None, "Its numbers belong to different charts.")
    patient = next(iter(found.values()))
    differs = differences(message.subject, patient)
    return Match(None, f"Its number is of a chart, but {' and '.join(differs)}.") if differs else Match(patient)


def differences(subject: Subject, patient: Patient) -> list[str]:
    """What in a message speaks against a chart, in words that tell neither."""
    said = []
    if subject.birth_date is None:
        said.append("it gives no date of birth")
    elif subject.birth_date != patient.birth_date:
        said.append("the date of birth differs")
    others = list(patient.names.filter(entered_in_error_at=None).values_list("family_name", "given_name"))
    family = folded(subject.family_name)
    if not family or family not in {folded(name) for name in (patient.family_name, *(one for one, _ in others))}:
        said.append("the name differs" if family else "it gives no name")
        return said
    firsts = [name for name in (patient.given_name, patient.preferred_name, *(two for _, two in others)) if name]
    if firsts and not any(_same_first(subject.given_name, name) for name in firsts):
        said.append("the first name differs" if folded(subject.given_name) else "it gives no first name")
    return said


def _same_first(one: str, two: str) -> bool:
    """Whether two first names are one: the same, or the same first word, of which one may be an initial."""
    if folded(one) and folded(one) == folded(two):
        return True
    first, second = (folded((name.split() or [""])[0]) for name in (one, two))
    return bool(first and second) and (first == second or (1 in {len(first), len(second)} and first[0] == second[0]))


def order_for(patient: Patient, placer: str) -> ServiceRequest | None:
    """The order of this patient that a report answers, by our number alone."""
    if not placer.strip():
        return None
    orders = patient.orders.filter(number__iexact=placer.strip(), entered_in_error_at=None)
    return orders.exclude(status=OrderStatus.DRAFT).first()


def _by_orders(message: Message) -> list[UUID]:
    numbers = {report.placer.strip().upper() for report in message.reports if report.placer.strip()}
    orders = ServiceRequest.objects.filter(number__in=numbers, entered_in_error_at=None)
    return list(orders.exclude(status=OrderStatus.DRAFT).values_list("patient_id", flat=True)) if numbers else []


def _by_numbers(subject: Subject) -> list[UUID]:
    numbers = {"".join(one.value.split()) for one in subject.identifiers} - {""}
    return list(Patient.objects.filter(mrn__in=numbers).values_list("pk", flat=True)) if numbers else []


def _heir(patient: Patient) -> Patient:
    """The chart that stands, where this one was merged into it."""
    while patient.replaced_by is not None:
        patient = patient.replaced_by
    return patient
