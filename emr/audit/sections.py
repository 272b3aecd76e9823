"""What the parts of the record are called that the log of reads names by a word of the code."""

from __future__ import annotations

#: Each word that a door says, with its label. ``tests/emr/audit/test_sections.py`` finds a word that is missing.
PARTS: dict[str, str] = {
    "access": "Access to the chart",
    "accesses": "Who looked",
    "allergies": "Allergies",
    "appointments": "Appointments",
    "as_of": "Chart as of a day",
    "audit": "Audit log",
    "billing": "Billing",
    "break-glass": "Emergency access",
    "care_plans": "Care plans",
    "care_team": "Care team",
    "care": "Care due",
    "changes": "Audit log of changes",
    "charges": "Charges",
    "conditions": "Problems",
    "cosign": "Notes to cosign",
    "coverages": "Insurance",
    "demographics": "Name, address, contacts",
    "details": "Details",
    "devices": "Implanted devices",
    "disclosures": "Disclosures",
    "documents": "Documents",
    "duplicates": "Possible duplicates",
    "encounters": "Visits",
    "family_history": "Family history",
    "flow": "Flow board",
    "goals": "Goals",
    "history": "History",
    "immunizations": "Immunizations",
    "intake": "Intake",
    "letters": "Letters",
    "medications": "Medications",
    "merges": "Merged charts",
    "notes": "Notes",
    "orders": "Orders",
    "payments": "Payments",
    "procedures": "Procedures",
    "reads": "Audit log of reads",
    "requests": "Patients' requests",
    "results": "Results",
    "schedule": "Schedule",
    "search": "Search",
    "signals": "Snooping signals",
    "social_history": "Social history",
    "staff-patients": "Staff who are patients",
    "summary": "Summary",
    "tasks": "Inbox",
    "timeline": "Timeline",
    "unfinished": "Unfinished notes",
    "vitals": "Vitals",
}


def part_of(section: str) -> str:
    """The label of a part; one that is no longer known is told by its word."""
    return PARTS.get(section) or section.replace("_", " ").replace("-", " ").capitalize()
