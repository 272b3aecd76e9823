"""Recording that a record was read."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.context import current
from emr.audit.models import AccessAction, AccessEvent, AccessOutcome, PurposeOfUse
from emr.audit.purposes import purpose_of


def record_access(
    request: HttpRequest,
    patient_ids: Iterable[UUID],
    *,
    section: str,
    action: AccessAction = AccessAction.VIEW,
    outcome: AccessOutcome = AccessOutcome.GRANTED,
    reason: str = "",
    purpose: PurposeOfUse | None = None,
) -> None:
    """Write one row for each patient whose record this request reads, in one insert.

    ``purpose`` is by default what follows from the user's roles and the section.
    """
    match = request.resolver_match
    record_access_by(
        request.user,  # type: ignore[arg-type]
        patient_ids,
        section=section,
        action=action,
        outcome=outcome,
        reason=reason,
        purpose=purpose,
        url_name=match.view_name if match else "",
    )


def record_access_by(
    user: User,
    patient_ids: Iterable[UUID],
    *,
    section: str,
    action: AccessAction,
    url_name: str,
    outcome: AccessOutcome = AccessOutcome.GRANTED,
    reason: str = "",
    purpose: PurposeOfUse | None = None,
) -> None:
    """As :func:`record_access` for a task or a command; ``url_name`` then names it (``"clinic_day"``)."""
    context = current()
    why, at = purpose or purpose_of(user, section), timezone.now()
    AccessEvent.objects.bulk_create(
        AccessEvent(
            at=at,
            user=user,
            patient_id=patient_id,
            action=action,
            section=section,
            url_name=url_name,
            outcome=outcome,
            reason=reason,
            purpose=why,
            request_id=context.request_id,
            remote_addr=context.remote_addr,
        )
        for patient_id in dict.fromkeys(patient_ids)
    )
