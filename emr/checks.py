"""System checks of the whole project, run by ``manage.py check``."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def no_demo(**_: Any) -> list[CheckMessage]:
    """Production never runs with the demo's switch. What else it needs, the settings ask for at the start."""
    return [Error("CHARTROOM_DEMO is on.", hint="Unset it in production.", id="emr.E001")] if settings.DEMO else []


@register(Tags.security, deploy=True)
def roles_are_apart(**_: Any) -> list[CheckMessage]:
    """The running app must not own its tables, or it could switch its own guards off."""
    from emr.settings import env

    if env.get("DATABASE_OWNER_URL") is None:
        return [
            checks.Warning(
                "Only one database role is configured.",
                hint="Set DATABASE_OWNER_URL to the role that owns the tables and DATABASE_URL to the app's role.",
                id="emr.W003",
            )
        ]
    return []
