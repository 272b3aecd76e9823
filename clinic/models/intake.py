"""The way in for one patient, once: a link, a code or a tablet, and what is asked there."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.intaking import LinkKind
from clinic.models.consents import Consent, ConsentForm
from clinic.models.patients import Patient
from clinic.models.questionnaires import Questionnaire, QuestionnaireResponse
from emr.audit.registry import recorded
from emr.shared.records import Identified, Recorded, choices_constraint, paired


@recorded(patient="patient_id", exclude=("token_hash", "code_hash"))
class IntakeLink(Recorded):
    """A way in. Of its token and its short code only keyed hashes are kept.

    It is opened by the date of birth (``tries`` counts the wrong ones), used once (``used_at``), runs out
    (``expires_at``) and can be taken back. ``created_by`` is the member of staff who asked for it.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="intake_links")
    kind = models.CharField(max_length=5, choices=LinkKind)
    appointment_id = models.UUIDField(null=True, blank=True)
    token_hash = models.CharField(max_length=64, blank=True, editable=False)
    code_hash = models.CharField(max_length=64, blank=True, editable=False)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            choices_constraint("clinic_intakelink_kind", "kind", LinkKind),
            paired("clinic_intakelink_withdrawn_paired", "withdrawn_at", "withdrawn_by"),
            models.CheckConstraint(name="clinic_intakelink_one_end", condition=Q(used_at=None) | Q(withdrawn_at=None)),
            models.CheckConstraint(
                name="clinic_intakelink_used_opened", condition=Q(used_at=None) | Q(opened_at__isnull=False)
            ),
            models.UniqueConstraint(fields=["token_hash"], name="clinic_intakelink_token", condition=~Q(token_hash="")),
            models.UniqueConstraint(fields=["code_hash"], name="clinic_intakelink_code", condition=~Q(code_hash="")),
        ]
        indexes = [models.Index(fields=["patient", "-created_at"], name="clinic_intakelink_patient")]

    def __str__(self) -> str:
        return self.get_kind_display()


@recorded(patient="link.patient_id")
class IntakeAsk(Identified):
    """One thing that is asked by a link: a questionnaire or a form to sign, in the order of ``rank``."""

    link = models.ForeignKey(IntakeLink, on_delete=models.PROTECT, related_name="asks")
    rank = models.PositiveSmallIntegerField()
    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    form = models.ForeignKey(ConsentForm, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    response = models.OneToOneField(
        QuestionnaireResponse, on_delete=models.PROTECT, null=True, blank=True, related_name="ask"
    )
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, null=True, blank=True, related_name="ask")

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["link", "rank"], name="clinic_intakeask_rank"),
            models.CheckConstraint(
                name="clinic_intakeask_one",
                condition=Q(questionnaire__isnull=False, form=None, consent=None)
                | Q(questionnaire=None, form__isnull=False, response=None),
            ),
            models.UniqueConstraint(
                fields=["link", "questionnaire"],
                name="clinic_intakeask_questionnaire",
                condition=Q(questionnaire__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["link", "form"], name="clinic_intakeask_form", condition=Q(form__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What is asked or to be signed."""
        asked = self.questionnaire or self.form
        return asked.title if asked else ""
