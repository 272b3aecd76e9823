"""Somebody registered and booked in one: both, or neither."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from clinic.actions.patients import register_patient
from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.action import action

Booked = TypeVar("Booked")


@action
def register_and_book(*, by: User, person: Mapping[str, Any], booking: Callable[[Patient], Booked]) -> Booked:
    """Register a patient and do ``booking`` with them; gives what that gives.

    ``person`` has the arguments of ``register_patient``. Where the booking is refused, nobody is registered. Raises
    what both raise.
    """
    return booking(register_patient(by=by, **person))
