"""How long is long on the flow board."""

from __future__ import annotations

from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError
from scheduling.models import StageThreshold

MOST_MINUTES = 600


@action
def set_threshold(*, by: User, stage: str, warn_minutes: int, late_minutes: int) -> StageThreshold:
    """Set after how many minutes a stage is long, and too long. What is set already changes nothing.

    Raises DomainError where too long doesn't come after long, or is more than ten hours.
    """
    if not 1 <= warn_minutes < late_minutes <= MOST_MINUTES:
        raise DomainError(f"Too long must come after long, and within {MOST_MINUTES} minutes.", field=f"late_{stage}")
    row = StageThreshold.objects.select_for_update().filter(stage=stage).first()
    if row is None:
        return StageThreshold.objects.create(
            created_by=by, stage=stage, warn_minutes=warn_minutes, late_minutes=late_minutes
        )
    if (row.warn_minutes, row.late_minutes) != (warn_minutes, late_minutes):
        row.warn_minutes, row.late_minutes = warn_minutes, late_minutes
        row.save(update_fields=["warn_minutes", "late_minutes", "updated_at"])
    return row
