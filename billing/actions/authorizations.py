"""A payer's leave, asked for beforehand: written down, corrected, put to the visit's claims."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.actions.drafts import check_all, rebuild
from billing.actions.ledger import lock_patient
from billing.choices import AuthorizationKind, ClaimStatus
from billing.models import Authorization, Claim, ClaimSupportingInfo
from clinic.models import Coverage
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError

#: A service's code, or its beginning with a star.
CODE = re.compile(r"[A-Z0-9]{1,5}\*?")
_NUMBER = re.compile(r"[A-Z0-9]{1,29}")


@action
def save_authorization(
    *,
    by: User,
    coverage: Coverage,
    number: str,
    kind: str = AuthorizationKind.PRIOR_AUTHORIZATION,
    codes: Sequence[str] = (),
    period_start: date | None = None,
    period_end: date | None = None,
    visits_allowed: int | None = None,
    comment: str = "",
    authorization: Authorization | None = None,
) -> Authorization:
    """Write down what a payer allowed, or correct it; drafts of the policy are checked again.

    Raises DomainError for a number or code that a claim can't carry, for a period that ends before it begins, and for
    a number that the policy has already; Conflict for one that was entered in error meanwhile.
    """
    fields = {
        "coverage": coverage,
        "number": _number(number),
        "kind": kind,
        "codes": listed(codes),
        "period_start": period_start,
        "period_end": period_end,
        "visits_allowed": visits_allowed,
        "comment": comment.strip()[:200],
    }
    if period_start and period_end and period_end < period_start:
        raise DomainError("It ends before it begins.", field="period_end")
    if visits_allowed is not None and visits_allowed < 1:
        raise DomainError(
            "Give the number of visits, or leave it empty where there is no limit.", field="visits_allowed"
        )
    lock_patient(coverage.patient)
    row = _write(by, coverage, authorization, fields)
    _check_again({coverage.pk, row.coverage_id})
    return row


@action
def mark_authorization_wrong(*, by: User, authorization: Authorization, reason: str) -> Authorization:
    """Say that an authorization never was; no draft carries it any more. Raises DomainError without a reason."""
    if not reason.strip():
        raise DomainError("Say what was wrong.", field="reason")
    lock_patient(authorization.patient)
    row = Authorization.objects.select_for_update().get(pk=authorization.pk)
    if row.entered_in_error_at is not None:
        return row
    row.entered_in_error_at, row.entered_in_error_by = timezone.now(), by
    row.entered_in_error_reason = reason.strip()[:300]
    row.save(
        update_fields=["entered_in_error_at", "entered_in_error_by", "entered_in_error_reason", "updated_at"],
    )
    _check_again({row.coverage_id})
    return row


@action
def use_authorization(*, by: User, claim: Claim, authorization: Authorization | None) -> Claim:
    """Put an authorization in box 23 of a visit's drafts, or none; the claim is checked again.

    Raises DomainError for one of another policy or entered in error, Conflict for a claim that went out.
    """
    lock_patient(claim.patient)
    row = Claim.objects.select_for_update(of=("self",)).select_related("patient", "encounter").get(pk=claim.pk)
    if row.status != ClaimStatus.DRAFT:
        raise Conflict(f"Claim {row.number} went out, so it doesn't change any more.")
    if authorization is not None and (
        authorization.coverage_id != row.coverage_id or authorization.entered_in_error_at is not None
    ):
        raise DomainError("Choose an authorization of the policy that the claim goes to.", field="authorization")
    told = ClaimSupportingInfo.objects.select_for_update().filter(encounter=row.encounter).first()
    if told is None:
        ClaimSupportingInfo.objects.create(
            created_by=by, patient=row.patient, encounter=row.encounter, authorization=authorization
        )
    else:
        told.authorization = authorization
        told.save(update_fields=["authorization", "updated_at"])
    return rebuild(by, Claim.objects.select_related("patient", "encounter").get(pk=row.pk))


def listed(codes: Sequence[str], field: str = "codes") -> list[str]:
    """Services' codes as they are kept, each once. Raises DomainError for what is none."""
    found = list(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))
    strange = [code for code in found if not CODE.fullmatch(code)]
    if strange:
        raise DomainError(
            f"{', '.join(strange[:3])}: a code has five letters and digits, or fewer and a * for the rest.", field=field
        )
    return found


def _number(typed: str) -> str:
    number = re.sub(r"[\s-]", "", typed).upper()
    if not _NUMBER.fullmatch(number):
        raise DomainError("Give the number as the payer does: up to 29 letters and digits.", field="number")
    return number


def _write(by: User, coverage: Coverage, old: Authorization | None, fields: dict[str, object]) -> Authorization:
    try:
        with transaction.atomic():
            if old is None:
                return Authorization.objects.create(created_by=by, patient=coverage.patient, **fields)
            row = Authorization.objects.select_for_update().get(pk=old.pk)
            if row.entered_in_error_at is not None:
                raise Conflict("This authorization was entered in error meanwhile.")
            for name, value in fields.items():
                setattr(row, name, value)
            row.save(update_fields=[*fields, "updated_at"])
            return row
    except IntegrityError as error:
        raise DomainError("The policy has this number already.", field="number") from error


def _check_again(policies: set[UUID]) -> None:
    drafts = Claim.objects.select_for_update(of=("self",)).filter(coverage__in=policies, status=ClaimStatus.DRAFT)
    check_all(list(drafts.order_by("pk")))
