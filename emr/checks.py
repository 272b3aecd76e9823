"""System checks of the whole project, run by ``manage.py check``."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

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


_HERE = frozenset({"", "localhost", "127.0.0.1", "::1"})


@register(Tags.security, deploy=True)
def the_way_to_the_database_is_encrypted(**_: Any) -> list[CheckMessage]:
    """To a server elsewhere everything goes over TLS, and the server proves its name."""
    from emr.settings import env

    found: list[CheckMessage] = []
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        if env.get(name) is None:
            continue
        address = env.database(name)
        options: Any = address["OPTIONS"]
        if not _is_here(str(address["HOST"])) and options.get("sslmode") != "verify-full":
            hint = "Add ?sslmode=verify-full (and sslrootcert) to it."
            found.append(
                checks.Warning(f"{name} leads to another machine without proven TLS.", hint=hint, id="emr.W004")
            )
    return found


@register(Tags.security, deploy=True)
def the_way_to_the_broker_is_encrypted(**_: Any) -> list[CheckMessage]:
    """As for the database."""
    from emr.settings import env

    found: list[CheckMessage] = []
    for name in ("BROKER_URL", "CACHE_URL"):
        parts = urlsplit(env.get(name) or "")
        if parts.scheme == "redis" and not _is_here(parts.hostname or ""):
            hint = "Begin it with rediss://."
            found.append(checks.Warning(f"{name} leads to another machine without TLS.", hint=hint, id="emr.W005"))
    return found


@register(Tags.security, deploy=True)
def the_way_to_the_mail_server_is_encrypted(**_: Any) -> list[CheckMessage]:
    """Its log-in and the links in the mails are worth an account."""
    if settings.EMAIL_USE_TLS or not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return []
    if _is_here(settings.EMAIL_HOST):
        return []
    return [checks.Warning("EMAIL_HOST is another machine without TLS.", hint="Set EMAIL_USE_TLS=1.", id="emr.W007")]


@register(Tags.security, deploy=True)
def patients_are_reached_over_https(**_: Any) -> list[CheckMessage]:
    """A text message tells a number and a visit, and a mailed link opens one: neither goes in the clear.

    A bridge to the carrier may stand on this machine. Where patients open their links never does.
    """
    found: list[CheckMessage] = []
    carrier = urlsplit(settings.SMS_URL)
    if settings.SMS_URL and carrier.scheme != "https" and not (carrier.hostname and _is_here(carrier.hostname)):
        hint = "Begin it with https://, or put a bridge on this machine."
        found.append(Error("SMS_URL leads to another machine without HTTPS.", hint=hint, id="emr.E002"))
    origin = urlsplit(settings.PUBLIC_ORIGIN)
    if origin.scheme != "https" or not origin.hostname or origin.path or origin.query:
        hint = "Give it as https:// and the clinic's host name, nothing after it."
        found.append(Error("PUBLIC_ORIGIN is no HTTPS origin.", hint=hint, id="emr.E003"))
    return found


def _is_here(host: str) -> bool:
    """Whether a host is this machine: loopback, or the folder of a socket."""
    return host in _HERE or host.startswith("/")


@register(Tags.security, deploy=True)
def second_factor_is_asked(**_: Any) -> list[CheckMessage]:
    """A password alone is no proof for a medical record."""
    if settings.MFA_REQUIRED:
        return []
    return [checks.Warning("MFA_REQUIRED is off.", hint="Unset it: it is on by default.", id="emr.W006")]
