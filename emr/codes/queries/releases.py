"""Which release of a code system is in use."""

from __future__ import annotations

from emr.codes.models import Release
from emr.codes.models.systems import ReleaseState


def active_release(system: str) -> Release | None:
    """The release in use of the code system with this URL, or None if none was loaded."""
    found = Release.objects.filter(code_system__url=system, state=ReleaseState.ACTIVE)
    return found.select_related("code_system").first()
