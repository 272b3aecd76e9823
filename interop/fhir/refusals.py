"""What the database refused, in a sentence."""

from __future__ import annotations

from django.db import DatabaseError

_SENTENCES = {
    "clinic_allergy_once": "an allergy of this name is active on the list already",
    "clinic_allergy_none_once": "the list says already that there is no known allergy",
    "clinic_condition_once_active": "this problem is active on the list already",
    "clinic_medication_once_active": "this drug is active on the list already",
    "clinic_coverage_one_at_a_time": "another policy of the same order is in force at that time",
    "accounts_practitioner_npi": "its NPI is another practitioner's",
}


def rule(error: DatabaseError) -> str:
    """The rule of the database that refused a row: in words where there are some, else by its name."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    if name:
        return _SENTENCES.get(name, f"it breaks the rule {name}")
    said = getattr(diagnosis, "message_primary", None)
    return f"the database refused it: {said}" if said else "the database refused it"
