"""RxNorm: drugs, from the clinic's own CSV (code, display)."""

from __future__ import annotations

from functools import partial

from emr.codes.systems import RXNORM
from emr.codes.systems.base import System
from emr.codes.systems.code_lists import code_list

SYSTEM = System(
    name="rxnorm",
    url=RXNORM,
    title="RxNorm",
    licence="US National Library of Medicine; some sources inside need a UMLS licence. Not shipped.",
    source="The clinic's own file",
    from_file=partial(code_list, pattern=r"\d{1,8}"),
)
