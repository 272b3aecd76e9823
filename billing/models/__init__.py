"""The tables of money."""

from billing.models.accounts import BillingAccount, BillingPolicy, PaymentPlan
from billing.models.appeals import Appeal
from billing.models.authorizations import Authorization
from billing.models.charges import ChargeItem
from billing.models.claim_notes import ClaimNote
from billing.models.claims import Claim, ClaimBatch, ClaimBatchItem, ClaimItem
from billing.models.closed_days import DayClose
from billing.models.fees import FeeSchedule, FeeScheduleItem
from billing.models.ledger import LedgerEntry, LedgerTransaction
from billing.models.payments import Payment
from billing.models.received_files import ClaimAcknowledgement, ReceivedFile
from billing.models.remittances import ClaimResponse, PaymentReconciliation, ProviderAdjustment
from billing.models.rules import ClaimRule
from billing.models.statements import GoodFaithEstimate, Invoice, InvoiceLine, StatementRun
from billing.models.supporting_info import ClaimSupportingInfo
from billing.models.trading_partners import TradingPartner
from billing.models.vaccine_services import VaccineService

__all__ = [
    "Appeal",
    "Authorization",
    "BillingAccount",
    "BillingPolicy",
    "ChargeItem",
    "Claim",
    "ClaimAcknowledgement",
    "ClaimBatch",
    "ClaimBatchItem",
    "ClaimItem",
    "ClaimNote",
    "ClaimResponse",
    "ClaimRule",
    "ClaimSupportingInfo",
    "DayClose",
    "FeeSchedule",
    "FeeScheduleItem",
    "GoodFaithEstimate",
    "Invoice",
    "InvoiceLine",
    "LedgerEntry",
    "LedgerTransaction",
    "Payment",
    "PaymentPlan",
    "PaymentReconciliation",
    "ProviderAdjustment",
    "ReceivedFile",
    "StatementRun",
    "TradingPartner",
    "VaccineService",
]
