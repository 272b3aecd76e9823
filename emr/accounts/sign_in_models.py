"""Tables of the way in: tries that failed, and invitations."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from emr.audit.registry import exempt, recorded
from emr.shared.records import Identified, paired


@exempt("It counts failed tries and is emptied each day; what matters of them is in the log of security events.")
class LoginTries(Identified):
    """How often a log-in failed of late. It stands in the database, so that an emptied cache unlocks nobody.

    ``key`` is an account's, or one of a fixed number that all unknown addresses share, so that the table can't grow.
    """

    key = models.CharField(max_length=80, unique=True)
    tries = models.PositiveSmallIntegerField()
    last_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["last_at"], name="accounts_tries_last")]


@recorded(patient=None, exclude=("token_hash",))
class Invitation(Identified):
    """A link, sent once by mail, with which a new member of staff sets a password. Only its hash is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invitations")
    invited_at = models.DateTimeField()
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    token_hash = models.CharField(max_length=64, blank=True, editable=False)
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            paired("accounts_invitation_withdrawn", "withdrawn_at", "withdrawn_by"),
            models.CheckConstraint(
                name="accounts_invitation_one_end", condition=Q(accepted_at=None) | Q(withdrawn_at=None)
            ),
            models.UniqueConstraint(
                fields=["user"],
                name="accounts_invitation_open",
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["token_hash"], name="accounts_invitation_token", condition=~Q(token_hash="")
            ),
        ]
