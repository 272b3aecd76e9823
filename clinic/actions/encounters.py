"""Visits: opened, moved on, given their diagnoses, finished."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils import timezone

from clinic.choices import EncounterClass, EncounterStatus
from clinic.models import Condition, Encounter, EncounterDiagnosis, Note, Patient
from clinic.models.closing import VisitClosed
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.errors import DomainError

#: The claim form has room for twelve diagnoses (CMS-1500 box 21, A to L).
MAX_DIAGNOSES = 12

_NEXT: dict[str, frozenset[str]] = {
    EncounterStatus.PLANNED: frozenset({EncounterStatus.ARRIVED, EncounterStatus.CANCELLED}),
    EncounterStatus.ARRIVED: frozenset(
        {
            EncounterStatus.TRIAGED,
            EncounterStatus.IN_PROGRESS,
            EncounterStatus.FINISHED,
            EncounterStatus.CANCELLED,
        }
    ),
    EncounterStatus.TRIAGED: frozenset(
        {EncounterStatus.ARRIVED, EncounterStatus.IN_PROGRESS, EncounterStatus.FINISHED, EncounterStatus.CANCELLED}
    ),
    EncounterStatus.IN_PROGRESS: frozenset(
        {EncounterStatus.TRIAGED, EncounterStatus.FINISHED, EncounterStatus.CANCELLED}
    ),
}

#: Told of each visit that moves, in the same transaction, its row locked. Upper floors add themselves when they start.
FOLLOWERS: list[Callable[[User, Encounter], None]] = []


@action
def open_encounter(
    *,
    by: User,
    patient: Patient,
    practitioner: Practitioner | None,
    period_start: datetime,
    reason: str = "",
    type_display: str = "",
    place_of_service: str = "11",
    class_code: str = EncounterClass.AMBULATORY,
) -> Encounter:
    """Open a visit. The practitioner is the one who sees the patient, never the one who happens to open it.

    Raises DomainError for a patient who has died.
    """
    if patient.deceased_at is not None and period_start >= patient.deceased_at:
        raise DomainError(f"{patient.full_name} died; a visit after that can't be opened.")
    return Encounter.objects.create(
        created_by=by,
        patient=patient,
        practitioner=practitioner,
        status=EncounterStatus.ARRIVED,
        class_code=class_code,
        type_display=type_display,
        reason=reason,
        place_of_service=place_of_service,
        period_start=period_start,
    )


@action
def set_status(*, by: User, encounter: Encounter, status: EncounterStatus) -> Encounter:
    """Move a visit on. The same status again changes nothing; an impossible step raises DomainError."""
    row = _locked(encounter)
    if row.status == status:
        return row
    check_open(row)
    if status not in _NEXT.get(row.status, frozenset()):
        raise DomainError(
            f"A visit that is {row.get_status_display().lower()} can't become {EncounterStatus(status).label.lower()}."
        )
    row.status = status
    row.save(update_fields=["status", "updated_at"])
    _tell(by, row)
    return row


@action
def follow_flow(*, by: User, encounter: Encounter, status: EncounterStatus) -> Encounter:
    """Let a visit be where the front desk's flow says that the patient is, back as well as forth.

    What is finished by a signature stays finished.
    """
    row = _locked(encounter)
    if row.status in {status, EncounterStatus.FINISHED, EncounterStatus.ENTERED_IN_ERROR}:
        return row
    row.status = status
    row.save(update_fields=["status", "updated_at"])
    return row


@action
def finish_encounter(*, by: User, encounter: Encounter) -> Encounter:
    """End a visit: its status, the end of its period, who and when. A finished one stays as it is."""
    row = _locked(encounter)
    if row.status == EncounterStatus.FINISHED:
        return row
    if EncounterStatus.FINISHED not in _NEXT.get(row.status, frozenset()):
        raise DomainError(f"A visit that is {row.get_status_display().lower()} can't be finished.")
    now = timezone.now()
    row.status = EncounterStatus.FINISHED
    row.period_end = max(now, row.period_start)
    row.finished_at = now
    row.finished_by = by
    row.save(update_fields=["status", "period_end", "finished_at", "finished_by", "updated_at"])
    _tell(by, row)
    return row


@action
def set_diagnoses(*, by: User, encounter: Encounter, diagnoses: Sequence[Coding]) -> list[EncounterDiagnosis]:
    """Give a visit its diagnoses, in the order in which the claim will list them.

    Rows that stay keep their identity and get their new rank; rows that go are marked entered in error. Raises
    DomainError for more than twelve and for one given twice, VisitClosed for a visit with a signed note.
    """
    row = _locked(encounter)
    _check_diagnoses(row, diagnoses)
    current = {(d.system, d.code, d.display): d for d in row.diagnoses.filter(entered_in_error_at=None)}
    wanted = [(coding.system, coding.code, coding.display) for coding in diagnoses]
    now = timezone.now()
    for key in current.keys() - set(wanted):
        gone = current.pop(key)
        gone.entered_in_error_at, gone.entered_in_error_by = now, by
        gone.entered_in_error_reason = "Taken off the visit's list of diagnoses."
        gone.save(update_fields=["entered_in_error_at", "entered_in_error_by", "entered_in_error_reason", "updated_at"])
    # Ranks are unique: rows that move step out of the way before they take their new places.
    moved = [(rank, current[key]) for rank, key in enumerate(wanted, 1) if key in current and current[key].rank != rank]
    for rank, diagnosis in moved:
        diagnosis.rank = rank + 100
        diagnosis.save(update_fields=["rank", "updated_at"])
    for rank, diagnosis in moved:
        diagnosis.rank = rank
        diagnosis.save(update_fields=["rank", "updated_at"])
    return [
        current.get(key) or _add_diagnosis(by, row, rank, coding)
        for rank, (key, coding) in enumerate(zip(wanted, diagnoses, strict=True), 1)
    ]


def check_open(encounter: Encounter) -> None:
    """Raise VisitClosed where a signed note has closed the visit: nothing is attached to it, nor taken off it."""
    if Note.objects.closing().filter(encounter=encounter).exists():
        raise VisitClosed


def _check_diagnoses(encounter: Encounter, diagnoses: Sequence[Coding]) -> None:
    check_open(encounter)
    if len(diagnoses) > MAX_DIAGNOSES:
        raise DomainError(f"A claim has room for {MAX_DIAGNOSES} diagnoses; {len(diagnoses)} are given.")
    seen: set[tuple[str, str]] = set()
    for coding in diagnoses:
        key = (coding.system, coding.code or coding.display)
        if key in seen:
            raise DomainError(f"{coding.code or coding.display} is given twice.")
        seen.add(key)


def _add_diagnosis(by: User, encounter: Encounter, rank: int, coding: Coding) -> EncounterDiagnosis:
    condition = Condition.objects.filter(
        patient_id=encounter.patient_id, system=coding.system, code=coding.code, entered_in_error_at=None
    ).first()
    return EncounterDiagnosis.objects.create(
        created_by=by,
        patient_id=encounter.patient_id,
        encounter=encounter,
        condition=condition if coding.code else None,
        rank=rank,
        system=coding.system,
        code=coding.code,
        display=coding.display,
    )


def _tell(by: User, row: Encounter) -> None:
    for follow in FOLLOWERS:
        follow(by, row)


def _locked(encounter: Encounter) -> Encounter:
    return Encounter.objects.select_for_update().get(pk=encounter.pk)
