"""Reconciling medications: the list is gone through with somebody, and one event says what was decided for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from clinic.actions.lists import stamp
from clinic.actions.medications import add_medication, change_medication, stop_medication
from clinic.models import (
    Encounter,
    MedicationReconciliation,
    MedicationReconciliationItem,
    MedicationStatement,
    Patient,
)
from clinic.models.reconciliations import ReconciliationOutcome
from clinic.queries.medications import directions, going_on
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError

_BEFORE = 700


@dataclass(frozen=True)
class Decision:
    """What was decided for one drug of the list: ``values`` are its new ones where it changes, ``reason`` why it is
    stopped, ``seen`` the stamp of the row that was looked at.
    """

    medication: UUID
    outcome: str
    values: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    seen: str = ""


@action
def reconcile(
    *,
    by: User,
    patient: Patient,
    source: str,
    decisions: Sequence[Decision],
    added: Sequence[Mapping[str, Any]] = (),
    encounter: Encounter | None = None,
    comment: str = "",
) -> MedicationReconciliation:
    """Record that the list was gone through, and carry out what was decided: all of it, or nothing.

    Raises Conflict when the list is another than the one decided on, DomainError (naming the drug) where a decision
    can't be carried out.
    """
    Patient.objects.select_for_update().get(pk=patient.pk)
    current = {row.pk: row for row in going_on(patient)}
    if {decision.medication for decision in decisions} != set(current):
        raise Conflict("The list has changed while the page was open. Open the page again and go through it once more.")
    event = MedicationReconciliation.objects.create(
        created_by=by, patient=patient, encounter=encounter, source=source, comment=comment.strip()
    )
    for decision in decisions:
        row = current[decision.medication]
        if decision.seen and decision.seen != stamp(row):
            raise Conflict(f"{row.display} was changed while the page was open. Open the page again and go through it.")
        before = f"{row.display}: {directions(row)}".removesuffix(": ")[:_BEFORE]
        try:
            _carry_out(by, row, decision)
        except Conflict:
            raise
        except DomainError as refusal:
            raise DomainError(f"{row.display}: {refusal.message}") from refusal
        _item(by, event, row, decision.outcome, before, decision.reason)
    for fields in added:
        row = add_medication(by=by, patient=patient, encounter=encounter, **fields)
        _item(by, event, row, ReconciliationOutcome.ADD, "", "")
    return event


def _carry_out(by: User, row: MedicationStatement, decision: Decision) -> None:
    if decision.outcome == ReconciliationOutcome.STOP:
        stop_medication(by=by, medication=row, reason=decision.reason)
    elif decision.outcome == ReconciliationOutcome.CHANGE:
        change_medication(by=by, medication=row, seen=decision.seen, **decision.values)
    elif decision.outcome != ReconciliationOutcome.CONTINUE:
        raise DomainError("Choose whether it goes on, changes or stops.")


def _item(
    by: User, event: MedicationReconciliation, row: MedicationStatement, outcome: str, before: str, comment: str
) -> None:
    MedicationReconciliationItem.objects.create(
        created_by=by, reconciliation=event, medication=row, outcome=outcome, before=before, comment=comment.strip()
    )
