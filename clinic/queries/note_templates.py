"""Templates and words as a writer finds them: one's own and everybody's."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from clinic.models import Encounter, NoteTemplate, TextMacro
from emr.accounts.models import User


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


def fitting(user: User, visit: Encounter, type: str = "") -> NoteTemplate | None:  # noqa: A002
    """The template for this kind of visit, and of this kind of note where one was said: one's own before everybody's.

    One query.
    """
    rows = templates_for(user).filter(visit_types__contains=[visit.type_display]) if visit.type_display else []
    fit = [row for row in rows if not type or row.type == type]
    return min(fit, key=lambda row: (row.owner_id is None, row.name), default=None)
