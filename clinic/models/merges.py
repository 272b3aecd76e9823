"""Two charts of one person made one, and taken apart again (FHIR Patient.link: replaces, replaced-by)."""

from __future__ import annotations

import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Func, Q

from clinic.models.patients import Patient
from emr.audit.registry import append_only, exempt, recorded
from emr.audit.sealable import OWN_TRANSACTION, TransactionIdField
from emr.shared.records import Identified, choices_constraint, paired

#: Only that it was undone may be added, and once.
_ENDS = "ARRAY['undone_at', 'undone_by_id', 'undone_reason']"
_FIXED = f"""
    IF OLD.undone_at IS NOT NULL OR to_jsonb(NEW) - {_ENDS} IS DISTINCT FROM to_jsonb(OLD) - {_ENDS} THEN
        RAISE EXCEPTION 'A merge does not change: it is undone, once.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""

#: A row of a merge moves from the merged chart to the survivor while the merge stands, and back once it is undone.
_WITHIN = """
    IF NEW.kind = 'moved' AND NOT EXISTS (
        SELECT FROM clinic_patientmerge one WHERE one.id = NEW.merge_id AND CASE
            WHEN NEW.step = 'merge' THEN one.undone_at IS NULL
                AND (NEW.after #>> '{}')::uuid = one.survivor_id
                AND ((NEW.before #>> '{}')::uuid = one.merged_id
                    OR NEW.table_name = 'clinic_patient' AND NEW.object_id = one.merged_id
                    AND NEW.before IS NULL)
            ELSE one.undone_at IS NOT NULL
                AND (NEW.before #>> '{}')::uuid = one.survivor_id
                AND ((NEW.after #>> '{}')::uuid = one.merged_id
                    OR NEW.table_name = 'clinic_patient' AND NEW.object_id = one.merged_id
                    AND NEW.after IS NULL)
        END
    ) THEN
        RAISE EXCEPTION 'A row moves between the two charts of its merge alone.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class MergeStep(models.TextChoices):
    """When a row was touched: by the merge, by its undoing, or one by one at the review after it."""

    MERGE = "merge", "Merged"
    UNDO = "undo", "Merge undone"
    REVIEW = "review", "Moved on review"


class MergeRowKind(models.TextChoices):
    """What was done to a row: its patient's column, another column, or the row was made."""

    MOVED = "moved", "Moved"
    CHANGED = "changed", "Changed"
    MADE = "made", "Added"


class PatientMergeQuerySet(models.QuerySet["PatientMerge"]):
    """Merges by whether they stand."""

    def standing(self) -> PatientMergeQuerySet:
        """Not undone."""
        return self.filter(undone_at=None)


@recorded(patient="survivor_id", words=("reason", "undone_reason"))
class PatientMerge(Identified):
    """The chart of ``merged`` was found to be of the same person as that of ``survivor``, into which its rows moved.

    It stands until it is undone. ``Patient.replaced_by`` of the merged chart says where its person is found now.
    """

    survivor = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merged_in")
    reason = models.CharField(max_length=300)
    merged_at = models.DateTimeField(editable=False)
    merged_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", editable=False)
    undone_at = models.DateTimeField(null=True, blank=True, editable=False)
    undone_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    undone_reason = models.CharField(max_length=300, blank=True, editable=False)

    objects = PatientMergeQuerySet.as_manager()

    class Meta:
        ordering = ["-merged_at"]
        constraints = [
            models.CheckConstraint(name="clinic_merge_two", condition=~Q(survivor=F("merged"))),
            models.CheckConstraint(name="clinic_merge_reason", condition=Q(reason__regex=r"\S")),
            paired("clinic_merge_undone", "undone_at", "undone_by"),
            models.CheckConstraint(
                name="clinic_merge_undone_why",
                condition=Q(undone_at=None, undone_reason="")
                | Q(undone_at__isnull=False, undone_reason__regex=r"\S", undone_at__gte=F("merged_at")),
            ),
            models.UniqueConstraint(fields=["merged"], name="clinic_merge_once", condition=Q(undone_at=None)),
        ]
        indexes = [models.Index(fields=["survivor"], name="clinic_merge_survivor")]
        triggers = [
            pgtrigger.Trigger(name="fixed", when=pgtrigger.Before, operation=pgtrigger.Update, func=_FIXED),
        ]

    def __str__(self) -> str:
        return f"Merge of {self.merged_at:%Y-%m-%d}"


@pgtrigger.register(
    OWN_TRANSACTION,
    pgtrigger.Trigger(name="within", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_WITHIN),
)
@append_only
@exempt("It says of each row what a merge did to it; that row's own entry in the log tells the same.")
class PatientMergeRow(Identified):
    """One column of one row that a merge, or its undoing, wrote: what stood in it before, what stands in it after.

    The database lets the patient of a row change only where such a row of the same transaction says so. ``column`` is
    empty for a row that was made.
    """

    merge = models.ForeignKey(PatientMerge, on_delete=models.PROTECT, related_name="rows")
    step = models.CharField(max_length=6, choices=MergeStep)
    kind = models.CharField(max_length=7, choices=MergeRowKind)
    table_name = models.CharField(max_length=63)
    object_id = models.UUIDField()
    column = models.CharField(max_length=63, blank=True)
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    why = models.CharField(max_length=300, blank=True)
    txid = TransactionIdField(db_default=Func(function="pg_current_xact_id"), editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            choices_constraint("clinic_mergerow_step", "step", MergeStep),
            choices_constraint("clinic_mergerow_kind", "kind", MergeRowKind),
            models.CheckConstraint(
                name="clinic_mergerow_column", condition=Q(kind=MergeRowKind.MADE, column="") | ~Q(column="")
            ),
        ]
        indexes = [
            models.Index(fields=["object_id", "txid"], name="clinic_mergerow_object"),
            models.Index(fields=["merge", "step"], name="clinic_mergerow_merge"),
        ]
