"""What actions on every kind of row have in common: entered in error, the only way out of the record; refusals."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, models
from django.utils import timezone
from psycopg.errors import UniqueViolation

from clinic.choices import VerificationStatus
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import ErrableMixin, Recorded

R = TypeVar("R", bound=ErrableMixin)

_FIELDS = ("entered_in_error_at", "entered_in_error_by", "entered_in_error_reason")


@action
def enter_in_error(*, by: User, row: R, reason: str) -> R:
    """Mark a row as entered in error: it stays on file with who, when and why, and counts nowhere any more.

    A row that carries FHIR's status ``entered-in-error`` gets it too. Raises DomainError without a reason. Asked
    twice, the first answer stays.
    """
    if not reason.strip():
        raise DomainError("Say why this was an error.", field="reason")
    locked = type(row)._default_manager.select_for_update().get(pk=row.pk)
    if locked.entered_in_error_at is not None:
        return locked
    locked.entered_in_error_at = timezone.now()
    locked.entered_in_error_by = by
    locked.entered_in_error_reason = reason.strip()[:300]
    locked.save(update_fields=[*_FIELDS, *_set_status(locked), "updated_at"])
    return locked


def refuse_errored(row: ErrableMixin) -> None:
    """Raise DomainError for a row that was entered in error: nothing happens to it any more."""
    if row.entered_in_error_at is not None:
        raise DomainError("This row was entered in error. Enter it anew if it is true after all.")


def refuse_changed(row: Recorded, seen: datetime) -> None:
    """Raise Conflict when the row was saved since ``seen``, the ``updated_at`` that its form was shown with."""
    if row.updated_at != seen:
        raise Conflict(
            f"{row} was changed by somebody else while this page was open. What you typed is kept here; "
            "open the page anew to see the newest state."
        )


def is_duplicate(error: IntegrityError) -> bool:
    """Whether the database refused a row because there is such a one already, and not for another reason."""
    return isinstance(error.__cause__, UniqueViolation)


def _set_status(row: models.Model) -> list[str]:
    """Put FHIR's own mark on the row where its resource has one; gives the fields that changed."""
    changed = []
    for name in ("status", "verification_status"):
        field = next((field for field in row._meta.fields if field.name == name), None)
        if field is not None and VerificationStatus.ENTERED_IN_ERROR in dict(field.flatchoices):
            setattr(row, name, VerificationStatus.ENTERED_IN_ERROR)
            changed.append(name)
    return changed
