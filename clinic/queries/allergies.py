"""Allergies as pages list them, with their past reactions."""

from __future__ import annotations

from django.db.models import BooleanField, ExpressionWrapper, Prefetch, Q

from clinic.choices import AllergyClinicalStatus
from clinic.models import AllergyIntolerance, AllergyReaction, Patient
from clinic.queries.lists import LIMIT, SHOWN, ListRow, by_state, error_of, of_errors, people, state_of
from emr.ui import formats

ACTIVE_ALLERGY = Q(entered_in_error_at=None, clinical_status=AllergyClinicalStatus.ACTIVE)
_SEVERITY = {"severe": 0, "moderate": 1, "mild": 2}


def allergy_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """Allergies with their past reactions, the active ones first, severe ones before mild ones: two queries."""
    reactions = AllergyReaction.objects.only("allergy", "display", "occurrence", "severity", "entered_in_error_at")
    rows = (
        patient.allergies.alias(current=ExpressionWrapper(ACTIVE_ALLERGY, output_field=BooleanField()))
        .select_related("created_by")
        .only(
            *(*SHOWN, "none_known", "criticality", "category", "recorded_date", "clinical_status"),
            *people("created_by", ("first_name", "last_name", "email")),
        )
        .prefetch_related(Prefetch("reactions", reactions))
        .order_by("-current", "display")
    )
    return by_state(allergy_row(row) for row in sorted(of_errors(rows, standing)[:LIMIT], key=severity))


def allergy_row(row: AllergyIntolerance) -> ListRow:
    """An allergy in words. Asks for the row's reactions and its author."""
    active = row.entered_in_error_at is None and row.clinical_status == AllergyClinicalStatus.ACTIVE
    return ListRow(
        key=str(row.pk),
        cells=(
            row.display,
            f"asked by {row.created_by}" if row.none_known else reaction_words(row),
            row.get_criticality_display(),
            row.get_category_display(),
            formats.day(row.recorded_date),
        ),
        state=state_of(row, row.get_clinical_status_display()),
        tone="warning" if active and not row.none_known else "neutral",
        active=active,
        errored=row.entered_in_error_at is not None,
        mark="" if row.code or row.none_known else "not checked by alerts",
        remark=error_of(row),
        parts=len(reactions_of(row)),
    )


def reactions_of(allergy: AllergyIntolerance) -> list[AllergyReaction]:
    """The reactions that stand, in their order. Asks for the row's reactions, which a caller has prefetched."""
    return [row for row in allergy.reactions.all() if row.entered_in_error_at is None]


def reaction_words(allergy: AllergyIntolerance) -> str:
    """Past reactions in words: those of one event joined by +, different events by commas, severity in brackets."""
    events: dict[int, list[str]] = {}
    for reaction in reactions_of(allergy):
        words = f"{reaction.display} ({reaction.severity})" if reaction.severity else reaction.display
        events.setdefault(reaction.occurrence, []).append(words)
    return ", ".join(" + ".join(event) for event in events.values())


def severity(row: AllergyIntolerance) -> int:
    """The rank of an allergy by its worst reaction, the severe first. Asks for the row's reactions."""
    return min((_SEVERITY.get(reaction.severity, 3) for reaction in reactions_of(row)), default=3)
