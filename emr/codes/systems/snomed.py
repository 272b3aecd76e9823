"""SNOMED CT: clinical terms, from the clinic's own CSV (code, display)."""

from __future__ import annotations

from functools import partial

from emr.codes.systems import SNOMED
from emr.codes.systems.base import System
from emr.codes.systems.code_lists import code_list

SYSTEM = System(
    name="snomed",
    url=SNOMED,
    title="SNOMED CT",
    licence="© SNOMED International. Needs an affiliate (in the US: UMLS) licence; not shipped.",
    source="The clinic's own file",
    from_file=partial(code_list, pattern=r"[1-9]\d{5,17}"),
)
