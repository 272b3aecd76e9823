"""Who waits for a time, and the freed times that they are offered."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from clinic.models import Patient
from emr.audit.registry import recorded
from emr.shared.records import Recorded, choices_constraint, paired, period_constraint, uuid7
from scheduling.choices import OfferStatus, OfferVia, Priority, WaitlistStatus, Weekday
from scheduling.models.appointments import Appointment
from scheduling.models.types import AppointmentType


@recorded(patient="patient_id", words=["note", "close_reason"])
class WaitlistEntry(Recorded):
    """A patient who wants a time, and which times would do. Empty preferences mean any.

    ``earlier_than`` is the visit that the patient has and would give up for an earlier one.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="waitlist")
    type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    weekdays = ArrayField(models.CharField(max_length=3, choices=Weekday), default=list, blank=True)
    earliest = models.TimeField(null=True, blank=True)
    latest = models.TimeField(null=True, blank=True)
    from_day = models.DateField()
    until_day = models.DateField(null=True, blank=True)
    priority = models.CharField(max_length=8, choices=Priority, default=Priority.ROUTINE)
    note = models.CharField(max_length=300, blank=True)
    by_email = models.BooleanField(default=False, help_text="The patient is content to be offered times by e-mail.")
    earlier_than = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    status = models.CharField(max_length=9, choices=WaitlistStatus, default=WaitlistStatus.WAITING, editable=False)
    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="waitlist_entry", editable=False
    )
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    close_reason = models.CharField(max_length=200, blank=True, editable=False)
    request_token = models.UUIDField(default=uuid7, unique=True, editable=False)

    class Meta:
        verbose_name_plural = "waitlist entries"
        constraints = [
            choices_constraint("scheduling_waitlist_status", "status", WaitlistStatus),
            choices_constraint("scheduling_waitlist_priority", "priority", Priority),
            paired("scheduling_waitlist_closed", "closed_at", "closed_by"),
            models.CheckConstraint(
                name="scheduling_waitlist_open",
                condition=Q(status=WaitlistStatus.WAITING, closed_at=None)
                | (~Q(status=WaitlistStatus.WAITING) & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="scheduling_waitlist_booked",
                condition=Q(status=WaitlistStatus.BOOKED, appointment__isnull=False)
                | (~Q(status=WaitlistStatus.BOOKED) & Q(appointment=None)),
            ),
            models.CheckConstraint(
                name="scheduling_waitlist_window",
                condition=Q(earliest=None) | Q(latest=None) | Q(latest__gt=F("earliest")),
            ),
            period_constraint("scheduling_waitlist_period", "from_day", "until_day"),
        ]
        indexes = [models.Index(fields=["status", "type"], name="scheduling_waitlist_waiting")]

    def __str__(self) -> str:
        return f"{self.type}, {self.get_status_display().lower()}"


@recorded(patient="entry.patient_id", exclude=["token_hash"])
class WaitlistOffer(Recorded):
    """A freed time, offered to one who waits. Others may be offered it too: who accepts first has it.

    ``token_hash`` is the SHA-256 of the link's secret, which only the patient has; ``tries`` are the wrong dates of
    birth that came by the link. ``freed_by`` is the visit that stood there.
    """

    entry = models.ForeignKey(WaitlistEntry, on_delete=models.PROTECT, related_name="offers")
    practitioner = models.ForeignKey("accounts.Practitioner", on_delete=models.PROTECT, related_name="+")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    freed_by = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    status = models.CharField(max_length=9, choices=OfferStatus, default=OfferStatus.OPEN)
    via = models.CharField(max_length=5, choices=OfferVia, default=OfferVia.PHONE)
    token_hash = models.BinaryField(max_length=32, null=True, unique=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)
    answered_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="waitlist_offer", editable=False
    )

    class Meta:
        ordering = ["start_at"]
        constraints = [
            choices_constraint("scheduling_offer_status", "status", OfferStatus),
            choices_constraint("scheduling_offer_via", "via", OfferVia),
            models.CheckConstraint(name="scheduling_offer_times", condition=Q(end_at__gt=F("start_at"))),
            paired("scheduling_offer_answered", "answered_at", "answered_by"),
            models.CheckConstraint(
                name="scheduling_offer_accepted",
                condition=Q(status=OfferStatus.ACCEPTED, appointment__isnull=False, answered_at__isnull=False)
                | (~Q(status=OfferStatus.ACCEPTED) & Q(appointment=None)),
            ),
            models.UniqueConstraint(
                name="scheduling_offer_once",
                fields=["entry", "practitioner", "start_at"],
                condition=Q(status=OfferStatus.OPEN),
            ),
        ]
        indexes = [models.Index(fields=["status", "start_at"], name="scheduling_offer_open")]

    def __str__(self) -> str:
        return f"{self.start_at:%Y-%m-%d %H:%M}Z, {self.get_status_display().lower()}"
