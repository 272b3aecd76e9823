"""What payers' codes mean, in the words of the lists that the clinic has loaded; without them a code stands alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from emr.codes.models import Concept
from emr.codes.systems import CARC, RARC


@dataclass(frozen=True)
class Said:
    """A payer's code, with its meaning where the list is loaded."""

    code: str
    text: str = ""


def texts_of(reasons: Iterable[str], remarks: Iterable[str] = ()) -> dict[str, str]:
    """Texts by code as it was told: CO-45 by its CARC (45), N115 by its RARC; those that are known. One query."""
    told = {reason: reason.rpartition("-")[2] for reason in reasons}
    remarked = set(remarks)
    if not told and not remarked:
        return {}
    wanted = Q(code_system__url=CARC, code__in=set(told.values())) | Q(code_system__url=RARC, code__in=remarked)
    rows = Concept.objects.filter(wanted).values_list("code_system__url", "code", "display", "properties")
    texts = {(system, code): more.get("text") or display for system, code, display, more in rows}
    found = {reason: texts.get((CARC, code), "") for reason, code in told.items()}
    found |= {remark: texts.get((RARC, remark), "") for remark in remarked}
    return {code: text for code, text in found.items() if text}


def said(codes: Iterable[str], texts: dict[str, str]) -> list[Said]:
    """Codes with their texts, in the order told."""
    return [Said(code, texts.get(code, "")) for code in codes]
