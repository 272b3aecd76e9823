"""Reconciliations of medications, as pages tell them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Prefetch

from clinic.models import MedicationReconciliation, MedicationReconciliationItem, Patient
from clinic.models.reconciliations import ReconciliationOutcome
from clinic.queries.medications import directions
from emr.ui import formats

#: Events that the page of them shows.
LIMIT = 50


@dataclass(frozen=True)
class Decided:
    """One drug of an event: its words before, what was decided, its directions today where they were changed, why."""

    drug: str
    outcome: str
    tone: str
    now: str
    comment: str


@dataclass(frozen=True)
class Event:
    """One reconciliation: when, who, with what it was compared, how many of each decision, and each drug."""

    when: str
    who: str
    source: str
    summary: str
    comment: str
    items: tuple[Decided, ...] = ()


_TONES = {"stop": "warning", "change": "accent", "add": "done"}


def latest_reconciliation(patient: Patient) -> str:
    """When, by whom and with what the list was gone through last; empty if never. One query."""
    event = patient.reconciliations.select_related("created_by").order_by("-created_at").first()
    if event is None:
        return ""
    return f"Reconciled {formats.instant(event.created_at)} by {event.created_by} with: {event.get_source_display()}"


def reconciliations(patient: Patient) -> list[Event]:
    """The events, newest first: two queries."""
    items = MedicationReconciliationItem.objects.select_related("medication").order_by("created_at", "pk")
    rows = patient.reconciliations.select_related("created_by").prefetch_related(Prefetch("items", items))
    return [_event(row) for row in rows.order_by("-created_at")[:LIMIT]]


def _event(row: MedicationReconciliation) -> Event:
    items = list(row.items.all())
    counts = Counter(item.outcome for item in items)
    words = [f"{counts[value]} {str(label).lower()}" for value, label in ReconciliationOutcome.choices if counts[value]]
    return Event(
        when=formats.instant(row.created_at),
        who=str(row.created_by),
        source=row.get_source_display(),
        summary=", ".join(words) or "nothing on the list",
        comment=row.comment,
        items=tuple(_decided(item) for item in items),
    )


def _decided(item: MedicationReconciliationItem) -> Decided:
    shown = item.outcome in {ReconciliationOutcome.CHANGE, ReconciliationOutcome.ADD}
    return Decided(
        drug=item.before or item.medication.display,
        outcome=item.get_outcome_display(),
        tone=_TONES.get(item.outcome, "neutral"),
        now=directions(item.medication) if shown else "",
        comment=item.comment,
    )
