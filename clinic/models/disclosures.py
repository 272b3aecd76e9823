"""What left the clinic about a patient (45 CFR 164.528), and what patients asked of their record (164.522, 164.526)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from clinic.disclosing import DisclosureMeans, DisclosurePurpose, RequestKind, RequestStatus
from clinic.models.notes import Note, NoteAddendum
from clinic.models.patients import Patient
from emr.audit.registry import fixed, recorded
from emr.shared.records import Recorded, choices_constraint, paired


@fixed(but=("patient_id",))
@recorded(patient="patient_id", words=("what", "note"))
class Disclosure(Recorded):
    """Something about a patient that was given to somebody outside the clinic. It can be added only.

    ``at`` is when it left, ``created_at`` when that was written down. ``source`` and ``source_id`` name what caused an
    automatic entry (``claim_batch`` and its key), so that one sending is one entry however often its file is opened.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="disclosures")
    at = models.DateTimeField("disclosed", default=timezone.now)
    recipient = models.CharField(max_length=120)
    recipient_address = models.CharField("recipient's address", max_length=200, blank=True)
    purpose = models.CharField(max_length=16, choices=DisclosurePurpose)
    what = models.CharField(max_length=300)
    how = models.CharField(max_length=12, choices=DisclosureMeans)
    note = models.CharField("basis or remark", max_length=300, blank=True)
    source = models.CharField(max_length=40, blank=True, editable=False)
    source_id = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            choices_constraint("clinic_disclosure_purpose", "purpose", DisclosurePurpose),
            choices_constraint("clinic_disclosure_how", "how", DisclosureMeans),
            models.CheckConstraint(name="clinic_disclosure_told", condition=~Q(recipient="") & ~Q(what="")),
            models.CheckConstraint(name="clinic_disclosure_past", condition=Q(at__lte=F("created_at"))),
            models.CheckConstraint(
                name="clinic_disclosure_source",
                condition=Q(source="", source_id=None) | (~Q(source="") & Q(source_id__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["patient", "source", "source_id"],
                name="clinic_disclosure_once",
                condition=Q(source_id__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-at"], name="clinic_disclosure_patient"),
            models.Index(fields=["-at"], name="clinic_disclosure_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.recipient}"


@recorded(patient="patient_id", words=("what", "decision_reason", "disagreement"))
class PatientRequest(Recorded):
    """A patient's wish about the record: that it be amended, or that its use be restricted.

    The clinic accepts or denies it, by someone, at a time; a denial says why. What an accepted amendment led to is the
    addendum; what it is about, the note. A patient who disagrees with a denial may say so, and it is kept here.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=11, choices=RequestKind, default=RequestKind.AMENDMENT)
    what = models.CharField("what the patient asks", max_length=1000)
    requested_at = models.DateTimeField("asked", default=timezone.now)
    about = models.ForeignKey(Note, on_delete=models.PROTECT, null=True, blank=True, related_name="requests")
    status = models.CharField(max_length=9, choices=RequestStatus, default=RequestStatus.REQUESTED)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    decision_reason = models.CharField(max_length=500, blank=True)
    addendum = models.ForeignKey(NoteAddendum, on_delete=models.PROTECT, null=True, blank=True, related_name="requests")
    disagreement = models.CharField("statement of disagreement", max_length=1000, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            choices_constraint("clinic_request_kind", "kind", RequestKind),
            choices_constraint("clinic_request_status", "status", RequestStatus),
            paired("clinic_request_decided_paired", "decided_at", "decided_by"),
            models.CheckConstraint(name="clinic_request_told", condition=~Q(what="")),
            models.CheckConstraint(
                name="clinic_request_decided",
                condition=Q(status=RequestStatus.REQUESTED, decided_at=None, decision_reason="", addendum=None)
                | (~Q(status=RequestStatus.REQUESTED) & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="clinic_request_denied",
                condition=~Q(status=RequestStatus.DENIED) | (~Q(decision_reason="") & Q(addendum=None)),
            ),
            models.CheckConstraint(
                name="clinic_request_disagreed", condition=Q(disagreement="") | Q(status=RequestStatus.DENIED)
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-requested_at"], name="clinic_request_patient"),
            models.Index(fields=["requested_at"], name="clinic_request_open", condition=Q(status="requested")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} request"
