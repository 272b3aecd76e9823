"""A patient's details as intake asks for them: what is on file now, and how it reads."""

from __future__ import annotations

from collections.abc import Mapping

from clinic.actions.telecom import KINDS
from clinic.models import Patient
from clinic.models.patients import ADDRESS_PARTS
from clinic.queries.addresses import home_of

#: What may be asked for by a questionnaire of details (``definition`` of an item), by the field of the review it is
#: decided with: an address is one thing, whatever part of it changed.
FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "preferred_name": ("Preferred name", ("preferred_name",)),
    "address": ("Address", ADDRESS_PARTS),
    "mobile": ("Mobile phone", ("mobile",)),
    "phone": ("Other phone", ("phone",)),
    "email": ("E-mail", ("email",)),
}
DEFINITIONS = frozenset(part for _, parts in FIELDS.values() for part in parts)


def details_on_file(patient: Patient) -> dict[str, str]:
    """Each detail by its definition, as the chart holds it; empty for none. Two queries."""
    found = dict.fromkeys(DEFINITIONS, "") | {"preferred_name": patient.preferred_name}
    home = home_of(patient)
    if home is not None:
        found |= {part: getattr(home, part) for part in ADDRESS_PARTS}
    present = patient.telecom.filter(period_end=None, entered_in_error_at=None).order_by("rank", "created_at")
    kinds = {where: kind for kind, where in KINDS.items()}
    for contact in reversed(present):
        kind = kinds.get((contact.system, contact.use))
        if kind:
            found[kind] = contact.value
    return found


def field_text(field: str, details: Mapping[str, str]) -> str:
    """One field of the review in one line, for the eye and to compare by."""
    parts = [details.get(part, "") for part in FIELDS[field][1]]
    return ", ".join(part for part in parts if part)
