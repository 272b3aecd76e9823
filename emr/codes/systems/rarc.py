"""RARC: what a payer remarks about a claim or a line (LQ, MOA). The clinic's own file; nothing of it is shipped."""

from __future__ import annotations

from pathlib import Path

from emr.codes.importers.rows import Source
from emr.codes.systems import RARC
from emr.codes.systems.base import System
from emr.codes.systems.payer_reasons import reason_list


def _from_file(path: Path) -> Source:
    return reason_list(path, pattern=r"[A-Z]{1,2}\d{1,3}")


SYSTEM = System(
    name="rarc",
    url=RARC,
    title="Remittance remarks (RARC)",
    licence="Kept by CMS, published with X12's lists; not shipped.",
    source="CMS's list, as the clinic's own file",
    from_file=_from_file,
)
