"""How a merge settles what can't stand twice in one chart, and how the protection of both charts survives it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.utils import timezone

from clinic.choices import AllergyClinicalStatus, AllergyCriticality, VerificationStatus
from clinic.models import (
    AllergyIntolerance,
    AllergyReaction,
    BreakGlass,
    Condition,
    DocumentReference,
    MedicationStatement,
    Patient,
    PatientDenial,
    PatientGroupGrant,
    PatientUserGrant,
    RelatedPerson,
    StaffPatient,
)
from clinic.models.access import in_force
from clinic.papers import DocumentCategory, DocumentStatus
from clinic.patient_columns import moving_columns
from clinic.queries.merge_choices import Change, Make
from clinic.queries.merge_clashes import clashes
from emr.accounts.models import User
from emr.audit.models import LegalHold
from emr.ui import formats

#: Rules of the database that are settled here; any other clash stops the merge until somebody settles it.
SETTLED = frozenset(
    {
        "clinic_coverage_one_at_a_time",
        "clinic_allergy_once",
        "clinic_allergy_none_once",
        "clinic_patientaddress_current",
        "clinic_condition_once_active",
        "clinic_medication_once_active",
        "clinic_document_one_photo",
        "clinic_relatedperson_one_guarantor",
    }
)
G = TypeVar("G", PatientUserGrant, PatientGroupGrant)


def settle_allergies(survivor: Patient, merged: Patient, by: User) -> list[Change]:
    """One substance stands once: the reactions of both are gathered under the survivor's row, with the graver word.

    "None known" of either chart ends where the other has an allergy.
    """
    current = AllergyIntolerance.objects.filter(
        patient__in=[survivor, merged], clinical_status=AllergyClinicalStatus.ACTIVE, entered_in_error_at=None
    ).order_by("created_at", "pk")
    rows = list(current)
    real = {row.display.lower(): row for row in rows if not row.none_known and row.patient_id == survivor.pk}
    found: list[Change] = []
    anything = any(not row.none_known for row in rows)
    nobody = [row for row in rows if row.none_known]
    for row in nobody:
        if anything or (len(nobody) == 2 and row.patient_id == merged.pk):
            why = "The other chart tells of an allergy." if anything else "It stands in both charts."
            found.append(Change(row, {"clinical_status": AllergyClinicalStatus.INACTIVE}, why))
    twice = {
        row.pk: (row, real[row.display.lower()])
        for row in rows
        if row.patient_id == merged.pk and not row.none_known and row.display.lower() in real
    }
    for reaction in AllergyReaction.objects.filter(allergy__in=list(twice)).order_by("pk"):
        kept = twice[reaction.allergy_id][1]
        found.append(Change(reaction, {"allergy_id": kept.pk}, "It is gathered with the survivor's allergy."))
    for row, kept in twice.values():
        found += _gathered(row, kept, by)
    return found


def settle_twins(survivor: Patient, merged: Patient, by: User) -> list[Change]:
    """The same active problem or drug in both charts: the merged chart's row was recorded twice."""
    found: list[Change] = []
    for kind in (Condition, MedicationStatement):
        column = next(one for one in moving_columns() if one.model is kind)
        twice = {clash.merged_id for clash in clashes(column, merged.pk, survivor.pk)}
        for row in column.model._base_manager.filter(pk__in=twice).order_by("pk"):
            found.append(Change(row, _recorded_twice(row, by), "The same stands in both charts."))
    return found


def settle_photos(survivor: Patient, merged: Patient) -> list[Change]:
    """One photo is the current one: the survivor's. The other stays among the documents."""
    photos = DocumentReference.objects.filter(category=DocumentCategory.PHOTO, status=DocumentStatus.CURRENT)
    if not photos.filter(patient=survivor).exists():
        return []
    why = "The survivor's photo is the current one."
    return [Change(row, {"status": DocumentStatus.SUPERSEDED}, why) for row in photos.filter(patient=merged)]


def settle_guarantors(survivor: Patient, merged: Patient) -> list[Change]:
    """Bills go to one guarantor: the survivor's. The other chart's stays a contact."""
    named = RelatedPerson.objects.filter(guarantor=True, period_end=None, entered_in_error_at=None)
    if not named.filter(patient=survivor).exists():
        return []
    why = "Bills go to the survivor's guarantor; this one stays a contact."
    return [Change(row, {"guarantor": False}, why) for row in named.filter(patient=merged).order_by("pk")]


def settle_staff(survivor: Patient, merged: Patient, by: User) -> tuple[list[Change], list[str]]:
    """A chart is of one member of staff at most: said of both, nobody can tell which."""
    marked = StaffPatient.objects.filter(patient__in=[survivor, merged], ended_at=None)
    if marked.count() < 2:
        return [], []
    return [], ["The two charts are marked as those of two different members of staff. Ask the privacy officer first."]


