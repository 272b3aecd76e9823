"""Who must have a second factor, who has one, and whether a session was opened with one."""

from __future__ import annotations

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from emr.access.roles import ROLES
from emr.accounts.models import Clinic, User

#: What is a factor by itself. Recovery codes only stand in for one that is lost.
FACTOR_TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def needs_factor(user: User, clinic: Clinic | None) -> bool:
    """Whether this person may see nothing before a second factor.

    Exempt is only who has a role, and no role but those that the manager has exempted.
    """
    if not settings.MFA_REQUIRED:
        return False
    exempt = set(clinic.factor_exempt_roles) & ROLES.keys() if clinic is not None else set()
    if user.is_superuser or user.is_staff or not exempt:
        return True
    roles = user.role_names & ROLES.keys()
    return not roles or not roles <= exempt


def factor_types(user: User) -> set[str]:
    """The kinds of factor that a person has set up: ``totp``, ``webauthn``. One query."""
    return set(Authenticator.objects.filter(user=user, type__in=FACTOR_TYPES).values_list("type", flat=True))


def is_strong(request: HttpRequest, user: User) -> bool:
    """Whether this session has seen a second factor of its user, or the word of a trusted provider for one."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, user))


def strengthen(request: HttpRequest, user: User, kind: str) -> None:
    """Note in the session that its user has just shown a factor: by setting one up, or to the outside provider."""
    record_authentication(request, user, "mfa", type=kind)


def weaken(request: HttpRequest) -> None:
    """Forget in the session that a factor was shown: the last one is gone."""
    records = request.session.get("account_authentication_methods", [])
    request.session["account_authentication_methods"] = [r for r in records if r.get("method") != "mfa"]
