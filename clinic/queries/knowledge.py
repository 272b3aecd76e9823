"""Which knowledge bases the safety checks ask, and which they lack."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from clinic.drugs import drugs
from clinic.models import KnowledgeBase
from clinic.models.safety import KnowledgeKind
from clinic.queries.safety import STALE


@dataclass(frozen=True)
class KnowledgeState:
    """``bases`` has for each kind the release in use or None; ``retired`` are those before, newest first."""

    shipped: str
    classes: int
    bases: list[tuple[KnowledgeKind, KnowledgeBase | None]]
    retired: list[KnowledgeBase]
    stale: frozenset[UUID]


def knowledge_state() -> KnowledgeState:
    """What is loaded: one query."""
    rows = list(KnowledgeBase.objects.order_by("-imported_at"))
    used = {row.kind: row for row in rows if row.retired_at is None}
    return KnowledgeState(
        shipped=drugs().source,
        classes=len(drugs().classes),
        bases=[(kind, used.get(kind)) for kind in KnowledgeKind],
        retired=[row for row in rows if row.retired_at is not None],
        stale=frozenset(row.pk for row in used.values() if row.imported_at < timezone.now() - STALE),
    )
