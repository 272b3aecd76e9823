"""Vaccines that are charged: given, as the chart has them now."""

from __future__ import annotations

from billing.cms1500.edits import Findings, Where
from billing.cms1500.form import Form1500
from billing.scrubber.facts import Facts


def check_vaccines(findings: Findings, form: Form1500, facts: Facts) -> None:
    """A vaccine that was entered in error after it was charged."""
    for n, line in enumerate(form.service_lines, 1):
        if n in facts.ungiven:
            problem = f"has {line.code} for a vaccine that was entered in error since"
            where = Where.CHARGES
            findings.under("vaccine-given").wrong(True, f"24D.{n}", problem, "Take the charge back", where)
