"""Who may open a restricted chart, who may not, and who reads a confidential note. All is kept; nothing is deleted."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet
from django.utils import timezone

from clinic.models import (
    Note,
    NoteUserGrant,
    Patient,
    PatientDenial,
    PatientGroupGrant,
    PatientUserGrant,
)
from clinic.models.access import OPEN_CHART, READ_NOTE, Grant, in_force
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.context import acting
from emr.shared.errors import DomainError

G = TypeVar("G", bound=Grant)


@action
def set_restricted(*, by: User, patient: Patient, restricted: bool, reason: str) -> Patient:
    """Hide a chart from all but those to whom it is granted, or show it to all again. The log keeps ``reason``."""
    _need(reason)
    row = Patient.objects.select_for_update().get(pk=patient.pk)
    if row.restricted == restricted:
        raise DomainError("The chart is restricted already." if restricted else "The chart is not restricted.")
    row.restricted = restricted
    with acting(by, reason=reason.strip()[:300]):
        row.save(update_fields=["restricted", "updated_at"])
    return row


@action
def grant_chart(
    *, by: User, patient: Patient, user: User, reason: str, expires_at: datetime | None = None
) -> PatientUserGrant:
    """Let one person open one restricted chart, until ``expires_at`` or until it is taken back.

    A grant in force that says the same end is given back as it is; with another end it is replaced. Nobody grants a
    chart to themselves.
    """
    _check_other(by, user)
    _check_open(user)
    rows = PatientUserGrant.objects.filter(in_force(), user=user, content_object=patient)
    return _granted(by, patient, rows, PatientUserGrant(user=user, content_object=patient), reason, expires_at)


@action
def grant_chart_to_role(
    *, by: User, patient: Patient, group: Group, reason: str, expires_at: datetime | None = None
) -> PatientGroupGrant:
    """Let everybody with a role open one restricted chart, as :func:`grant_chart` does for a person.

    Nobody grants a chart to a role of their own.
    """
    if by.groups.filter(pk=group.pk).exists():
        raise DomainError("You have this role yourself. Let a colleague grant it, or grant it by name.", field="role")
    rows = PatientGroupGrant.objects.filter(in_force(), group=group, content_object=patient)
    return _granted(by, patient, rows, PatientGroupGrant(group=group, content_object=patient), reason, expires_at)


@action
def grant_note(*, by: User, note: Note, user: User, reason: str, expires_at: datetime | None = None) -> NoteUserGrant:
    """Let one colleague read one confidential note, until ``expires_at`` or until it is taken back."""
    _check_other(by, user)
    _check_open(user)
    if not note.confidential:
        raise DomainError("This note is not confidential: whoever reads the chart's notes reads it.")
    rows = NoteUserGrant.objects.filter(in_force(), user=user, content_object=note)
    return _granted(by, note, rows, NoteUserGrant(user=user, content_object=note), reason, expires_at)


@action
def revoke_grant(*, by: User, grant: G, reason: str) -> G:
    """Take a grant back: it holds no longer, from the next request on, and stays on file. Done twice is done once."""
    _need(reason)
    model: type[G] = type(grant)
    row: G = model._default_manager.select_for_update(of=("self",)).get(pk=grant.pk)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by, row.revoked_reason = timezone.now(), by, reason.strip()[:300]
        row.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
    return row


@action
def deny_chart(*, by: User, patient: Patient, user: User, reason: str) -> PatientDenial:
    """Keep one person out of one chart, restricted or not, whatever else lets them in. A denial in force stays."""
    _need(reason)
    Patient.objects.select_for_update().get(pk=patient.pk)
    found = PatientDenial.objects.filter(patient=patient, user=user, lifted_at=None).first()
    return found or PatientDenial.objects.create(created_by=by, patient=patient, user=user, reason=reason.strip()[:300])


@action
def lift_denial(*, by: User, denial: PatientDenial, reason: str) -> PatientDenial:
    """End a denial of somebody else, which stays on file. Done twice is done once."""
    _need(reason)
    row = PatientDenial.objects.select_for_update(of=("self",)).get(pk=denial.pk)
    if row.user_id == by.pk:
        raise DomainError("You can't let yourself in. Ask a colleague, who may lift it.")
    if row.lifted_at is None:
        row.lifted_at, row.lifted_by, row.lifted_reason = timezone.now(), by, reason.strip()[:300]
        row.save(update_fields=["lifted_at", "lifted_by", "lifted_reason", "updated_at"])
    return row


def _granted(by: User, of: Patient | Note, rows: QuerySet[G], new: G, reason: str, expires_at: datetime | None) -> G:
    """The grant in force that says the same end, or ``new``, in the place of one with another end."""
    _need(reason)
    now = timezone.now()
    if expires_at is not None and expires_at <= now:
        raise DomainError("The grant would be over before it begins. Give a later day.", field="expires_at")
    type(of)._default_manager.select_for_update(of=("self",)).get(pk=of.pk)
    for row in rows:
        if row.expires_at == expires_at:
            return row
        revoke_grant(by=by, grant=row, reason="Replaced by a grant with another end.")
    codename = READ_NOTE if isinstance(of, Note) else OPEN_CHART
    new.permission = Permission.objects.get(codename=codename, content_type__app_label="clinic")
    new.reason, new.granted_at, new.granted_by, new.expires_at = reason.strip()[:300], now, by, expires_at
    new.save(force_insert=True)
    return new


def _need(reason: str) -> None:
    if not reason.strip():
        raise DomainError("Say why. The reason is kept.", field="reason")


def _check_other(by: User, user: User) -> None:
    if by == user:
        raise DomainError("Nobody grants access to themselves. Ask a colleague who may grant it.", field="user")


def _check_open(user: User) -> None:
    if not user.is_active:
        raise DomainError("This account is closed: it opens nothing.", field="user")
