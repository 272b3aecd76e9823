"""Recording that a record was read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import uuid_utils
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from emr.accounts.models import User
from emr.audit.context import current
from emr.audit.models import AccessAction, AccessOutcome, PurposeOfUse
from emr.audit.purposes import purpose_of

#: For a user and some patients: whose records are read for another purpose than the user's roles say, and the reason.
Exceptions = Callable[[User, Collection[UUID]], Mapping[UUID, tuple[PurposeOfUse, str]]]
_exceptions: list[Exceptions] = []


def register_exceptions(exceptions: Exceptions) -> None:
    """Have an upper floor say whose records are read out of the ordinary; it costs no query where nobody's is."""
    _exceptions.append(exceptions)


def record_access(
    request: HttpRequest,
    patient_ids: Iterable[UUID],
    *,
    section: str,
    action: AccessAction = AccessAction.VIEW,
    outcome: AccessOutcome = AccessOutcome.GRANTED,
    reason: str = "",
    purpose: PurposeOfUse | None = None,
) -> None:
    """Write one row for each patient whose record this request reads, in one insert (one more for each emergency).

    ``purpose`` is by default what follows from the user's roles and the section, and for a record that only an
    emergency opened that emergency, with its reason.
    """
    match = request.resolver_match
    record_access_by(
        request.user,  # type: ignore[arg-type]
        patient_ids,
        section=section,
        action=action,
        outcome=outcome,
        reason=reason,
        purpose=purpose,
        url_name=match.view_name if match else "",
    )


def record_access_by(
    user: User,
    patient_ids: Iterable[UUID],
    *,
    section: str,
    action: AccessAction,
    url_name: str,
    outcome: AccessOutcome = AccessOutcome.GRANTED,
    reason: str = "",
    purpose: PurposeOfUse | None = None,
) -> None:
    """As :func:`record_access` for a task or a command; ``url_name`` then names it (``"clinic_day"``)."""
    context = current()
    keys = list(dict.fromkeys(patient_ids))
    # A refusal used no exception, and a purpose that was given is the one.
    plain = purpose is not None or outcome != AccessOutcome.GRANTED
    special = {} if plain else _special(user, keys)
    usual, at = (purpose or purpose_of(user, section), reason), timezone.now()
    by_why: dict[tuple[PurposeOfUse, str], list[UUID]] = {}
    for patient_id in keys:
        by_why.setdefault(special.get(patient_id, usual), []).append(patient_id)
    for (why, said), patients in by_why.items():
        _insert(
            patients,
            at=at,
            user_id=user.pk,
            action=str(action),
            section=section,
            url_name=url_name,
            outcome=str(outcome),
            purpose=str(why),
            reason=said,
            request_id=context.request_id,
            remote_addr=context.remote_addr,
        )


def _insert(patients: list[UUID], **same: Any) -> None:
    """One row for each patient, in one statement.

    Written by hand: a schedule names hundreds of patients, and preparing each column of each row takes the ORM ten
    times as long as the database needs to store them. Nothing is converted, so it must be said in the column's type.
    """
    columns, gaps = ", ".join(same), ", ".join(["%s"] * len(same))
    new_keys = ",".join(uuid_utils.uuid7().hex for _ in patients)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_accessevent (id, patient_id, {columns})"  # noqa: S608  names of columns
            f" SELECT new.id, new.patient_id, {gaps} FROM unnest(%s::uuid[], %s::uuid[]) AS new (id, patient_id)",
            [*same.values(), f"{{{new_keys}}}", f"{{{','.join(patient.hex for patient in patients)}}}"],
        )


def _special(user: User, keys: list[UUID]) -> dict[UUID, tuple[PurposeOfUse, str]]:
    found: dict[UUID, tuple[PurposeOfUse, str]] = {}
    if keys:
        for exceptions in _exceptions:
            found.update(exceptions(user, keys))
    return found
