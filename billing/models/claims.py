"""Claims (FHIR Claim): live while they are drafts, frozen the moment they are submitted."""

from __future__ import annotations

from typing import Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.choices import BatchStyle, ClaimFrequency, ClaimState, ClaimStatus
from billing.models.charges import ChargeItem
from billing.models.trading_partners import TradingPartner
from clinic.models import Coverage, Encounter, Patient, Payer
from emr.audit.registry import exempt, recorded
from emr.shared.dates import clinic_today
from emr.shared.records import ErrableMixin, Identified, Recorded, choices_constraint, paired, uuid7

#: What happens to a claim after it went out: where it stands, who works on it, the payer's number of it. The patient
#: changes where two charts are merged, as everywhere; a trigger of its own keeps that to merges.
_LATER = (
    "{patient_id,status,state,state_reason,state_where,state_since,hold_until,snoozed_until,assignee_id,labels,"
    "payer_control_number,updated_at}"
)
_FROZEN_CLAIM = f"""
    IF OLD.submitted_at IS NOT NULL AND (
        to_jsonb(NEW) - '{_LATER}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{_LATER}'::text[]
        OR NEW.status = 'draft'
    ) THEN
        RAISE EXCEPTION 'A submitted claim does not change: void or replace it.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""

_FROZEN_ITEM = """
    IF EXISTS (
        SELECT FROM billing_claim
        WHERE submitted_at IS NOT NULL
        AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.claim_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.claim_id END)
    ) THEN
        RAISE EXCEPTION 'A submitted claim does not change: void or replace it.' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
"""


class ClaimQuerySet(models.QuerySet["Claim"]):
    """The claims that one speaks of."""

    def in_force(self) -> Self:
        """Claims for a visit that are made or went out; the one that tells a payer to forget another is none."""
        return self.filter(status__in=[ClaimStatus.DRAFT, ClaimStatus.ACTIVE]).exclude(frequency=ClaimFrequency.VOID)

    def standing(self) -> Self:
        """Of these the ones that weren't replaced."""
        return self.in_force().exclude(state=ClaimState.REPLACED)

    def on_ledger(self) -> Self:
        """With all that an entry of the ledger names, and without what is large."""
        return self.select_related("patient", "encounter", "payer").defer("snapshot", "lineage")


