"""Asking for work. Nothing here talks to the broker, so a page answers whether or not it is there."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from emr.jobs import registry

if TYPE_CHECKING:
    from emr.accounts.models import User
    from emr.jobs.models import Job

CHANNEL = "emr_jobs"
MAX_PAYLOAD_BYTES = 256 * 1024
_IDENTIFIER = re.compile(r"[A-Za-z0-9._:/+-]{0,200}")


def enqueue(name: str, *, key: str, by: User, payload: dict[str, Any] | None = None) -> Job:
    """Ask for the job ``name`` in the caller's transaction; it starts only after that commits.

    ``key`` makes the request idempotent: asking again with the same key returns the job that is already there, whatever
    its state, even when both ask at the same moment. Where two people may each want their own, put the user's id in it.
    ``payload`` holds identifiers, codes, dates and numbers, never a person's data.

    Raises LookupError for a name without a handler, ValueError for a payload or key that holds free text or for a key
    that another kind of job has.
    """
    # Not at the top: this module is imported before the app registry is ready.
    from emr.jobs.models import Job

    spec = registry.spec_of(name)
    payload = {} if payload is None else payload
    _check_identifiers({"key": key, "payload": payload})
    wanted = Job(name=name, key=key, payload=payload, created_by=by, max_attempts=spec.max_attempts)
    with transaction.atomic():
        # ON CONFLICT DO NOTHING waits for a concurrent insert of the same key, then leaves it alone.
        Job.objects.bulk_create([wanted], ignore_conflicts=True)
        job = Job.objects.get(key=key)
        if job.name != name:
            raise ValueError(f"The key {key!r} belongs to a {job.name!r} job.")
        if job.pk == wanted.pk:
            wake_relay()
    return job


def wake_relay() -> None:
    """Tell a waiting relay, when the current transaction commits, that there is something to hand over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def _check_identifiers(value: Any) -> None:
    if len(json.dumps(value)) > MAX_PAYLOAD_BYTES:
        raise ValueError("A job's payload is for identifiers; this one is too large.")
    for text in _texts(value):
        if not _IDENTIFIER.fullmatch(text):
            raise ValueError("A job's key and payload hold identifiers only, no free text.")


def _texts(value: Any) -> list[str]:
    """Every string inside, keys of mappings included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in _texts(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in _texts(part)]
    return []
