"""Whom work and words can be sent to: the people who work here, and their roles."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from emr.access.roles import ROLES
from emr.accounts.models import User


def staff() -> QuerySet[User]:
    """Those who can log in, by name."""
    return User.objects.filter(is_active=True, is_service=False).order_by("last_name", "first_name", "email")


def gone() -> QuerySet[User, UUID]:
    """Those who don't work here any more: a column of keys."""
    return User.objects.filter(is_active=False).order_by().values_list("pk", flat=True)


def receivers(*, but: User | None = None, roles: bool = True) -> list[tuple[str, str]]:
    """Each role that somebody has and each person, as forms offer them: ``role:nurse``, ``user:<key>``. Two queries."""
    people = [(f"user:{row.pk}", str(row)) for row in staff() if but is None or row.pk != but.pk]
    held = set(staff().order_by().values_list("groups__name", flat=True)) if roles else set()
    groups = [(f"role:{role.name}", f"{role.label} (whoever is there)") for role in ROLES.values() if role.name in held]
    return [*groups, *people]


def chosen(value: str) -> tuple[User | None, str]:
    """Who is meant by a choice of :func:`receivers`: a person, or the name of a role. Neither for what is none."""
    kind, _, key = value.partition(":")
    if kind == "role" and key in ROLES:
        return None, key
    return (staff().filter(pk=key).first() if kind == "user" else None), ""
