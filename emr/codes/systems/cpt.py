"""CPT: the clinic's own licensed file as CSV (code, display, kind). Nothing of it is shipped."""

from __future__ import annotations

from pathlib import Path

from emr.codes.importers.rows import Source
from emr.codes.systems import CPT
from emr.codes.systems.base import System, csv_source
from emr.codes.systems.services import COLUMNS, service_row

_CODE = r"\d{4}[\dFTUMA]|[0-9A-Z]{2}"


def _from_file(path: Path) -> Source:
    return csv_source(path, columns=COLUMNS, build=service_row(_CODE))


SYSTEM = System(
    name="cpt",
    url=CPT,
    title="CPT",
    licence="© American Medical Association. Needs the clinic's own licence; not shipped.",
    source="The clinic's own file",
    from_file=_from_file,
)
