"""What a claim still lacks before it can be printed, each fault with its rule, its box and the page that mends it."""

from billing.cms1500.edits.catalogue import Rule, Severity, Where, catalogue
from billing.cms1500.edits.check import check_form, missing
from billing.cms1500.edits.finding import Edit, Findings, Remedy, spoken

__all__ = [
    "Edit",
    "Findings",
    "Remedy",
    "Rule",
    "Severity",
    "Where",
    "catalogue",
    "check_form",
    "missing",
    "spoken",
]
