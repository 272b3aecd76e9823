"""The third log: what happened to accounts, sessions and rights, and what was refused."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from emr.audit.registry import append_only, exempt
from emr.audit.sealable import OWN_TRANSACTION, Sealable
from emr.shared.records import Identified, choices_constraint


class SecurityKind(models.TextChoices):
    """What happened."""

    LOGIN = "login", "Logged in"
    LOGIN_FAILED = "login_failed", "Log-in failed"
    LOCKED = "locked", "Log-in locked"
    UNLOCKED = "unlocked", "Log-in unlocked"
    LOGOUT = "logout", "Logged out"
    SESSION_EXPIRED = "session_expired", "Session timed out"
    SESSION_ENDED = "session_ended", "Session ended"
    MFA_ADDED = "mfa_added", "Second factor added"
    MFA_REMOVED = "mfa_removed", "Second factor removed"
    MFA_FAILED = "mfa_failed", "Second factor failed"
    MFA_RESET = "mfa_reset", "Second factor reset"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    PASSWORD_REHASHED = "password_rehashed", "Password hash renewed"
    REAUTHENTICATED = "reauthenticated", "Confirmed who it is"
    REAUTH_FAILED = "reauth_failed", "Confirmation failed"
    PERMISSION_DENIED = "permission_denied", "Refused"
    ROLE_CHANGED = "role_changed", "Roles changed"
    INVITED = "invited", "Invited"
    INVITATION_ACCEPTED = "invitation_accepted", "Invitation accepted"
    INVITATION_WITHDRAWN = "invitation_withdrawn", "Invitation withdrawn"
    ACTIVATED = "activated", "Account activated"
    DEACTIVATED = "deactivated", "Account deactivated"
    EMAIL_CHANGED = "email_changed", "E-mail changed"
    WRITTEN_PAST = "written_past", "Account changed past the program"
    IDENTITY_LINKED = "identity_linked", "Outside log-in linked"
    IDENTITY_UNLINKED = "identity_unlinked", "Outside log-in unlinked"
    ACCESS_GRANTED = "access_granted", "Access to a chart granted"
    ACCESS_REVOKED = "access_revoked", "Access to a chart taken back"
    BREAK_GLASS = "break_glass", "Glass broken"
    EXPORT = "export", "Exported"
    AUDIT_VIEWED = "audit_viewed", "Looked at the logs"
    UPLOAD_REFUSED = "upload_refused", "Upload refused"
    KEY_ROTATED = "key_rotated", "Keys rotated"
    PURGE = "purge", "Purged"
    ADMIN_VIEW = "admin_view", "Used the admin site"


@pgtrigger.register(OWN_TRANSACTION)
@append_only
@exempt("It is the log.")
class SecurityEvent(Sealable, Identified):
    """One event: who did it, to whose account, when, from where. It holds no PHI and no name that a stranger typed.

    ``user`` is who acted, None for somebody who was not logged in; ``target_user`` whose account it is about.
    """

    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=24, choices=SecurityKind)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    target_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    remote_addr = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at"], name="audit_security_time"),
            models.Index(fields=["txid", "id"], name="audit_security_seal"),
            models.Index(fields=["user", "-at"], name="audit_security_user"),
            models.Index(fields=["target_user", "-at"], name="audit_security_target"),
            # Counts the tries of strangers, so that they can't fill the table.
            models.Index(
                fields=["kind", "remote_addr", "-at"], name="audit_security_stranger", condition=Q(user__isnull=True)
            ),
        ]
        constraints = [choices_constraint("audit_security_kind", "kind", SecurityKind)]
