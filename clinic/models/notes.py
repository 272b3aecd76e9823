"""Notes: written, signed, added to, never changed (FHIR Composition)."""

from __future__ import annotations

from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import F, Q

from clinic.choices import AddendumKind, NoteStatus, NoteType, SectionKind
from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter, EncounterDiagnosis
from clinic.models.note_templates import ITEM
from clinic.models.patients import Patient
from emr.audit.registry import append_only, exempt, recorded
from emr.shared.records import ErrableMixin, Identified, Recorded, choices_constraint, paired

#: What may still change on a signed note: its status, the three fields of an entry in error, and that it becomes
#: confidential. That it is confidential is never taken back: others read it by a grant, each with a name and a reason.
#: The patient changes where two charts are merged, as everywhere; a trigger of its own keeps that to merges.
#: A cosignature is added once. Unlocked is a note whose signed version is kept whole in clinic_noteversion.
_ERROR = "entered_in_error_at,entered_in_error_by_id,entered_in_error_reason"
_CHANGES = f"{{patient_id,status,updated_at,confidential,cosigned_at,cosigned_by_id,{_ERROR}}}"
_SIGNATURE = "{status,updated_at,signed_at,signed_by_id,snapshot,content_hash,cosigned_at,cosigned_by_id,version}"
_SIGNED_NOTE = f"""
    IF OLD.signed_at IS NOT NULL AND NEW.signed_at IS NULL AND NEW.status = 'preliminary'
        AND to_jsonb(NEW) - '{_SIGNATURE}'::text[] IS NOT DISTINCT FROM to_jsonb(OLD) - '{_SIGNATURE}'::text[]
        AND EXISTS (
            SELECT FROM clinic_noteversion kept
            WHERE kept.note_id = OLD.id AND kept.signed_at = OLD.signed_at AND kept.signed_by_id = OLD.signed_by_id
            AND kept.content_hash = OLD.content_hash AND kept.snapshot = OLD.snapshot
        )
    THEN
        RETURN NEW;
    END IF;
    IF OLD.signed_at IS NOT NULL AND (
        to_jsonb(NEW) - '{_CHANGES}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{_CHANGES}'::text[]
        OR OLD.confidential AND NOT NEW.confidential
        OR NEW.status NOT IN ('amended', 'entered-in-error', OLD.status)
        OR OLD.entered_in_error_at IS NOT NULL
            AND OLD.entered_in_error_at IS DISTINCT FROM NEW.entered_in_error_at
        OR OLD.cosigned_at IS NOT NULL
            AND (OLD.cosigned_at, OLD.cosigned_by_id) IS DISTINCT FROM (NEW.cosigned_at, NEW.cosigned_by_id)
    ) THEN
        RAISE EXCEPTION 'A signed note does not change: write an addendum.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""  # noqa: S608  our own names of columns

_SIGNED_SECTION = """
    IF EXISTS (
        SELECT FROM clinic_note
        WHERE signed_at IS NOT NULL
        AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.note_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.note_id END)
    ) THEN
        RAISE EXCEPTION 'A signed note does not change: write an addendum.' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
"""


#: The window of who writes without a page.
NO_WINDOW = UUID(int=0)


_OF_SIGNED_NOTE = """
    IF NOT EXISTS (
        SELECT FROM clinic_note WHERE id = NEW.note_id AND signed_at IS NOT NULL AND entered_in_error_at IS NULL
    ) THEN
        RAISE EXCEPTION 'Only a signed note takes an addendum.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Finding(models.TextChoices):
    """What an examined or asked body system showed; empty is "not examined"."""

    NORMAL = "normal", "Normal"
    ABNORMAL = "abnormal", "Abnormal"


class NoteQuerySet(models.QuerySet["Note"]):
    """Notes by what still can be done with them."""

    def open(self) -> NoteQuerySet:
        """Still being written."""
        return self.filter(signed_at=None, entered_in_error_at=None)

    def signed(self) -> NoteQuerySet:
        """Signed, and not in error."""
        return self.filter(signed_at__isnull=False, entered_in_error_at=None)

    def closing(self) -> NoteQuerySet:
        """Signed notes that close their visit: all but a nurse's, which accompanies the visit's own note."""
        return self.signed().exclude(type=NoteType.NURSE)

    def billable(self) -> NoteQuerySet:
        """Signed notes for which somebody answers: cosigned where the signer is in training. A nurse's note is billed
        by where it is the visit's only one: a nurse's own visit.
        """
        others = self.model._default_manager.filter(encounter=models.OuterRef("encounter"), entered_in_error_at=None)
        beside = Q(type=NoteType.NURSE) & models.Exists(others.exclude(type=NoteType.NURSE))
        return self.signed().exclude(cosign_required=True, cosigned_at=None).exclude(beside)

    def awaiting_cosignature(self) -> NoteQuerySet:
        """Signed by somebody for whom another has to answer, who hasn't yet."""
        return self.signed().filter(cosign_required=True, cosigned_at=None)


