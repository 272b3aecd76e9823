"""What a code system's module declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emr.codes.importers.csv_rows import Build, read_csv
from emr.codes.importers.rows import ConceptRow, Source, checksum

DATA = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True, slots=True)
class System:
    """A code system: names, terms of use, and how its releases are read.

    ``shipped`` gives the release that comes with the product, if one does; ``from_file`` reads a clinic's own.
    """

    name: str
    url: str
    title: str
    licence: str
    source: str
    shipped: Callable[[], Source] | None = None
    from_file: Callable[[Path], Source] | None = None


def csv_source(
    path: Path,
    *,
    columns: tuple[str, ...],
    build: Build[ConceptRow],
    version: str = "",
    shipped: bool = False,
    encodings: tuple[str, ...] = (),
    revision: int = 1,
) -> Source:
    """A release in a CSV file. A clinic's file has no version of its own: the start of its checksum serves."""
    digest = checksum([path], revision)
    return Source(
        name=path.name,
        version=version or f"sha256:{digest[:12]}",
        checksum=digest,
        rows=lambda: read_csv(path, columns=columns, build=build, encodings=encodings),
        shipped=shipped,
    )
