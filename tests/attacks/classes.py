"""The classes of attack that broke other medical records, each with how bad it would be here.

A test names the class that it tries: ``@pytest.mark.attack("idor-child")``. A class without a test, and a test without
a class, fail the build. ``python -m tests.attacks.report`` prints the table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AttackClass:
    """One class. ``score`` is a CVSS 3.1 base score of the worst case in this product, from 0 to 10."""

    key: str
    title: str
    evidence: str
    score: float

    @property
    def severity(self) -> str:
        """CVSS's own word for the score."""
        steps = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"))
        return next((word for least, word in steps if self.score >= least), "low")


_CLASSES = (
    AttackClass("idor-child", "Another patient's row by its id", "CVE-2026-25744, -25745, -34055, -27943", 8.1),
    AttackClass("idor-hidden-field", "An id changed in a hidden field or formset", "CVE-2026-32120", 8.1),
    AttackClass("active-patient", "A write that lands on another tab's patient", "CVE-2026-27943", 8.1),
    AttackClass("media", "Files and pictures by their id", "CVE-2026-25929, -25927", 6.5),
    AttackClass(
        "print-export", "A print or export that is looser than its page", "CVE-2026-25930, GHSA trytond 2025", 6.5
    ),
    AttackClass("missing-check", "A route without the check", "CVE-2026-25164, -33915, -24487", 8.8),
    AttackClass("sibling-verb", "One verb guarded, its sibling forgotten", "CVE-2026-24890, -33934", 8.1),
    AttackClass("deny-ignored", "A denial that a grant outweighs", "CVE-2026-33302", 7.1),
    AttackClass("escalation", "Rights that one gives oneself", "CVE-2026-24890", 8.8),
    AttackClass("timeout-bypass", "A session that a request keeps alive or brings back", "CVE-2026-25476", 6.8),
    AttackClass("session-theft", "A session fixed, stolen or outliving its account", "OWASP WSTG-SESS", 8.1),
    AttackClass(
        "sql-injection", "Names in order and filter", "CVE-2026-24908, -23627, CVE-2025-64459, CVE-2026-1312", 9.9
    ),
    AttackClass(
        "stored-xss", "Typed text that runs in another's browser", "CVE-2021-40374, CVE-2022-24643, CVE-2026-21443", 8.7
    ),
    AttackClass("reflected-xss", "An address that runs", "CVE-2023-2566, Sonar 2022", 6.1),
    AttackClass("csrf", "A write from another site, or by GET", "CVE-2025-25928, OpenEMR #1820", 8.0),
    AttackClass("path-traversal", "A path taken from a request", "CVE-2026-24488, CVE-2022-23612", 7.7),
    AttackClass("upload", "A file that is not what it says, or never ends", "ZSL-2013-5126, CVE-2020-24621", 9.9),
    AttackClass("pdf-fetch", "Paper that reads files or the network", "CVE-2025-68616, CVE-2026-49452, -55073", 8.6),
    AttackClass("deserialisation", "Objects made of what was sent", "CVE-2018-19276", 9.8),
    AttackClass("command-injection", "A shell that reads what was sent", "CVE-2026-32238", 9.1),
    AttackClass("xml-entities", "XML that reads files or explodes", "CVE-2022-26661, -26662", 7.5),
    AttackClass("list-leak", "A list, board or report that names who is hidden", "CVE-2026-25745", 6.5),
    AttackClass("token-guessing", "A patient's link that is guessed, kept or used again", "OWASP WSTG-ATHN-10", 6.5),
    AttackClass("growth", "A table that strangers can fill", "GNUHEALTH-SA-2016-1", 7.5),
    AttackClass("enumeration", "An answer that tells who has an account", "OWASP WSTG-IDNT-04", 5.3),
    AttackClass("double-submit", "One click that counts twice", "race of identical posts", 5.7),
    AttackClass("error-leak", "A server error, or one that tells too much", "trytond 2025 traceback leak", 5.3),
)

CLASSES: dict[str, AttackClass] = {found.key: found for found in _CLASSES}
