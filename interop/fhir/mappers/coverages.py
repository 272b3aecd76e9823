"""FHIR Coverage, and the one contained in an ExplanationOfBenefit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clinic.choices import CoverageStatus, PayerType, SubscriberRelationship
from clinic.models import Coverage, Payer
from emr.accounts.models import User
from interop.fhir.elements import Refused, Resource, an_object, codes, objects, reference, shown, text
from interop.fhir.links import Links
from interop.fhir.mapped import Mapped
from interop.fhir.mappers.organizations import payer_name

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
        raise Refused(f"status “{shown(status)}” is none of FHIR's codes")
    payors = resource.objects("payor")
    words = text(payors[0].get("display"), "payor.display") if payors else ""
    payer = _referenced(links, payors) or _named(resource, by, words)
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
        start=resource.whole_day(period.get("start"), "period.start"),
        end=resource.whole_day(period.get("end"), "period.end"),
    )


def contained_coverages(resource: Resource) -> list[tuple[int, str]]:
    """The coverages that an ExplanationOfBenefit holds, as order and the payer's words; none for the uninsured."""
    for item in objects(resource.get("contained"), "contained"):
        if item.get("resourceType") != "Coverage":
            continue
        payors = objects(item.get("payor"), "contained.payor") or [{}]
        named = text(payors[0].get("display"), "contained.payor.display")
        words = named or text(an_object(item.get("type"), "contained.type").get("text"), "contained.type.text")
        if words.lower() == _DUAL:
            return [(1, "medicare"), (2, "medicaid")]
        return [] if words.lower() in _NO_INSURANCE else [(1, words)]
    return []


def coverage_from_benefit(resource: Resource, by: User, patient_id: UUID, order: int, words: str) -> Mapped | None:
    """The policy behind the latest explanation of benefit. It carries no member number and no period."""
    payer = _named(resource, by, words)
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
            subscriber_id=subscriber_id,
            relationship=relationship,
            period_start=start,
            period_end=end,
        ),
        patient_id,
    )


def _order(resource: Resource) -> int:
    order = resource.get("order")
    if order is None:
        return 1
    if isinstance(order, bool) or order not in (1, 2, 3):
        raise Refused(f"order “{shown(order)}” is none of 1, 2 and 3")
    return int(order)


def _relationship(resource: Resource) -> str:
    code = next(iter(codes([resource.object("relationship")], "relationship")), SubscriberRelationship.SELF)
    if code != SubscriberRelationship.SELF:
        raise Refused("its subscriber is another person, whose name it doesn't carry")
    return SubscriberRelationship.SELF


def _referenced(links: Links, payors: list[Any]) -> Payer | None:
    found = links.row(reference(payors[0]), "Organization") if payors else None
    return Payer.objects.filter(pk=found).first() if found else None


def _named(resource: Resource, by: User, words: str) -> Payer | None:
    """The payer of these words; made when it isn't on file."""
    if words.lower() in _NO_INSURANCE:
        return None
    name, kind, filing = _PROGRAMS.get(words.lower(), (payer_name(resource, words), PayerType.OTHER, ""))
    # get_or_create: an import from another source may make the same payer at this moment.
    made = {"created_by": by, "type": kind, "claim_filing_code": filing}
    return Payer.objects.get_or_create(name=name, defaults=made)[0]
