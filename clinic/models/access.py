"""Who may know of a restricted chart and of a confidential note: grants with an end, and denials.

The grants are django-guardian's, by direct foreign key: no generic relation, and so no orphan.
guardian itself knows neither an end nor taking back: nothing but :mod:`clinic.rules` says whether a grant is in force,
and its own managers and backend, which would ask past that, are not installed.
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from clinic.models.notes import Note
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.records import Recorded, paired, uuid7

#: What a grant for a patient, and one for a note, allow.
OPEN_CHART = "view_restricted_chart"
READ_NOTE = "view_confidential_note"

_ENDED = "ARRAY['revoked_at', 'revoked_by_id', 'revoked_reason']"
_LIFTED = "ARRAY['lifted_at', 'lifted_by_id', 'lifted_reason', 'updated_at']"
_ONLY_ENDS = """
    IF to_jsonb(OLD) -> '{at}' <> 'null'::jsonb OR to_jsonb(NEW) - {ends} IS DISTINCT FROM to_jsonb(OLD) - {ends} THEN
        RAISE EXCEPTION '{what} does not change: end it, and write another.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


def _only_ends(what: str, at: str, ends: str) -> pgtrigger.Trigger:
    """A trigger: the row says for ever what it said; it can be ended, once."""
    return pgtrigger.Trigger(
        name="only_ends",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=_ONLY_ENDS.format(what=what, at=at, ends=ends),
    )


def _to_another(name: str) -> models.CheckConstraint:
    """Nobody grants anything to themselves."""
    return models.CheckConstraint(name=name, condition=~Q(granted_by=F("user")))


def in_force() -> Q:
    """The condition of a grant that holds: neither taken back nor at its end, by the clock of the database."""
    return (Q(expires_at=None) | Q(expires_at__gt=Now())) & Q(revoked_at=None)


class Grant(models.Model):
    """What every grant says: why, by whom, from when, until when, and who took it back. It is kept, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    permission = models.ForeignKey(Permission, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    granted_at = models.DateTimeField(editable=False)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    expires_at = models.DateTimeField("until", null=True, blank=True, help_text="Empty: until it is taken back.")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    revoked_reason = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(name="%(app_label)s_%(class)s_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_period",
                condition=Q(expires_at=None) | Q(expires_at__gt=F("granted_at")),
            ),
            paired("%(app_label)s_%(class)s_revoked_paired", "revoked_at", "revoked_by"),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_revoked_why",
                condition=Q(revoked_at=None, revoked_reason="") | (Q(revoked_at__isnull=False) & ~Q(revoked_reason="")),
            ),
        ]
        triggers = [_only_ends("A grant", "revoked_at", _ENDED)]


@recorded(patient="content_object_id")
class PatientUserGrant(Grant, UserObjectPermissionBase):
    """One person may open one restricted chart."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="chart_grants")
    content_object = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="user_grants")

    # guardian's own manager would grant without a reason.
    objects: ClassVar[models.Manager[PatientUserGrant]] = models.Manager()  # type: ignore[assignment]

    class Meta(Grant.Meta):
        default_permissions = ()
        constraints = [*Grant.Meta.constraints, _to_another("clinic_usergrant_other")]
        indexes = [
            models.Index(fields=["user", "content_object"], name="clinic_usergrant_live", condition=Q(revoked_at=None)),
            models.Index(fields=["content_object"], name="clinic_usergrant_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.user} may open the chart"


@recorded(patient="content_object_id")
class PatientGroupGrant(Grant, GroupObjectPermissionBase):
    """Everybody with a role may open one restricted chart."""

    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+")
    content_object = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="role_grants")

    # guardian's own manager would grant without a reason.
    objects: ClassVar[models.Manager[PatientGroupGrant]] = models.Manager()  # type: ignore[assignment]

    class Meta(Grant.Meta):
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["content_object", "group"], name="clinic_rolegrant_live", condition=Q(revoked_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} may open the chart"


@recorded(patient="content_object.patient_id")
class NoteUserGrant(Grant, UserObjectPermissionBase):
    """One person may read one confidential note."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="note_grants")
    content_object = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="grants")

    # guardian's own manager would grant without a reason.
    objects: ClassVar[models.Manager[NoteUserGrant]] = models.Manager()  # type: ignore[assignment]

    class Meta(Grant.Meta):
        default_permissions = ()
        constraints = [*Grant.Meta.constraints, _to_another("clinic_notegrant_other")]
        indexes = [
            models.Index(fields=["user", "content_object"], name="clinic_notegrant_live", condition=Q(revoked_at=None)),
            models.Index(fields=["content_object"], name="clinic_notegrant_note"),
        ]

    def __str__(self) -> str:
        return f"{self.user} may read the note"


@recorded(patient="patient_id")
class PatientDenial(Recorded):
    """One person may not know of one patient, whatever else says that they may: an ex-partner, a party to a lawsuit.

    It wins over every grant and over break-glass, and holds on a chart that isn't restricted.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="denials")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="chart_denials")
    reason = models.CharField(max_length=300)
    lifted_at = models.DateTimeField(null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    lifted_reason = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="clinic_denial_reason", condition=~Q(reason="")),
            paired("clinic_denial_lifted_paired", "lifted_at", "lifted_by"),
            models.CheckConstraint(
                name="clinic_denial_lifted_why",
                condition=Q(lifted_at=None, lifted_reason="") | (Q(lifted_at__isnull=False) & ~Q(lifted_reason="")),
            ),
            models.CheckConstraint(
                name="clinic_denial_lifted_other", condition=Q(lifted_by=None) | ~Q(lifted_by=F("user"))
            ),
            models.UniqueConstraint(fields=["user", "patient"], name="clinic_denial_once", condition=Q(lifted_at=None)),
        ]
        triggers = [_only_ends("A denial", "lifted_at", _LIFTED)]

    def __str__(self) -> str:
        return f"{self.user} may not know of the patient"
