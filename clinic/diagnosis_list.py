"""What the buttons of a visit's list of diagnoses do to it, without a script: up, down, remove, use, add."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clinic.models import Condition, EncounterDiagnosis
from emr.codes.coding import Coding
from emr.codes.systems import ICD10CM


def coding_of(row: EncounterDiagnosis | Condition) -> Coding:
    """The row's code as it was said."""
    return Coding(row.system, row.code, row.display)


def changed(
    command: str, rows: Sequence[EncounterDiagnosis], problems: Iterable[Condition], added: Coding | None
) -> list[Coding] | None:
    """The list after a button and an added code; None when it stays as it is.

    ``command`` is ``up:<id>``, ``down:<id>``, ``remove:<id>`` of a row, or ``use:<id>`` of a problem. A button of a row
    that has gone meanwhile does nothing.
    """
    before = [coding_of(row) for row in rows]
    after = _pressed(command, rows, problems)
    if added and added not in after:
        after.append(added)
    return after if after != before else None


def usable(problem: Condition) -> bool:
    """Whether a problem can be a diagnosis of a claim: it has an ICD-10-CM code."""
    return problem.system == ICD10CM


def _pressed(command: str, rows: Sequence[EncounterDiagnosis], problems: Iterable[Condition]) -> list[Coding]:
    verb, _, key = command.partition(":")
    codings = [coding_of(row) for row in rows]
    if verb == "use":
        found = [coding_of(problem) for problem in problems if str(problem.pk) == key and usable(problem)]
        return codings + [coding for coding in found if coding not in codings]
    place = next((index for index, row in enumerate(rows) if str(row.pk) == key), None)
    if place is None:
        return codings
    if verb == "remove":
        del codings[place]
    elif verb == "up" and place > 0:
        codings.insert(place - 1, codings.pop(place))
    elif verb == "down":
        codings.insert(place + 1, codings.pop(place))
    return codings
