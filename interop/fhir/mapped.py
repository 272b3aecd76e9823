"""What a mapper gives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import models

from emr.accounts.models import User
from interop.fhir.elements import Resource
from interop.fhir.links import Links


@dataclass
class Mapped:
    """A row ready to be written, and the rows that are parts of it, all of ``part_model``.

    ``parent_field`` names their foreign key to it. ``columns`` are those that a later version of the resource may
    change; None means all that aren't this clinic's own.

    ``parts_are_ours`` says that the parts are looked after here once imported (a patient's address), so that a later
    import leaves them alone.
    """

    row: models.Model
    patient_id: UUID | None = None
    parts: Sequence[models.Model] = ()
    parent_field: str = ""
    part_model: type[models.Model] | None = None
    parts_are_ours: bool = False
    columns: Collection[str] | None = None


#: Maps one resource. Raises Refused with the reason when it can't be; None keeps the resource only as it was sent.
Mapper = Callable[[Resource, Links, User], Mapped | None]
