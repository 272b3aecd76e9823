"""Do the sums of a remittance agree? Three levels, to the cent.

Line: charge − its adjustments = paid. Claim: charge − all adjustments, its own and its lines' = paid. Transaction:
what all claims were paid − the provider adjustments = the payment. Source: 005010X221A1, section on balancing. The
patient's responsibility (CLP05) takes no part.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from billing.x12.remittance import RemittanceReading
from billing.x12.remittance_records import (
    Adjustment,
    ProviderAdjustment,
    Remittance,
    RemittanceClaim,
    RemittanceLine,
)
from billing.x12.segments import place

_KEPT = 1_000


class Level(StrEnum):
    """Where a sum doesn't agree."""

    LINE = "line"
    CLAIM = "claim"
    TRANSACTION = "transaction"


@dataclass(frozen=True, slots=True)
class Finding:
    """A sum that doesn't agree: ``said`` stands in the file at the place named, ``expected`` is what its parts give.

    ``claim`` is the patient control number, "" for the transaction.
    """

    level: Level
    claim: str
    position: int
    segment_id: str
    element: int
    expected: Decimal
    said: Decimal

    @property
    def difference(self) -> Decimal:
        """Said less expected: positive when the file pays more than its parts explain."""
        return self.said - self.expected

    def __str__(self) -> str:
        whose = f"line of claim {self.claim}" if self.level is Level.LINE else f"{self.level} {self.claim}".strip()
        where = place(self.position, self.segment_id, self.element)
        sums = f"{self.said:.2f} was paid, but its parts give {self.expected:.2f}"
        return f"{where}: The {whose} says {sums}, a difference of {self.difference:.2f}."


class Gate:
    """Takes the claims of one remittance as they stream by; keeps two sums and the first 1,000 findings.

    ``count`` is the number of all findings. Never raises.
    """

    def __init__(self, remittance: Remittance) -> None:
        self.findings: list[Finding] = []
        self.count = 0
        self._remittance = remittance
        self._paid = Decimal(0)

    def add(self, claim: RemittanceClaim) -> None:
        """Check a claim and its lines."""
        self._paid += claim.paid
        for line in claim.lines:
            self._keep(line_finding(line, claim.patient_control_number))
        self._keep(claim_finding(claim))

    def close(self, provider_adjustments: Iterable[ProviderAdjustment]) -> list[Finding]:
        """Check the payment, after the last claim; returns the findings, the payment's last."""
        payment = self._remittance.payment
        expected = self._paid - sum((one.amount for one in provider_adjustments), Decimal(0))
        if expected != payment.signed:
            self.count += 1
            self.findings.append(Finding(Level.TRANSACTION, "", payment.position, "BPR", 2, expected, payment.signed))
        return self.findings

    def _keep(self, finding: Finding | None) -> None:
        if finding is not None:
            self.count += 1
            if len(self.findings) < _KEPT:
                self.findings.append(finding)


def balance(reading: RemittanceReading) -> list[Finding]:
    """Read a remittance to its end and check it. Raises X12Error only as reading does."""
    gate = Gate(reading.remittance)
    for claim in reading.claims():
        gate.add(claim)
    return gate.close(reading.provider_adjustments)


def line_finding(line: RemittanceLine, claim: str) -> Finding | None:
    """What is wrong with a line's sum; ``claim`` is its claim's patient control number."""
    expected = line.charge - _total(line.adjustments)
    if expected == line.paid:
        return None
    return Finding(Level.LINE, claim, line.position, "SVC", 3, expected, line.paid)


def claim_finding(claim: RemittanceClaim) -> Finding | None:
    """What is wrong with a claim's sum."""
    expected = (
        claim.charge - _total(claim.adjustments) - sum((_total(line.adjustments) for line in claim.lines), Decimal(0))
    )
    if expected == claim.paid:
        return None
    return Finding(Level.CLAIM, claim.patient_control_number, claim.position, "CLP", 4, expected, claim.paid)


def _total(adjustments: Iterable[Adjustment]) -> Decimal:
    return sum((adjustment.amount for adjustment in adjustments), Decimal(0))
