"""Staff: invited, given roles, deactivated. Nobody is ever deleted, so that authorship stays."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session

from emr.access.roles import ROLES
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.errors import DomainError


@action
def add_person(
    *, by: User, email: str, first_name: str, last_name: str, roles: Collection[str], password: str | None = None
) -> User:
    """An account with its roles. Without a password the person sets one by "Forgot your password?".

    Raises DomainError when the e-mail is taken or a role is unknown.
    """
    email = email.strip().lower()
    if User.objects.filter(email__iexact=email).exists():
        raise DomainError(f"{email} has an account already.", field="email")
    user = User.objects.create_user(email, password, first_name=first_name, last_name=last_name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    set_roles(by=by, user=user, roles=roles)
    return user


@action
def set_roles(*, by: User, user: User, roles: Collection[str]) -> User:
    """Give a person exactly these roles. In force at their next request."""
    unknown = set(roles) - ROLES.keys()
    if unknown:
        raise DomainError(f"There is no role {', '.join(sorted(unknown))}.", field="roles")
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@action
def update_person(
    *, by: User, user: User, first_name: str, last_name: str, roles: Collection[str], is_active: bool
) -> User:
    """Change a person's name, roles and whether they may log in. A deactivated person's sessions end at once.

    Raises DomainError when someone would shut themselves out.
    """
    if user == by and not is_active:
        raise DomainError("You can't deactivate your own account; ask another manager.", field="is_active")
    user.first_name, user.last_name, user.is_active = first_name, last_name, is_active
    user.save(update_fields=["first_name", "last_name", "is_active"])
    set_roles(by=by, user=user, roles=roles)
    if not is_active:
        end_sessions(user)
    return user


def end_sessions(user: User) -> int:
    """End every session of a person; gives how many there were."""
    mine = [
        session.session_key
        for session in Session.objects.iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    return Session.objects.filter(session_key__in=mine).delete()[0]


@action
def save_practitioner(*, by: User, practitioner: Practitioner | None, **fields: Any) -> Practitioner:
    """Make or change a practitioner. Raises DomainError when the NPI is another's."""
    row = practitioner or Practitioner()
    npi = fields.get("npi", "")
    if npi and Practitioner.objects.filter(npi=npi).exclude(pk=row.pk).exists():
        raise DomainError(f"NPI {npi} belongs to another practitioner.", field="npi")
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row
