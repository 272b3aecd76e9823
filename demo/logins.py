"""The log-ins of the sample clinic: one a role, one password, good for nothing but the demo."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings

from demo.data import rows
from emr.access.roles import ROLES

#: Known to everybody who reads this. Accounts with it exist in the demo alone, whose data are invented.
DEMO_PASSWORD = "amber kettle lighthouse"  # noqa: S105  meant to be read


class Login(NamedTuple):
    """Who logs in as what."""

    role: str
    email: str
    password: str


def demo_logins() -> list[Login]:
    """One log-in for each role, in the order of the roles."""
    first = {row["role"]: row["email"] for row in reversed(rows("staff"))}
    return [Login(role, first[role], DEMO_PASSWORD) for role in ROLES]


def table() -> str:
    """The log-ins as they are printed at the start."""
    lines = [f"  {ROLES[login.role].label:<17}{login.email}" for login in demo_logins()]
    asked = "" if settings.MFA_REQUIRED else "\nNo second factor is asked for in the demo; MFA_REQUIRED=1 asks for one."
    return "\n".join([f"Demo log-ins, each with the password  {DEMO_PASSWORD}", *lines]) + asked
