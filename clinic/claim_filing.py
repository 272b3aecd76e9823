"""The kind of plan that a payer has, as electronic claims say it."""

from __future__ import annotations

from django.db.models import TextChoices


class ClaimFilingCode(TextChoices):
    """The kind of plan as electronic claims say it (SBR09, X12 code list 1032), in our words."""

    COMMERCIAL = "CI", "CI: commercial insurer"
    BLUE = "BL", "BL: Blue Cross or Blue Shield"
    HMO = "HM", "HM: health maintenance organization"
    PPO = "12", "12: preferred providers (PPO)"
    POINT_OF_SERVICE = "13", "13: point of service (POS)"
    EXCLUSIVE = "14", "14: exclusive providers (EPO)"
    INDEMNITY = "15", "15: indemnity"
    MEDICARE_HMO = "16", "16: HMO of Medicare"
    MEDICARE_A = "MA", "MA: Medicare part A"
    MEDICARE_B = "MB", "MB: Medicare part B"
    MEDICAID = "MC", "MC: Medicaid"
    TRICARE = "CH", "CH: TRICARE, CHAMPVA"
    VETERANS = "VA", "VA: veterans"
    FEDERAL_EMPLOYEES = "FI", "FI: federal employees"
    OTHER_FEDERAL = "OF", "OF: another federal program"
    NOT_FEDERAL = "11", "11: another program, not federal"
    TITLE_V = "TV", "TV: Title V"
    WORKERS = "WC", "WC: workers' compensation"
    AUTO = "AM", "AM: car insurance, medical"
    LIABILITY = "LM", "LM: liability, medical"
    DISABILITY = "DS", "DS: disability"
    DENTAL = "17", "17: dental maintenance organization"
    OTHER = "ZZ", "ZZ: none of these"
