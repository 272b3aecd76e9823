"""How a row that a merge added ends when the merge is undone, and how a grant that it ended is given again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from clinic.choices import CoverageStatus
from clinic.models import Coverage, PatientDenial, PatientGroupGrant, PatientName, PatientUserGrant
from emr.accounts.models import User
from emr.audit.models import LegalHold

_WHY = "The merge that added it was undone."


def ending_of(row: models.Model, by: User, now: datetime) -> dict[str, Any]:
    """The values that end a row; none where it has ended already, or where it is of no kind that a merge adds."""
    prefix = _PREFIXES.get(type(row), "")
    if not prefix or getattr(row, f"{prefix}_at") is not None:
        return {}
    mark = {"status": CoverageStatus.ENTERED_IN_ERROR} if isinstance(row, Coverage) else {}
    return {f"{prefix}_at": now, f"{prefix}_by_id": by.pk, f"{prefix}_reason": _WHY, **mark}


def again(row: models.Model) -> models.Model | None:
    """The same grant anew; None where its time is over, or where it opens anything no more."""
    if not isinstance(row, PatientUserGrant | PatientGroupGrant):
        return None
    if row.expires_at is not None and row.expires_at <= timezone.now():
        return None
    kind = type(row)
    left_out = {"id", "revoked_at", "revoked_by_id", "revoked_reason"}
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return kind(**{name: value for name, value in values.items() if name not in left_out})


_PREFIXES: dict[type[models.Model], str] = {
    Coverage: "entered_in_error",
    PatientName: "entered_in_error",
    PatientDenial: "lifted",
    PatientUserGrant: "revoked",
    PatientGroupGrant: "revoked",
    LegalHold: "lifted",
}
