"""Staff: given roles, deactivated, let in again. Nobody is ever deleted, so that authorship stays.

Two rules keep the rights of a manager in order. Nobody changes their own roles, so that a manager who wants to read
charts needs another manager (the first account of a clinic, a superuser, may: it holds every right already). And the
last manager stays one, or nobody could give roles any more.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import connection

from emr.access.roles import MANAGER, ROLES
from emr.accounts import tries
from emr.accounts.models import Practitioner, User
from emr.accounts.sessions.ending import end_sessions
from emr.audit.action import action
from emr.audit.security import SecurityKind, record_security_event
from emr.shared.errors import DomainError


@action
def add_person(
    *, by: User, email: str, first_name: str, last_name: str, roles: Collection[str], password: str | None = None
) -> User:
    """An account with its roles. Without a password nobody can log in with it until one is set by an invitation.

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
    """Give a person exactly these roles. In force at their next request.

    Raises DomainError for an unknown role, for one's own roles, and where the clinic's last manager would go.
    """
    unknown = set(roles) - ROLES.keys()
    if unknown:
        raise DomainError(f"There is no role {', '.join(sorted(unknown))}.", field="roles")
    before, after = set(user.groups.values_list("name", flat=True)) & ROLES.keys(), set(roles)
    if before == after:
        return user
    if by == user and not by.is_superuser:
        raise DomainError("You can't change your own roles; ask another manager.", field="roles")
    if MANAGER.name in before - after:
        _keep_a_manager(user, "roles")
    user.groups.set(Group.objects.filter(name__in=roles))
    record_security_event(SecurityKind.ROLE_CHANGED, target=user, detail=_change(before, after))
    return user


@action
def update_person(
    *, by: User, user: User, first_name: str, last_name: str, roles: Collection[str], is_active: bool
) -> User:
    """Change a person's name, roles and whether they may log in. A deactivated person's sessions end at once.

    Raises DomainError when someone would shut themselves out, and as :func:`set_roles` does.
    """
    was_active = User.objects.select_for_update().get(pk=user.pk).is_active
    if user == by and not is_active:
        raise DomainError("You can't deactivate your own account; ask another manager.", field="is_active")
    if was_active and not is_active:
        _keep_a_manager(user, "is_active")
    user.first_name, user.last_name, user.is_active = first_name, last_name, is_active
    user.save(update_fields=["first_name", "last_name", "is_active"])
    set_roles(by=by, user=user, roles=roles)
    if was_active != is_active:
        kind = SecurityKind.ACTIVATED if is_active else SecurityKind.DEACTIVATED
        record_security_event(kind, target=user)
    if not is_active:
        end_sessions(user)
    return user


@action
def unlock_person(*, by: User, user: User) -> User:
    """Let a person log in again who is locked out after too many wrong passwords."""
    if tries.unlock(user):
        record_security_event(SecurityKind.UNLOCKED, target=user)
    return user


@action
def end_all_sessions(*, by: User, user: User) -> int:
    """Log a person out everywhere; how many sessions there were."""
    ended = end_sessions(user)
    record_security_event(SecurityKind.SESSION_ENDED, target=user, detail=f"all of them: {ended}")
    return ended


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


def _keep_a_manager(leaving: User, field: str) -> None:
    """Raise DomainError when ``leaving`` is the last active manager. Two who remove each other wait here in turn."""
    managers = User.objects.filter(groups__name=MANAGER.name, is_active=True)
    # Not their rows: each of the two holds one already, and would wait for the other's for ever.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.managers'))")
    if managers.filter(pk=leaving.pk).exists() and not managers.exclude(pk=leaving.pk).exists():
        raise DomainError(f"{leaving} is the only manager. Make somebody else a manager first.", field=field)


def _change(before: set[str], after: set[str]) -> str:
    given = [f"+{name}" for name in sorted(after - before)]
    return ", ".join(given + [f"-{name}" for name in sorted(before - after)])
