"""Family history as pages list it."""

from __future__ import annotations

from django.db.models import QuerySet

from clinic.models import FamilyMemberHistory, Patient
from clinic.models.family_histories import FamilyRelationship
from clinic.queries.lists import LIMIT, ListRow, by_state, error_of, of_errors, state_of
from emr.ui import formats

_ORDER = {value: at for at, value in enumerate(FamilyRelationship.values)}


def family_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """What ran in the family, parents first: one query. "Nothing known" counts as long as no condition is on file."""
    rows: QuerySet[FamilyMemberHistory] = patient.family_history.select_related("created_by").order_by("display", "pk")
    found = list(of_errors(rows, standing)[:LIMIT])
    known = any(row.entered_in_error_at is None and not row.none_known for row in found)
    found.sort(key=lambda row: _ORDER.get(row.relationship, -1))
    return by_state(_row(row, known) for row in found)


def _row(row: FamilyMemberHistory, known: bool) -> ListRow:
    errored = row.entered_in_error_at is not None
    current = not errored and not (row.none_known and known)
    return ListRow(
        key=str(row.pk),
        cells=(
            row.display,
            row.get_relationship_display(),
            "" if row.onset_age is None else f"at {row.onset_age}",
            _life(row),
            row.code,
            formats.day(row.created_at) if row.none_known else row.note,
        ),
        state=state_of(row, "No longer" if row.none_known and known else "Asked" if row.none_known else "Recorded"),
        tone="neutral" if row.none_known or errored else "accent",
        active=current,
        errored=errored,
        remark=error_of(row) or (f"asked by {row.created_by}" if row.none_known else ""),
    )


def _life(row: FamilyMemberHistory) -> str:
    """Whether the relative lives, as far as that is known."""
    if row.deceased is None:
        return ""
    if not row.deceased:
        return "living"
    died = "died" if row.death_age is None else f"died at {row.death_age}"
    return f"{died} of it" if row.contributed_to_death else died
