"""Loading a release of a code system: all of it or nothing, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Literal

from django.db import connection, transaction

from emr.accounts.models import User
from emr.codes.actions.bulk import rebuild_words, upsert
from emr.codes.importers.rows import ConceptRow, Source
from emr.codes.models import CodeSystem, Concept, Release
from emr.codes.models.systems import ReleaseOrigin, ReleaseState
from emr.codes.systems.base import System
from emr.shared.dates import clinic_today

Progress = Callable[[int, int | None], None]
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: ``added`` codes were new, ``ended`` ones are not in the release and lost their validity."""

    outcome: Literal["loaded", "unchanged"]
    release: Release
    added: int = 0
    ended: int = 0


@transaction.atomic
def load_release(*, system: System, source: Source, by: User, progress: Progress | None = None) -> Loaded:
    """Load ``source`` and make it the system's active release, unless just this one is active already.

    ``progress`` gets the rows done and, where known, their total. Raises
    :class:`~emr.codes.importers.rows.LoadError` when the source is wrong; nothing is kept then.
    """
    code_system = _code_system(system)
    active = code_system.releases.filter(state=ReleaseState.ACTIVE).first()
    if active and active.checksum == source.checksum:
        return Loaded("unchanged", active)
    release = Release.objects.create(
        code_system=code_system,
        version=source.version,
        origin=ReleaseOrigin.SHIPPED if source.shipped else ReleaseOrigin.FILE,
        source_name=source.name,
        effective_from=source.effective_from,
        checksum=source.checksum,
        loaded_by=by,
    )
    new_from = source.effective_from if active else None
    release.count, added = _write(release, source, new_from, progress)
    ended = _end_missing(release) if active else 0
    _activate(release, active)
    rebuild_words(code_system)
    _refresh_statistics()
    return Loaded("loaded", release, added, ended)


def _code_system(system: System) -> CodeSystem:
    """The row of the system, locked, so that two loads of it wait for each other."""
    facts = {"name": system.name, "title": system.title, "licence": system.licence, "source": system.source}
    CodeSystem.objects.update_or_create(url=system.url, defaults=facts)
    return CodeSystem.objects.select_for_update().get(url=system.url)


def _write(release: Release, source: Source, new_from: date | None, progress: Progress | None) -> tuple[int, int]:
    count = added = 0
    for batch in _batches(source.rows()):
        added += upsert(release, batch, new_from=new_from)
        count += len(batch)
        if progress:
            progress(count, source.total)
    return count, added


def _batches(rows: Iterator[ConceptRow]) -> Iterator[list[ConceptRow]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _end_missing(release: Release) -> int:
    """End the validity of the codes that the release lacks: the day before it counts."""
    last_day = (release.effective_from or clinic_today()) - timedelta(days=1)
    missing = Concept.objects.filter(code_system=release.code_system, active=True).exclude(release=release)
    # Reference data, without a person in it: a set-based update is right here, and the release is its trace.
    missing.filter(valid_from__gt=last_day).update(valid_from=last_day)
    missing.filter(valid_to__isnull=True).update(valid_to=last_day)
    return missing.update(active=False)


def _activate(release: Release, former: Release | None) -> None:
    if former:
        former.state = ReleaseState.RETIRED
        former.save(update_fields=["state"])
    release.state = ReleaseState.ACTIVE
    release.save(update_fields=["state", "count"])


def _refresh_statistics() -> None:
    """Let the planner know the new rows at once. A role that doesn't own the tables gets a warning, no error."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE codes_concept")
        cursor.execute("ANALYZE codes_word")