@recorded(patient="patient_id", words=("title",))
class Note(Recorded, ErrableMixin):
    """A note of a visit. ``version`` counts saves, so that a second writer is told instead of overwriting.

    Signing fills ``signed_at/_by``, the ``snapshot`` (canonical JSON of all that was signed) and its SHA-256; from then
    on the database refuses every change but status, cosignature and entry in error. ``cosign_required`` is what held of
    the author when the note was signed: until ``cosigned_at`` such a note binds nobody and nothing is billed for it.
    An unlocked note keeps its signed versions in NoteVersion.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="notes")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="notes")
    type = models.CharField(max_length=10, choices=NoteType, default=NoteType.PROGRESS)
    title = models.CharField(max_length=120, blank=True)
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="notes")
    status = models.CharField(max_length=16, choices=NoteStatus, default=NoteStatus.PRELIMINARY)
    version = models.PositiveIntegerField(default=1)
    signed_at = models.DateTimeField(null=True, blank=True, editable=False)
    signed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    snapshot = models.JSONField(null=True, blank=True, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    confidential = models.BooleanField(default=False)
    cosigner = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="cosigned_notes"
    )
    cosign_required = models.BooleanField(default=False, editable=False)
    cosigned_at = models.DateTimeField(null=True, blank=True, editable=False)
    cosigned_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    template = models.ForeignKey(
        "clinic.NoteTemplate", on_delete=models.PROTECT, null=True, blank=True, related_name="notes", editable=False
    )

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        permissions = [("view_confidential_note", "May read this confidential note")]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_note_status", "status", NoteStatus),
            paired("clinic_note_signed_paired", "signed_at", "signed_by"),
            models.CheckConstraint(
                name="clinic_note_signed_whole",
                condition=Q(signed_at=None, content_hash="", status__in=["preliminary", "entered-in-error"])
                | (Q(signed_at__isnull=False, snapshot__isnull=False) & ~Q(content_hash="") & ~Q(status="preliminary")),
            ),
            paired("clinic_note_cosigned_paired", "cosigned_at", "cosigned_by"),
            models.CheckConstraint(
                name="clinic_note_cosigned_by_another",
                condition=Q(cosigned_at=None)
                | (Q(signed_at__isnull=False, cosigned_at__gte=F("signed_at")) & ~Q(cosigned_by=F("signed_by"))),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-created_at"], name="clinic_note_patient"),
            models.Index(fields=["author", "created_at"], name="clinic_note_unsigned", condition=Q(signed_at=None)),
            models.Index(
                fields=["cosigner", "signed_at"],
                name="clinic_note_to_cosign",
                condition=Q(cosign_required=True, cosigned_at=None, signed_at__isnull=False),
            ),
        ]
        triggers = [
            VISIT_OPEN,
            pgtrigger.Trigger(
                name="signed_is_final", when=pgtrigger.Before, operation=pgtrigger.Update, func=_SIGNED_NOTE
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.get_type_display()


@recorded(patient="note.patient_id")
class NoteSection(Recorded):
    """One section of a note: plain text with a Markdown subset.

    A structured section consists of several rows of its kind: one for each body system (``item``, with what was found),
    or one for each diagnosis of the visit. ``rank`` orders the rows of a kind; the kinds have an order of their own.
    Text that was copied forward names the note it came from and keeps the words as they were copied, so that what is
    still the same can be told from what was written.
    """

    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="sections")
    kind = models.CharField(max_length=10, choices=SectionKind)
    item = models.CharField(max_length=40, blank=True)
    diagnosis = models.ForeignKey(
        EncounterDiagnosis, on_delete=models.PROTECT, null=True, blank=True, related_name="note_sections"
    )
    finding = models.CharField(max_length=8, choices=Finding, blank=True)
    rank = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    copied_from = models.ForeignKey(Note, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    copied_text = models.TextField(blank=True)

    class Meta:
        ordering = ["rank"]
        constraints = [
            choices_constraint("clinic_section_kind", "kind", SectionKind),
            models.UniqueConstraint(
                fields=["note", "kind", "item", "diagnosis"], name="clinic_section_once", nulls_distinct=False
            ),
            models.CheckConstraint(name="clinic_section_item", condition=Q(item="") | Q(item__regex=ITEM)),
            models.CheckConstraint(
                name="clinic_section_finding",
                condition=Q(finding="") | (Q(finding__in=Finding.values) & ~Q(item="")),
            ),
            models.CheckConstraint(
                name="clinic_section_copied", condition=Q(copied_from=None, copied_text="") | ~Q(copied_from=None)
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="signed_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_SIGNED_SECTION,
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


@append_only
@recorded(patient="note.patient_id")
class NoteAddendum(Recorded):
    """Text added to a signed note. It can be added only; a wrong one is answered by another."""

    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="addenda")
    kind = models.CharField(max_length=10, choices=AddendumKind, default=AddendumKind.ADDENDUM)
    text = models.TextField()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            choices_constraint("clinic_addendum_kind", "kind", AddendumKind),
            models.CheckConstraint(name="clinic_addendum_text", condition=~Q(text="")),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="of_signed_note", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_OF_SIGNED_NOTE
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


@exempt("A keystroke buffer of one writer; it becomes part of the record when the note is saved.")
class NoteDraft(Identified):
    """What one person has typed into a note since it was last saved: kept on the server every few seconds.

    Each ``window`` of a browser has its own: a page that was left open in another room overwrites nothing that was
    typed here. On a signed note it is an addendum that is being written.
    """

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    window = models.UUIDField(default=NO_WINDOW, editable=False)
    base_version = models.PositiveIntegerField()
    sections = models.JSONField(default=dict)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "user", "window"], name="clinic_draft_once")]
