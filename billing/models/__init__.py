"""The tables of money."""

from billing.models.charges import ChargeItem
from billing.models.claims import Claim, ClaimBatch, ClaimBatchItem, ClaimItem
from billing.models.fees import FeeSchedule, FeeScheduleItem

__all__ = [
    "ChargeItem",
    "Claim",
    "ClaimBatch",
    "ClaimBatchItem",
    "ClaimItem",
    "FeeSchedule",
    "FeeScheduleItem",
]
