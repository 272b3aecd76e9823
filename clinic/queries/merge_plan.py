"""What a merge of two charts would do: the same plan that the page shows and that the action carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.utils import timezone
from django.utils.text import capfirst

from clinic.models import Patient
from clinic.patient_columns import PatientColumn, moving_columns
from clinic.queries.merge_choices import (
    Change,
    Choice,
    Make,
    choices_between,
    outcome_of,
    reached_in_both,
)
from clinic.queries.merge_clashes import clashes
from clinic.queries.merge_coverages import settle_coverages
from clinic.queries.merge_settling import (
    SETTLED,
    open_emergency,
    protect,
    settle_allergies,
    settle_guarantors,
    settle_photos,
    settle_staff,
    settle_twins,
)
from emr.accounts.models import User


@dataclass(frozen=True)
class Moving:
    """How many rows of one kind each chart has."""

    label: str
    merged: int
    survivor: int


@dataclass(frozen=True)
class Plan:
    """All that a merge would do. ``blocks`` are sentences that say what has to be settled first."""

    survivor: Patient
    merged: Patient
    choices: tuple[Choice, ...]
    settled: tuple[Change, ...]
    """What is changed so that two rows can stand in one chart."""
    chosen: tuple[Change, ...]
    """What follows from the choices."""
    protected: tuple[Change, ...]
    """What keeps the protection of both charts. It isn't shown: it tells who may know of a chart."""
    makes: tuple[Make, ...]
    blocks: tuple[str, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change, in the order in which the database can take them."""
        return (*self.protected, *self.chosen, *self.settled)


def plan_merge(survivor: Patient, merged: Patient, *, by: User, chosen: Mapping[str, str] | None = None) -> Plan:
    """The plan of a merge, with the choices of somebody or with what is usual. It reads only."""
    reached = reached_in_both(survivor, merged)
    outcome = outcome_of(survivor, merged, reached, chosen or {})
    protected, makes = protect(survivor, merged, by, timezone.now())
    staff, blocks = settle_staff(survivor, merged, by)
    policies = settle_coverages(survivor, merged)
    settled = [
        *policies.changes,
        *settle_allergies(survivor, merged, by),
        *settle_twins(survivor, merged, by),
        *settle_photos(survivor, merged),
        *settle_guarantors(survivor, merged),
        *staff,
    ]
    return Plan(
        survivor=survivor,
        merged=merged,
        choices=tuple(choices_between(survivor, merged, reached)),
        settled=tuple(settled),
        chosen=tuple(outcome.changes),
        protected=tuple(protected),
        makes=(*outcome.makes, *makes, *policies.makes),
        blocks=(*blocks, *policies.blocks, *open_emergency(survivor, merged), *_unsettled(survivor, merged)),
    )


def rows_by_kind(survivor: Patient, merged: Patient) -> list[Moving]:
    """How many rows of each kind the two charts have, of those that have any. One query a table."""
    found: dict[str, list[int]] = {}
    for column in moving_columns():
        name = column.field.attname
        counts = dict(
            column.model._base_manager.filter(**{f"{name}__in": [survivor.pk, merged.pk]})
            .order_by()
            .values_list(name)
            .annotate(rows=models.Count("pk"))
        )
        one = found.setdefault(kind_of(column.model), [0, 0])
        one[0] += counts.get(merged.pk, 0)
        one[1] += counts.get(survivor.pk, 0)
    return [Moving(label, *counts) for label, counts in found.items() if any(counts)]


def kind_of(model: type[models.Model]) -> str:
    """What rows of a table are called on a page."""
    return capfirst(str(_KINDS.get(model._meta.label_lower, model._meta.verbose_name_plural)))


#: Where the model's own name says nothing to who reads it.
_KINDS = {
    "clinic.patient": "earlier merged charts",
    "clinic.patientname": "names",
    "clinic.patientaddress": "addresses",
    "clinic.contactpoint": "telephone numbers and mail addresses",
    "clinic.relatedperson": "contacts",
    "clinic.encounter": "visits",
    "clinic.encounterdiagnosis": "visits' diagnoses",
    "clinic.condition": "problems",
    "clinic.allergyintolerance": "allergies",
    "clinic.allergyreaction": "allergies' reactions",
    "clinic.medicationstatement": "medications",
    "clinic.observation": "vitals and results",
    "clinic.observationcomponent": "parts of vitals and results",
    "clinic.diagnosticreport": "reports",
    "clinic.coverage": "insurance policies",
    "clinic.coverageeligibilityresponse": "answers about insurance",
    "clinic.documentreference": "documents",
    "clinic.questionnaireresponse": "answered questionnaires",
    "clinic.patientrequest": "patient's requests",
    "clinic.staffpatient": "marks of staff who are patients",
    "billing.chargeitem": "charges",
    "billing.ledgerentry": "entries of the ledger",
}


def row_words(row: models.Model) -> str:
    """What a row is called on a page of merges: in its own words where they tell nothing of the chart."""
    return f"“{row}”" if is_plain(type(row)) else "a row"


def is_plain(model: type[models.Model]) -> bool:
    """Whether whoever merges charts may read what the rows of a table say."""
    return model._meta.app_label != "clinic" or model._meta.model_name in _PLAIN


#: Rows of the chart's floor that whoever merges charts may read: who the patient is and who pays.
_PLAIN = frozenset({"patient", "patientname", "patientaddress", "contactpoint", "relatedperson", "coverage"})


def _unsettled(survivor: Patient, merged: Patient) -> list[str]:
    """A sentence for every pair of rows that nobody has said how to settle."""
    found = []
    for column in moving_columns():
        for clash in clashes(column, merged.pk, survivor.pk):
            if clash.rule not in SETTLED:
                found.append(_sentence(column, clash.merged_id, clash.survivor_id))
    return list(dict.fromkeys(found))


def _sentence(column: PatientColumn, merged_id: object, survivor_id: object) -> str:
    rows = column.model._base_manager.in_bulk([merged_id, survivor_id])
    theirs, mine = row_words(rows[merged_id]), row_words(rows[survivor_id])
    said = f"{kind_of(column.model)}: {theirs} of the one and {mine} of the other can't stand in one chart."
    return f"{said} End, cancel or move one of them first."
