"""Where patients live and who the clinic is, as papers say it."""

from __future__ import annotations

from clinic.models import Patient
from clinic.queries.addresses import permanent_of
from emr.accounts.models import Clinic


def tax_id_of(clinic: Clinic) -> str:
    """The tax id with its kind, as insurers want to read it: ``12-3456789 (EIN)``."""
    digits = clinic.tax_id
    if not digits:
        return ""
    if clinic.tax_id_type == "EIN":
        return f"{digits[:2]}-{digits[2:]} (EIN)"
    return f"{digits[:3]}-{digits[3:5]}-{digits[5:]} (SSN)"


def address_lines(patient: Patient) -> list[str]:
    """Where a patient lives, line by line; nothing where nobody knows. One query."""
    home = permanent_of(patient)
    if home is None:
        return []
    return [line for line in (home.line1, home.line2, f"{home.city}, {home.state} {home.postal_code}") if line]
