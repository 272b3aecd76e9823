"""What was done to or for a patient."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from clinic.choices import ProcedureStatus
from clinic.models import Encounter, Patient, Procedure
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.errors import DomainError


@action
def record_procedure(
    *,
    by: User,
    patient: Patient,
    coding: Coding,
    performed_start: datetime,
    performed_end: datetime | None = None,
    performer: Practitioner | None = None,
    encounter: Encounter | None = None,
    status: str = ProcedureStatus.COMPLETED,
    reason: str = "",
    note: str = "",
) -> Procedure:
    """Record a procedure that was done. Raises DomainError for one in the future, or one that ends before it begins."""
    if performed_start > timezone.now():
        raise DomainError("A procedure can't have been done in the future.", field="performed_start")
    if performed_end is not None and performed_end < performed_start:
        raise DomainError("The procedure can't end before it begins.", field="performed_end")
    return Procedure.objects.create(
        created_by=by,
        patient=patient,
        encounter=encounter,
        status=status,
        system=coding.system,
        code=coding.code,
        display=coding.display,
        performed_start=performed_start,
        performed_end=performed_end,
        performer=performer,
        reason=reason,
        note=note,
    )
