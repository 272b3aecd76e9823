"""The logs: what was changed (LogEntry), what was read (AccessEvent), what happened to accounts and rights
(SecurityEvent). They only ever grow."""

from __future__ import annotations

from typing import Any

import pgtrigger
from auditlog.models import AbstractLogEntry
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone

from emr.audit.context import current
from emr.audit.registry import append_only, exempt, patient_of
from emr.audit.retention_models import LegalHold, RetentionPolicy
from emr.audit.seal_models import Log, SealBlock, Verification
from emr.audit.sealable import OWN_TRANSACTION, Sealable, TransactionIdField
from emr.audit.sections import part_of
from emr.audit.security_events import SecurityEvent, SecurityKind
from emr.shared.records import Identified

__all__ = [
    "AccessAction",
    "AccessEvent",
    "AccessOutcome",
    "LegalHold",
    "Log",
    "LogEntry",
    "MissingActor",
    "PurposeOfUse",
    "RetentionPolicy",
    "SealBlock",
    "SecurityEvent",
    "SecurityKind",
    "TransactionIdField",
    "Verification",
]


class MissingActor(RuntimeError):
    """A recorded row was changed where nobody acts. Wrap the change in ``emr.audit.actor.acting(user)``."""


class LogEntryManager(models.Manager["LogEntry"]):
    """Writes entries for django-auditlog's signals, adding who, from where, and which patient."""

    def log_create(self, instance: models.Model, force_log: bool = False, **kwargs: Any) -> LogEntry | None:
        """One entry for one changed row; None where nothing changed."""
        if kwargs.get("changes") is None and not force_log:
            return None
        return self.create(**self.values_for(instance), **kwargs)

    def log_m2m_changes(
        self, changed_queryset: Any, instance: models.Model, operation: str, field_name: str, **kwargs: Any
    ) -> LogEntry | None:
        """One entry for objects added to, or removed from, a many-to-many field."""
        names = [str(related) for related in changed_queryset] if changed_queryset else []
        if not names:
            return None
        change = {field_name: {"type": "m2m", "operation": operation, "objects": names}}
        return self.create(
            **self.values_for(instance), **{"action": LogEntry.Action.UPDATE, "changes": change, **kwargs}
        )

    def values_for(self, instance: models.Model) -> dict[str, Any]:
        """What every entry says about the row and the circumstances.

        Raises MissingActor when nobody acts, except that an account which changes itself is its own actor (a
        password reset by mail, the first account of a clinic).
        """
        context = current()
        actor = context.actor
        if actor is None and isinstance(instance, LogEntry._meta.get_field("actor").related_model):
            actor = instance  # type: ignore[assignment]  # it is an account: asked one line above
        if actor is None:
            raise MissingActor(f"A change of {instance._meta.label} has no actor.")
        return {
            "content_type": ContentType.objects.get_for_model(instance),
            "object_pk": instance.pk,
            "object_repr": str(instance)[:200],
            "patient_id": patient_of(instance),
            "actor": actor,
            "cid": context.request_id,
            "remote_addr": context.remote_addr,
            "reason": context.reason,
        }


@pgtrigger.register(OWN_TRANSACTION)
@append_only
@exempt("It is the log.")
class LogEntry(Sealable, AbstractLogEntry):  # type: ignore[misc]
    """One change of one row: the row, its patient, the fields from what to what, who, when, from where, why.

    ``txid`` also lets the guard of each recorded table find the entries of its own transaction.
    """

    object_pk = models.UUIDField()
    object_id = None
    serialized_data = None
    changes_text = None
    remote_port = None
    additional_data = None
    actor_email = None
    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    action = models.PositiveSmallIntegerField(choices=AbstractLogEntry.Action.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    cid = models.CharField(max_length=64, blank=True)
    timestamp = models.DateTimeField(default=timezone.now)
    patient_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = LogEntryManager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_pk", "txid"], name="audit_entry_object"),
            models.Index(
                fields=["patient_id", "-timestamp"], name="audit_entry_patient", condition=~Q(patient_id=None)
            ),
            models.Index(fields=["actor", "-timestamp"], name="audit_entry_actor"),
            models.Index(fields=["timestamp"], name="audit_entry_time"),
            models.Index(fields=["txid", "id"], name="audit_entry_seal"),
        ]


class AccessAction(models.TextChoices):
    """What was done with a record that was read (ASTM E2147: the action of a disclosure log entry)."""

    VIEW = "view", "Viewed"
    SEARCH = "search", "Found in a search"
    PRINT = "print", "Printed"
    EXPORT = "export", "Exported"
    DOWNLOAD = "download", "Downloaded"


class AccessOutcome(models.TextChoices):
    """How it ended (FHIR AuditEvent.outcome, in words)."""

    GRANTED = "granted", "Granted"
    DENIED = "denied", "Denied"


class PurposeOfUse(models.TextChoices):
    """Why a record was read (HL7 v3 PurposeOfUse)."""

    TREATMENT = "TREAT", "Treatment"
    PAYMENT = "HPAYMT", "Payment"
    OPERATIONS = "HOPERAT", "Operations"
    ADMINISTRATION = "PATADMIN", "Patient administration"
    COMPLIANCE = "HCOMPL", "Compliance"
    EMERGENCY = "ETREAT", "Emergency treatment"
    BREAK_GLASS = "BTG", "Break the glass"
    PATIENT_REQUEST = "PATRQT", "The patient's request"


@pgtrigger.register(OWN_TRANSACTION)
@append_only
@exempt("It is the log.")
class AccessEvent(Sealable, Identified):
    """One read of one patient's record: who, whom, what part, how, why, when, from where.

    The table is partitioned by month, by the time within its keys; see ``emr.audit.partitions``.
    """

    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    patient_id = models.UUIDField()
    action = models.CharField(max_length=10, choices=AccessAction)
    section = models.CharField(max_length=40)
    url_name = models.CharField(max_length=80)
    outcome = models.CharField(max_length=10, choices=AccessOutcome, default=AccessOutcome.GRANTED)
    purpose = models.CharField(max_length=10, choices=PurposeOfUse, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=64)
    remote_addr = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["patient_id", "-at"], name="audit_access_patient"),
            models.Index(fields=["user", "-at"], name="audit_access_user"),
            models.Index(fields=["at"], name="audit_access_time"),
            models.Index(fields=["txid", "id"], name="audit_access_seal"),
        ]
        constraints = [
            models.CheckConstraint(name="audit_access_action", condition=Q(action__in=AccessAction.values)),
            models.CheckConstraint(name="audit_access_outcome", condition=Q(outcome__in=AccessOutcome.values)),
            models.CheckConstraint(name="audit_access_purpose", condition=Q(purpose__in=["", *PurposeOfUse.values])),
        ]

    @property
    def part(self) -> str:
        """What part of the record was read, in words."""
        return part_of(self.section)
