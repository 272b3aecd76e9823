"""The clinic's own particulars."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from emr.accounts.logo import Logo
from emr.accounts.models import Clinic, User
from emr.audit.action import action
from emr.shared.errors import DomainError


@action
def save_clinic(*, by: User, logo: Logo | None = None, remove_logo: bool = False, **fields: Any) -> Clinic:
    """Set up the clinic, or change it. New prints and claims carry the change; submitted claims keep what they had."""
    clinic = Clinic.objects.select_for_update().first() or Clinic()
    for name, value in fields.items():
        setattr(clinic, name, value)
    if logo is not None:
        clinic.logo, clinic.logo_type, clinic.logo_sha256 = logo.content, logo.kind.value, logo.sha256
    elif remove_logo:
        clinic.logo, clinic.logo_type, clinic.logo_sha256 = None, "", ""
    clinic.save()
    return clinic


@action
def exempt_roles(*, by: User, roles: Collection[str]) -> Clinic:
    """Let people who have these roles, and no others, work without a second factor. In force at the next request.

    Raises DomainError before the clinic is set up.
    """
    clinic = Clinic.objects.select_for_update().first()
    if clinic is None:
        raise DomainError("Set up the clinic first.")
    clinic.factor_exempt_roles = sorted(roles)
    clinic.save(update_fields=["factor_exempt_roles"])
    return clinic
