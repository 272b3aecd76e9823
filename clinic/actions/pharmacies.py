"""Pharmacies: one row each, whoever of the patients goes there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from clinic.actions.errors import is_duplicate, refuse_changed
from clinic.actions.telecom import normal_phone
from clinic.models import Pharmacy
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError


@action
def add_pharmacy(*, by: User, name: str, **fields: Any) -> Pharmacy:
    """Add a pharmacy. Raises DomainError for one that is on file, by NCPDP number or by name and address."""
    return _save(Pharmacy(created_by=by, name=name.strip(), **_checked(fields)))


@action
def update_pharmacy(*, by: User, pharmacy: Pharmacy, version_seen: datetime, **fields: Any) -> Pharmacy:
    """Correct a pharmacy, or take it out of use. Raises Conflict when somebody has saved in between."""
    row = Pharmacy.objects.select_for_update().get(pk=pharmacy.pk)
    refuse_changed(row, version_seen)
    for name, value in _checked(fields).items():
        setattr(row, name, value)
    return _save(row)


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    numbers = (name for name in ("phone", "fax") if name in fields)
    return {**fields, **{name: normal_phone(fields[name], field=name) for name in numbers}}


def _save(row: Pharmacy) -> Pharmacy:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if is_duplicate(error):
            raise DomainError("This pharmacy is on file already.", field="name") from error
        raise
    return row
