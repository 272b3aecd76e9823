"""CARC: why a payer adjusted an amount (CAS). The clinic's own file; nothing of it is shipped."""

from __future__ import annotations

from pathlib import Path

from emr.codes.importers.rows import Source
from emr.codes.systems import CARC
from emr.codes.systems.base import System
from emr.codes.systems.payer_reasons import reason_list


def _from_file(path: Path) -> Source:
    return reason_list(path, pattern=r"\d{1,3}|[A-Z]\d{1,2}")


SYSTEM = System(
    name="carc",
    url=CARC,
    title="Claim adjustment reasons (CARC)",
    licence="© X12. Needs the clinic's own licence; not shipped.",
    source="X12's list, as the clinic's own file",
    from_file=_from_file,
)
