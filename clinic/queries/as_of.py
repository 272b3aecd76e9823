"""The chart as it was known at an instant: problems, medications, allergies, vitals and results, from the log alone.

"Known" is what the record said then: a value that was corrected since stands as it stood, a row that was marked as an
error since is not one yet, and what was entered later is not there. The words are made by the same functions as those
of the live lists, so that both can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from clinic.choices import ConditionCategory, ObservationCategory
from clinic.models import (
    AllergyIntolerance,
    AllergyReaction,
    Condition,
    MedicationStatement,
    Observation,
    ObservationComponent,
    Patient,
)
from clinic.queries.allergies import allergy_row
from clinic.queries.conditions import condition_row
from clinic.queries.lists import ListRow, by_state
from clinic.queries.medications import medication_row
from clinic.queries.merges import linked_charts
from clinic.queries.observations import LatestVital, latest_vitals
from clinic.queries.results import KINDS, LatestResult, latest_of_each
from emr.audit.models import Log
from emr.audit.queries.rebuild import attach, point, rows_as_of
from emr.audit.retention.queries import purged_before
from emr.shared.records import ErrableMixin

_KINDS = (
    Condition,
    MedicationStatement,
    AllergyIntolerance,
    AllergyReaction,
    Observation,
    ObservationComponent,
)


@dataclass(frozen=True)
class KnownChart:
    """What was known at an instant. Lists hold every row of the record, errors as then marked too."""

    at: datetime
    conditions: list[ListRow]
    medications: list[ListRow]
    allergies: list[ListRow]
    vitals: list[LatestVital]
    results: list[LatestResult]
    #: Changes before this were purged from the log: what was entered earlier may be missing here.
    purged_before: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was known yet."""
        return not any((self.conditions, self.medications, self.allergies, self.vitals, self.results))


def chart_as_of(patient: Patient, at: datetime) -> KnownChart:
    """The chart as it was known at ``at``, in a fixed number of queries. Names of people are those of today."""
    rows = rows_as_of(_KINDS, patient.pk, at, linked_charts(patient.pk))
    conditions = cast(list[Condition], rows[Condition])
    medications = cast(list[MedicationStatement], rows[MedicationStatement])
    allergies = cast(list[AllergyIntolerance], rows[AllergyIntolerance])
    observations = cast(list[Observation], rows[Observation])
    _complete(conditions, medications, allergies)
    reactions = sorted(cast(list[AllergyReaction], rows[AllergyReaction]), key=lambda row: row.occurrence)
    attach(allergies, "reactions", reactions, by="allergy_id")
    components = sorted(cast(list[ObservationComponent], rows[ObservationComponent]), key=lambda row: row.rank)
    attach(observations, "components", components, by="observation_id")
    problems = [row for row in conditions if row.category == ConditionCategory.PROBLEM_LIST_ITEM]
    newest = _newest_first(observations)
    return KnownChart(
        at=at,
        conditions=by_state(map(condition_row, sorted(problems, key=_by_onset))),
        medications=by_state(map(medication_row, sorted(medications, key=_by_start))),
        allergies=by_state(map(allergy_row, sorted(allergies, key=lambda row: row.display.casefold()))),
        vitals=latest_vitals(
            [row for row in newest if row.category == ObservationCategory.VITAL_SIGNS], patient.birth_date
        ),
        results=latest_of_each(row for row in newest if row.category in KINDS["tests"][1]),
        purged_before=purged_before(Log.CHANGES),
    )


def _complete(
    conditions: Sequence[Condition], medications: Sequence[MedicationStatement], allergies: Sequence[AllergyIntolerance]
) -> None:
    """Let the rows point to the people whom the lists name: authors of errors, who asked, who prescribed."""
    rows: list[ErrableMixin] = [*conditions, *medications, *allergies]
    point(rows, ["entered_in_error_by"])
    point(allergies, ["created_by"])
    point(medications, ["prescriber"])


def _newest_first(rows: Iterable[Observation]) -> list[Observation]:
    """What stood, newest first, as the live pages have it."""
    standing = [row for row in rows if row.entered_in_error_at is None and row.superseded_by_id is None]
    named = sorted(standing, key=lambda row: (row.display, row.pk))
    return sorted(named, key=lambda row: row.effective_at, reverse=True)


def _by_onset(row: Condition) -> tuple[int, str]:
    return _latest_first(row.onset_date), row.display.casefold()


def _by_start(row: MedicationStatement) -> tuple[int, str]:
    return _latest_first(row.effective_start), row.display.casefold()


def _latest_first(day: date | None) -> int:
    """An order in which later days come first, and those not known before all, as the database has it."""
    return -day.toordinal() if day else -date.max.toordinal() - 1
