"""Templates and words as a writer finds them: one's own and everybody's."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Count, Q, QuerySet

from clinic.choices import NoteType
from clinic.models import Encounter, NoteTemplate, TextMacro
from emr.accounts.models import User

#: What kind of note a visit begins with, by what the floors above know of it; empty where they don't. Each adds itself
#: when it starts.
USUAL_TYPES: list[Callable[[Encounter], str]] = []


def templates_for(user: User) -> QuerySet[NoteTemplate]:
    """The templates that a person may begin a note with, by name."""
    return NoteTemplate.objects.filter(Q(owner=None) | Q(owner=user), active=True).order_by("name")


def template_rows(user: User) -> list[NoteTemplate]:
    """As :func:`templates_for`, with ``parts``, the number of their sections. One query."""
    parts = Count("sections", filter=Q(sections__retired=False))
    return list(templates_for(user).annotate(parts=parts).select_related("owner"))


def macros_for(user: User) -> QuerySet[TextMacro]:
    """The words that a person may type, by name."""
    return TextMacro.objects.filter(Q(owner=None) | Q(owner=user), active=True).order_by("name", "owner")


def usual_type(visit: Encounter) -> str:
    """The kind of note with which such a visit begins: a progress note where nothing else is said of it."""
    return next((found for ask in USUAL_TYPES if (found := ask(visit))), NoteType.PROGRESS)


def fitting(user: User, visit: Encounter, type: str = "") -> NoteTemplate | None:  # noqa: A002
    """The template for this kind of visit, and of this kind of note where one was said: one's own before everybody's.

    One query.
    """
    rows = templates_for(user).filter(visit_types__contains=[visit.type_display]) if visit.type_display else []
    fit = [row for row in rows if not type or row.type == type]
    return min(fit, key=lambda row: (row.owner_id is None, row.name), default=None)
