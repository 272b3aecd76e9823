"""FHIR Coverage, and the one contained in an ExplanationOfBenefit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clinic.choices import CoverageStatus, PayerType, SubscriberRelationship
from clinic.models import Coverage, Payer
from emr.accounts.models import User
from interop.fhir.elements import Refused, Resource, optional_day, reference
from interop.fhir.links import Links
from interop.fhir.mapped import Mapped

#: Words by which senders name public programs: type of box 1 and X12's claim filing code.
_PROGRAMS: dict[str, tuple[str, str, str]] = {
    "medicare": ("Medicare", PayerType.MEDICARE, "MB"),
    "medicaid": ("Medicaid", PayerType.MEDICAID, "MC"),
    "private": ("Private insurance", PayerType.GROUP, "CI"),
}

#: Someone with both programs: Medicare pays first, Medicaid second.
_DUAL = "dual_eligible"

_NO_INSURANCE = frozenset({"", "no_insurance", "self-pay", "uninsured"})


def map_coverage(resource: Resource, links: Links, by: User) -> Mapped | None:
    """A policy of its own."""
    patient_id = links.patient(reference(resource.get("beneficiary")))
    status = resource.text("status")
    if status not in CoverageStatus.values:
        raise Refused(f"status “{status}” is none of FHIR's codes")
    payors = resource.list("payor")
    words = payors[0].get("display", "") if payors else ""
    payer = _referenced(links, payors) or _named(by, str(words))
    if payer is None:
        raise Refused("it names no payer")
    period = resource.object("period")
    return _mapped(
        resource,
        by,
        patient_id,
        payer,
        status=status,
        subscriber_id=resource.text("subscriberId"),
        order=_order(resource),
        relationship=_relationship(resource),
        start=optional_day(period.get("start"), "period.start"),
        end=optional_day(period.get("end"), "period.end"),
    )


def contained_coverages(resource: dict[str, Any]) -> list[tuple[int, str]]:
    """The coverages that an ExplanationOfBenefit holds, as order and the payer's words; none for the uninsured."""
    for item in resource.get("contained", []):
        if item.get("resourceType") != "Coverage":
            continue
        payors = item.get("payor") or [{}]
        words = str(payors[0].get("display") or item.get("type", {}).get("text", "")).strip()
        if words.lower() == _DUAL:
            return [(1, "medicare"), (2, "medicaid")]
        return [] if words.lower() in _NO_INSURANCE else [(1, words)]
    return []


def coverage_from_benefit(resource: Resource, by: User, patient_id: UUID, order: int, words: str) -> Mapped | None:
    """The policy behind the latest explanation of benefit. It carries no member number and no period."""
    payer = _named(by, words)
    if payer is None:
        return None
    return _mapped(
        resource,
        by,
        patient_id,
        payer,
        status=CoverageStatus.ACTIVE,
        subscriber_id="",
        order=order,
        relationship=SubscriberRelationship.SELF,
        start=None,
        end=None,
    )


def _mapped(
    resource: Resource,
    by: User,
    patient_id: UUID,
    payer: Payer,
    *,
    status: str,
    subscriber_id: str,
    order: int,
    relationship: str,
    start: Any,
    end: Any,
) -> Mapped:
    if not subscriber_id:
        subscriber_id = patient_id.hex[-12:].upper()
        resource.remark("a coverage without a member number got a provisional one made from the patient's key here")
    return Mapped(
        Coverage(
            created_by=by,
            patient_id=patient_id,
            payer=payer,
            status=status,
            order=order,
            subscriber_id=subscriber_id[:30],
            relationship=relationship,
            period_start=start,
            period_end=end,
        ),
        patient_id,
    )


def _order(resource: Resource) -> int:
    order = resource.get("order")
    return order if order in {1, 2, 3} else 1


def _relationship(resource: Resource) -> str:
    code = next((c.get("code") for c in resource.object("relationship").get("coding", [])), "self")
    if code in {SubscriberRelationship.SPOUSE, SubscriberRelationship.CHILD, SubscriberRelationship.OTHER}:
        raise Refused("its subscriber is another person, whose name it doesn't carry")
    return SubscriberRelationship.SELF


def _referenced(links: Links, payors: list[Any]) -> Payer | None:
    found = links.row(reference(payors[0])) if payors else None
    return Payer.objects.filter(pk=found).first() if found else None


def _named(by: User, words: str) -> Payer | None:
    """The payer of these words; made when it isn't on file."""
    words = words.strip()
    if words.lower() in _NO_INSURANCE:
        return None
    name, kind, filing = _PROGRAMS.get(words.lower(), (words[:60], PayerType.OTHER, ""))
    payer = Payer.objects.filter(name=name).first()
    return payer or Payer.objects.create(created_by=by, name=name, type=kind, claim_filing_code=filing)
