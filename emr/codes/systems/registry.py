"""Every code system of the product, by its short name and by its URL."""

from __future__ import annotations

from emr.codes.systems import (
    carc,
    cpt,
    cvx,
    hcpcs,
    icd10cm,
    loinc_vitals,
    nucc_taxonomy,
    place_of_service,
    rarc,
    rxnorm,
    snomed,
    ucum,
)
from emr.codes.systems.base import System

_MODULES = (icd10cm, loinc_vitals, ucum, cvx, place_of_service, nucc_taxonomy, hcpcs, cpt, rxnorm, snomed, carc, rarc)

SYSTEMS: dict[str, System] = {module.SYSTEM.name: module.SYSTEM for module in _MODULES}
BY_URL: dict[str, System] = {system.url: system for system in SYSTEMS.values()}