def protect(survivor: Patient, merged: Patient, by: User, now: datetime) -> tuple[list[Change], list[Make]]:
    """The protection of both charts holds for the one that they become: nothing becomes visible by a merge.

    It is restricted if one of them was. Of two restricted charts only a grant that holds for both goes on. Whoever is
    kept out of one is kept out. A legal hold on the merged chart's logs is placed on the survivor's too.
    """
    changes: list[Change] = []
    makes = [*_denials(survivor, merged, by), *_holds(survivor, merged, by)]
    if merged.restricted:
        for ended, made in (
            _grants(PatientUserGrant, "user_id", survivor, merged, by, now),
            _grants(PatientGroupGrant, "group_id", survivor, merged, by, now),
        ):
            changes += ended
            makes += made
    if merged.restricted and not survivor.restricted:
        changes.append(Change(survivor, {"restricted": True}, "The merged chart was restricted."))
    return changes, makes


def open_emergency(survivor: Patient, merged: Patient) -> list[str]:
    """An emergency access was given to one chart, not to both: the merge waits until it is over."""
    open_now = BreakGlass.objects.open().filter(patient__in=[survivor, merged]).order_by("expires_at")
    until = [formats.clock(glass.expires_at) for glass in open_now]
    return (
        [f"Emergency access to one of the charts is open until {until[-1]}. Merge after it has ended."] if until else []
    )


def _gathered(row: AllergyIntolerance, kept: AllergyIntolerance, by: User) -> list[Change]:
    found = []
    if row.criticality == AllergyCriticality.HIGH and kept.criticality != AllergyCriticality.HIGH:
        found.append(Change(kept, {"criticality": AllergyCriticality.HIGH}, "The other chart calls it grave."))
    return [*found, Change(row, _recorded_twice(row, by), "The same allergy stands in both charts.")]


def _recorded_twice(row: models.Model, by: User) -> dict[str, Any]:
    """The values that enter a row in error, with FHIR's own mark where its resource has one."""
    error = {
        "entered_in_error_at": timezone.now(),
        "entered_in_error_by_id": by.pk,
        "entered_in_error_reason": "Recorded twice: the chart into which this one was merged has the same.",
    }
    marks = {
        field.name: VerificationStatus.ENTERED_IN_ERROR
        for field in row._meta.concrete_fields
        if field.name in ("status", "verification_status")
        and VerificationStatus.ENTERED_IN_ERROR in dict(field.flatchoices)
    }
    return {**error, **marks}


def _denials(survivor: Patient, merged: Patient, by: User) -> list[Make]:
    standing = PatientDenial.objects.filter(lifted_at=None)
    known = set(standing.filter(patient=survivor).values_list("user_id", flat=True))
    return [
        Make(
            PatientDenial(patient=survivor, user_id=row.user_id, reason=row.reason, created_by=by),
            "Whoever is kept out of one of the charts is kept out of the result.",
        )
        for row in standing.filter(patient=merged).order_by("pk")
        if row.user_id not in known
    ]


def _holds(survivor: Patient, merged: Patient, by: User) -> list[Make]:
    standing = LegalHold.objects.filter(lifted_at=None)
    if standing.filter(patient_id=survivor.pk).exists():
        return []
    row = standing.filter(patient_id=merged.pk).order_by("pk").first()
    if row is None:
        return []
    reason = f"Held with the merged chart: {row.reason}"[:300]
    return [Make(LegalHold(patient_id=survivor.pk, reason=reason, placed_by=by), "The merged chart's logs are held.")]


def _grants(
    kind: type[G], whose: str, survivor: Patient, merged: Patient, by: User, now: datetime
) -> tuple[list[Change], list[Make]]:
    """Where both are restricted, what holds for both, until the earlier end; where only one is, what holds for it."""
    standing = kind._default_manager.filter(in_force())
    theirs: dict[UUID, G] = {getattr(row, whose): row for row in standing.filter(content_object=merged).order_by("pk")}
    mine: dict[UUID, G] = {getattr(row, whose): row for row in standing.filter(content_object=survivor).order_by("pk")}
    if not survivor.restricted:
        # A grant on a chart that is open to all opens nothing; when it is restricted now, only theirs may.
        ended = [row for key, row in mine.items() if key not in theirs]
        made = [row for key, row in theirs.items() if key not in mine]
        return [_revoke(row, by, now) for row in ended], [_carry(row, survivor, row.expires_at) for row in made]
    changes, makes = [], []
    for row in standing.filter(content_object=survivor).order_by("pk"):
        other = theirs.get(getattr(row, whose))
        if other is None:
            changes.append(_revoke(row, by, now))
        elif other.expires_at is not None and (row.expires_at is None or other.expires_at < row.expires_at):
            changes.append(_revoke(row, by, now))
            makes.append(_carry(row, survivor, other.expires_at))
    return changes, makes


def _revoke(row: models.Model, by: User, now: datetime) -> Change:
    values: dict[str, Any] = {
        "revoked_at": now,
        "revoked_by_id": by.pk,
        "revoked_reason": "Two charts were merged, and the grant did not hold for both.",
    }
    return Change(row, values, "A grant opens the result only where it opened both.")


def _carry(row: G, survivor: Patient, until: datetime | None) -> Make:
    copy = type(row)(
        permission_id=row.permission_id, content_object=survivor, reason=row.reason, granted_by_id=row.granted_by_id
    )
    copy.granted_at, copy.expires_at = timezone.now(), until
    whose = "user_id" if isinstance(row, PatientUserGrant) else "group_id"
    setattr(copy, whose, getattr(row, whose))
    return Make(copy, "A grant of the merged chart goes on.")