@recorded(patient="patient_id")
class Claim(Recorded, ErrableMixin):
    """A claim for one visit to one payer; without a coverage the patient pays.

    ``number`` is the patient account number of box 26 (at most 14 letters and digits). Submitting fills
    ``submitted_at/_by`` and ``snapshot``: the whole form as canonical JSON, from which every print and every 837P is
    drawn, and ``lineage``: for each box the row and the fields that it was read from. From then on the database refuses
    every change but that of where it stands.

    ``order`` is the payer's (1 primary, 2 secondary, 3 tertiary); ``follows`` the claim to the payer before, whose
    decision this one tells. A replacement (7) or void (8) ``replaces`` the claim it takes the place of, under that
    one's ``payer_control_number``. ``state_since`` is the clinic's day on which it came to stand where it stands.
    """

    number = models.CharField(max_length=14, unique=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="claims")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="claims")
    coverage = models.ForeignKey(Coverage, on_delete=models.PROTECT, null=True, blank=True, related_name="claims")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, null=True, blank=True, related_name="claims")
    status = models.CharField(max_length=16, choices=ClaimStatus, default=ClaimStatus.DRAFT)
    state = models.CharField(max_length=16, choices=ClaimState, default=ClaimState.HELD)
    state_reason = models.CharField(max_length=500, blank=True)
    state_where = models.CharField(max_length=12, blank=True, help_text="The page that mends the reason.")
    state_since = models.DateField(default=clinic_today, editable=False)
    order = models.PositiveSmallIntegerField(default=1, choices=[(1, "Primary"), (2, "Secondary"), (3, "Tertiary")])
    frequency = models.CharField(max_length=1, choices=ClaimFrequency, default=ClaimFrequency.ORIGINAL)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    follows = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="followed_by")
    payer_control_number = models.CharField(
        max_length=50, blank=True, help_text="The payer's own number of the claim (CLP07, REF*1K)."
    )
    hold_until = models.DateField(null=True, blank=True)
    snoozed_until = models.DateField(null=True, blank=True)
    assignee = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    labels = ArrayField(models.CharField(max_length=30), default=list, blank=True, size=8)
    service_date = models.DateField()
    total = models.DecimalField(max_digits=10, decimal_places=2)
    amount_paid = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    snapshot = models.JSONField(null=True, blank=True, editable=False)
    snapshot_hash = models.CharField(max_length=64, blank=True, editable=False)
    lineage = models.JSONField(null=True, blank=True, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = ClaimQuerySet.as_manager()

    class Meta:
        # The key is in the order of the numbers, which as text are not: 9999 stands after 10000.
        ordering = ["-service_date", "-pk"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("billing_claim_status", "status", ClaimStatus),
            choices_constraint("billing_claim_state", "state", ClaimState),
            paired("billing_claim_submitted", "submitted_at", "submitted_by"),
            models.CheckConstraint(name="billing_claim_number", condition=Q(number__regex=r"^[A-Z0-9]{1,14}$")),
            models.CheckConstraint(
                name="billing_claim_payer",
                condition=Q(coverage=None, payer=None) | Q(coverage__isnull=False, payer__isnull=False),
            ),
            models.CheckConstraint(
                name="billing_claim_frozen",
                condition=Q(submitted_at=None, snapshot_hash="")
                | (Q(submitted_at__isnull=False, snapshot__isnull=False) & ~Q(snapshot_hash="")),
            ),
            choices_constraint("billing_claim_frequency", "frequency", ClaimFrequency),
            models.CheckConstraint(name="billing_claim_order", condition=Q(order__in=[1, 2, 3])),
            models.CheckConstraint(
                name="billing_claim_replaces",
                condition=Q(frequency=ClaimFrequency.ORIGINAL, replaces=None)
                | (~Q(frequency=ClaimFrequency.ORIGINAL) & Q(replaces__isnull=False)),
            ),
            models.CheckConstraint(
                name="billing_claim_follows", condition=Q(follows=None) | Q(order__gt=1, coverage__isnull=False)
            ),
            # A replaced claim stays active, in the state "replaced", so that nobody claims the visit a second time.
            # Only a void that went out cancels it.
            models.UniqueConstraint(
                fields=["encounter", "coverage"],
                nulls_distinct=False,
                name="billing_claim_once",
                condition=Q(status__in=[ClaimStatus.DRAFT, ClaimStatus.ACTIVE], frequency=ClaimFrequency.ORIGINAL),
            ),
            models.UniqueConstraint(
                fields=["replaces"],
                name="billing_claim_replaced_once",
                condition=Q(status__in=[ClaimStatus.DRAFT, ClaimStatus.ACTIVE]),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-service_date"], name="billing_claim_state_date"),
            # The worklist as it usually is, and its counts, without reading what claims said as they went out.
            models.Index(
                fields=["-service_date", "-id"],
                include=["state", "order", "total", "snoozed_until", "patient"],
                name="billing_claim_worklist",
            ),
            models.Index(fields=["patient", "-service_date"], name="billing_claim_patient"),
            models.Index(fields=["assignee", "state"], name="billing_claim_assignee", condition=~Q(assignee=None)),
            models.Index(
                fields=["payer_control_number"], name="billing_claim_payers_own", condition=~Q(payer_control_number="")
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="submitted_is_final", when=pgtrigger.Before, operation=pgtrigger.Update, func=_FROZEN_CLAIM
            ),
        ]

    def __str__(self) -> str:
        return f"Claim {self.number}"

    @property
    def stands(self) -> bool:
        """Whether it is one of :meth:`ClaimQuerySet.standing`."""
        in_force = self.status in (ClaimStatus.DRAFT, ClaimStatus.ACTIVE) and self.frequency != ClaimFrequency.VOID
        return in_force and self.state != ClaimState.REPLACED

    @property
    def goes_on(self) -> bool:
        """Whether it asks the next payer for what the claim before it says, with nothing of its own."""
        return self.follows_id is not None and self.replaces_id is None


@recorded(patient="claim.patient_id", deletable=True)
class ClaimItem(Recorded):
    """One service line of a claim, copied from its charge (FHIR Claim.item). Drafts are rebuilt, so rows may go."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="items")
    charge_item = models.ForeignKey(ChargeItem, on_delete=models.PROTECT, related_name="claim_items")
    sequence = models.PositiveSmallIntegerField()
    product_or_service = models.CharField(max_length=10)
    modifiers = ArrayField(models.CharField(max_length=2), default=list, blank=True, size=4)
    diagnosis_pointers = models.CharField(max_length=4, blank=True, help_text="Letters of box 21, the main one first.")
    serviced_start = models.DateField()
    serviced_end = models.DateField()
    place_of_service = models.CharField(max_length=2)
    quantity = models.DecimalField(max_digits=8, decimal_places=3)
    net = models.DecimalField("charge", max_digits=10, decimal_places=2)

    class Meta:
        ordering = ["sequence"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "sequence"], name="billing_claimitem_sequence"),
            models.CheckConstraint(
                name="billing_claimitem_pointers", condition=Q(diagnosis_pointers__regex=r"^[A-L]{0,4}$")
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="submitted_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_FROZEN_ITEM,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.product_or_service}"

    @property
    def control_number(self) -> str:
        """The line's number in REF*6R, by which the payer's decision names it."""
        return f"{self.claim.number}L{self.sequence}"


@exempt("A print run of claims that are recorded themselves; it is made once and never changed.")
class ClaimBatch(Identified):
    """Claims printed or sent together. ``job`` draws the file; ``request_token`` makes a double click one batch.

    An 837P goes to a ``partner`` under ``control_number`` (ISA13, GS06), by which acknowledgements name it;
    ``envelope`` keeps what stood on it, so that the file can be drawn again to the byte.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    style = models.CharField(max_length=10, choices=BatchStyle, default=BatchStyle.DATA_ONLY)
    margin_left = models.DecimalField("left margin, points", max_digits=5, decimal_places=1, default=0)
    margin_top = models.DecimalField("top margin, points", max_digits=5, decimal_places=1, default=0)
    request_token = models.UUIDField(default=uuid7, unique=True, editable=False)
    job = models.ForeignKey("jobs.Job", on_delete=models.PROTECT, null=True, related_name="+")
    partner = models.ForeignKey(TradingPartner, on_delete=models.PROTECT, null=True, blank=True, related_name="batches")
    control_number = models.PositiveIntegerField(null=True, blank=True, unique=True, editable=False)
    envelope = models.JSONField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            choices_constraint("billing_batch_style", "style", BatchStyle),
            models.CheckConstraint(
                name="billing_batch_enveloped",
                condition=Q(style=BatchStyle.X12, partner__isnull=False, control_number__gte=1, envelope__isnull=False)
                | (~Q(style=BatchStyle.X12) & Q(partner=None, control_number=None, envelope=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"Batch of {self.created_at:%Y-%m-%d %H:%M}Z"


@exempt("A line of a print run; see ClaimBatch.")
class ClaimBatchItem(Identified):
    """A claim in a batch, in the order of printing."""

    batch = models.ForeignKey(ClaimBatch, on_delete=models.PROTECT, related_name="items")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="batch_items")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="billing_batchitem_position"),
            models.UniqueConstraint(fields=["batch", "claim"], name="billing_batchitem_once"),
        ]
