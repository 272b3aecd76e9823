"""Secret links under which a practitioner's own calendar program reads when they are booked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from emr.audit.registry import recorded
from emr.shared.records import Recorded, paired


@recorded(patient=None, exclude=["token_hash"])
class CalendarFeed(Recorded):
    """A practitioner's calendar link, good until it is revoked. The link itself is shown once and never kept.

    ``token_hash`` is the SHA-256 of the secret part, in hexadecimal.
    """

    practitioner = models.ForeignKey("accounts.Practitioner", on_delete=models.PROTECT, related_name="calendar_feeds")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    with_types = models.BooleanField(default=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            paired("scheduling_feed_revoked", "revoked_at", "revoked_by"),
            models.UniqueConstraint(
                name="scheduling_feed_one_each", fields=["practitioner"], condition=Q(revoked_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"Calendar link of {self.practitioner_id}"
