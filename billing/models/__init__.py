"""The tables of money."""

from billing.models.charges import ChargeItem
from billing.models.claims import Claim, ClaimBatch, ClaimBatchItem, ClaimItem
from billing.models.closed_days import DayClose
from billing.models.fees import FeeSchedule, FeeScheduleItem
from billing.models.ledger import LedgerEntry, LedgerTransaction
from billing.models.payments import Payment

__all__ = [
    "ChargeItem",
    "Claim",
    "ClaimBatch",
    "ClaimBatchItem",
    "ClaimItem",
    "DayClose",
    "FeeSchedule",
    "FeeScheduleItem",
    "LedgerEntry",
    "LedgerTransaction",
    "Payment",
]
