"""What a claim says of the visit: boxes 10, 14 to 20, 23, 29, 31 and 32."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from billing.cms1500.form import (
    Address,
    AuthorizationKind,
    Form1500,
    Period,
    PersonName,
    Provider,
    QualifiedDate,
    ReferringProvider,
    ReferringRole,
    Signature,
)
from billing.models import Authorization, Claim, ClaimSupportingInfo, Payment
from clinic.models import Encounter
from emr.shared.dates import clinic_zone


def particulars_of(visit: Encounter) -> ClaimSupportingInfo | None:
    """What was entered about the visit for its claims."""
    return getattr(visit, "claim_supporting_info", None)


def authorization_of(claim: Claim) -> Authorization | None:
    """The visit's authorization, if it is one of the payer that the claim goes to."""
    told = particulars_of(claim.encounter)
    found = told.authorization if told else None
    if found is None or found.entered_in_error_at is not None or found.coverage_id != claim.coverage_id:
        return None
    return found


def with_particulars(form: Form1500, claim: Claim) -> Form1500:
    """The form with what was entered about its visit. Of an outside laboratory nothing said means that none was."""
    told, authorization = particulars_of(claim.encounter), authorization_of(claim)
    form = replace(form, outside_lab=False)
    if authorization is not None:
        kind = AuthorizationKind(authorization.kind)
        form = replace(form, prior_authorization=authorization.number, authorization_kind=kind)
    if told is None:
        return form
    return replace(
        form,
        employment=told.employment,
        auto_accident=told.auto_accident,
        auto_accident_state=told.auto_accident_state,
        other_accident=told.other_accident,
        claim_codes=tuple(told.claim_codes.split()),
        illness=_dated(told.illness_qualifier, told.illness_date),
        other_date=_dated(told.other_date_qualifier, told.other_date),
        unable_to_work=_period(told.unable_to_work_start, told.unable_to_work_end),
        referring_provider=_referrer(told),
        hospitalization=_period(told.hospitalization_start, told.hospitalization_end),
        additional_information=told.additional_information,
        outside_lab=told.outside_lab,
        outside_lab_charge=told.outside_lab_charge,
    )


def with_facility(form: Form1500, claim: Claim) -> Form1500:
    """The form with the place where the service was given, if that wasn't the clinic."""
    told = particulars_of(claim.encounter)
    if told is None or not told.facility_name:
        return form
    address = Address(
        line=told.facility_line,
        city=told.facility_city,
        state=told.facility_state,
        postal_code=told.facility_postal_code,
    )
    return replace(form, service_facility=Provider(name=told.facility_name, address=address, npi=told.facility_npi))


def _dated(qualifier: str, on: date | None) -> QualifiedDate | None:
    return QualifiedDate(qualifier=qualifier, on=on) if on else None


def _period(start: date | None, end: date | None) -> Period | None:
    return Period(start=start, end=end) if start else None


def _referrer(told: ClaimSupportingInfo) -> ReferringProvider | None:
    if not told.referring_role:
        return None
    return ReferringProvider(
        role=ReferringRole(told.referring_role),
        name=PersonName(
            family=told.referring_family_name,
            given=told.referring_given_name,
            credentials=told.referring_credentials,
        ),
        npi=told.referring_npi,
    )


def paid_by_patients(visits: Iterable[UUID]) -> dict[UUID, Decimal]:
    """What patients paid for each of these visits, less what was given back. One query."""
    keys = list(visits)
    rows = Payment.objects.filter(Q(encounter__in=keys) | Q(appointment__encounter__in=keys))
    sums: Any = (
        rows.order_by()
        .annotate(visit=Coalesce("encounter_id", "appointment__encounter_id"))
        .values_list("visit")
        .annotate(Sum("amount"))
    )
    return dict(sums)


def signature_of(visit: Encounter) -> Signature | None:
    """Box 31: the practitioner's name, and the day on which the visit's note was signed."""
    practitioner, signed = visit.practitioner, next(iter(visit.notes.all()), None)
    if practitioner is None:
        return None
    on = signed.signed_at.astimezone(clinic_zone()).date() if signed and signed.signed_at else None
    name = f"{practitioner.given_name} {practitioner.family_name} {practitioner.credentials}".strip()
    return Signature(text=name, signed_on=on)
