"""Loading a knowledge base about drugs: all of it or nothing, and nothing twice."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from clinic.knowledge import Statement, statements
from clinic.models import KnowledgeBase, KnowledgeLink
from clinic.models.safety import KnowledgeKind
from emr.codes.importers.rows import checksum
from emr.shared.errors import DomainError

_REVISION = 1
_BATCH = 5_000


@transaction.atomic
def load_knowledge(
    *, kind: KnowledgeKind, path: Path, name: str, version: str, licence: str = ""
) -> tuple[KnowledgeBase, bool]:
    """Load a file and use it in place of the release that is in use; gives the release, and whether it is new.

    The release before is retired and keeps its lines. Raises LoadError for a file that is wrong in any line.
    """
    if not (name.strip() and version.strip()):
        raise DomainError("Say the name and the version of the knowledge base: they stand beside each warning.")
    digest = checksum([path], _REVISION)
    used = KnowledgeBase.objects.select_for_update().filter(kind=kind, retired_at=None).first()
    if used is not None and used.sha256 == digest:
        return used, False
    if used is not None:
        used.retired_at = timezone.now()
        used.save(update_fields=["retired_at"])
    base = KnowledgeBase.objects.create(
        kind=kind, name=name.strip(), version=version.strip(), licence=licence.strip(), sha256=digest, rows=0
    )
    lines = statements(path, kind)
    while batch := list(islice(lines, _BATCH)):
        # Reference data without a person in it: written in bulk, and the release is its trace.
        KnowledgeLink.objects.bulk_create(_link(base, line) for line in batch)
        base.rows += len(batch)
    base.save(update_fields=["rows"])
    return base, True


def _link(base: KnowledgeBase, line: Statement) -> KnowledgeLink:
    return KnowledgeLink(
        base=base,
        first_system=line.first[0],
        first_code=line.first[1],
        second_system=line.second[0],
        second_code=line.second[1],
        level=line.level,
        text=line.text,
    )
