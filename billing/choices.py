"""Statuses of money: FHIR R4's where one exists, the biller's life cycle beside it."""

from __future__ import annotations

from django.db.models import TextChoices


class ChargeItemStatus(TextChoices):
    """FHIR R4 ChargeItem.status."""

    PLANNED = "planned", "Planned"
    BILLABLE = "billable", "Billable"
    NOT_BILLABLE = "not-billable", "Not billable"
    ABORTED = "aborted", "Aborted"
    BILLED = "billed", "Billed"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"
    UNKNOWN = "unknown", "Not known"


class NdcUnit(TextChoices):
    """Units in which claims count a drug."""

    UNIT = "UN", "Units"
    MILLILITRE = "ML", "Millilitres"
    GRAM = "GR", "Grams"
    INTERNATIONAL = "F2", "International units"
    MILLIGRAM = "ME", "Milligrams"


class ClaimStatus(TextChoices):
    """FHIR R4 Claim.status."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Submitted"
    CANCELLED = "cancelled", "Void"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class ClaimState(TextChoices):
    """Where a claim stands in the biller's day: the life cycle of a claim from its first check to nothing owed."""

    HELD = "held", "Held"
    READY = "ready", "Ready"
    ON_HOLD = "on-hold", "On hold"
    SUBMITTED = "submitted", "Submitted"
    ACCEPTED = "accepted", "Accepted by the payer"
    REJECTED = "rejected", "Rejected"
    PAID = "paid", "Paid"
    PARTIAL = "partial", "Paid in part"
    DENIED = "denied", "Denied"
    REVERSED = "reversed", "Payment taken back"
    APPEAL = "appeal", "Appealed"
    PATIENT_BALANCE = "patient-balance", "Patient balance"
    CLOSED = "closed", "Closed at zero"
    REPLACED = "replaced", "Replaced"
    VOID = "void", "Void"


#: The label of a claim that a payer passed on by itself: nobody sends it a second time.
FORWARDED = "forwarded"


class ClaimFrequency(TextChoices):
    """CLM05-3 and box 22: what a claim is to an earlier one."""

    ORIGINAL = "1", "Original"
    REPLACEMENT = "7", "Replacement"
    VOID = "8", "Void"


class IllnessQualifier(TextChoices):
    """Box 14: what happened on the day (DTP01 of loop 2300)."""

    ONSET = "431", "Onset of symptoms or illness"
    LAST_PERIOD = "484", "Last menstrual period"


class OtherDateQualifier(TextChoices):
    """Box 15: what happened on the other day."""

    INITIAL_TREATMENT = "454", "First treatment"
    LATEST_VISIT = "304", "Latest visit or consultation"
    ACUTE = "453", "Acute manifestation of a chronic condition"
    ACCIDENT = "439", "Accident"
    LAST_X_RAY = "455", "Last X-ray"
    PRESCRIPTION = "471", "Prescription"
    CARE_BEGUN = "090", "Report start (assumed care)"
    CARE_ENDED = "091", "Report end (relinquished care)"
    FIRST_CONTACT = "444", "First visit or consultation"


class ReferringRole(TextChoices):
    """Box 17's qualifier."""

    REFERRING = "DN", "Referring"
    ORDERING = "DK", "Ordering"
    SUPERVISING = "DQ", "Supervising"


class IdQualifier(TextChoices):
    """ISA05 and ISA07: whose numbers name the two ends of an interchange."""

    MUTUAL = "ZZ", "Agreed between us (ZZ)"
    TAX_ID = "30", "Federal tax id (30)"
    DUNS = "01", "DUNS (01)"
    CARRIER = "27", "Carrier number (27)"
    HEALTH_INDUSTRY = "20", "Health industry number (20)"
    NAIC = "33", "NAIC company code (33)"


class UsageIndicator(TextChoices):
    """ISA15: whether an interchange is meant."""

    TEST = "T", "Test"
    PRODUCTION = "P", "Production"


class AuthorizationKind(TextChoices):
    """What a number for box 23 is: the qualifier in REF of loop 2300."""

    PRIOR_AUTHORIZATION = "G1", "Prior authorization"
    REFERRAL = "9F", "Referral"
    CLIA = "X4", "CLIA number"
    MAMMOGRAPHY = "EW", "Mammography certificate"


class BatchStyle(TextChoices):
    """How a batch of CMS-1500 forms is drawn."""

    DATA_ONLY = "data-only", "For pre-printed red forms"
    REVIEW = "review", "Review copy with form"
    ZIP = "zip", "One PDF a claim, zipped"
    X12 = "x12", "837P for a clearinghouse"


class PaymentKind(TextChoices):
    """What money from a patient is for."""

    COPAY = "copay", "Copay"
    PREPAYMENT = "prepayment", "Prepayment"
    PAYMENT = "payment", "Payment on the balance"
    REFUND = "refund", "Refund"


class PaymentMethod(TextChoices):
    """How money was paid."""

    CASH = "cash", "Cash"
    CHECK = "check", "Check"
    CARD = "card", "Card"
    TRANSFER = "transfer", "Bank transfer"
    OTHER = "other", "Other"


class LedgerAccount(TextChoices):
    """The accounts of the ledger. A debit is positive, a credit negative."""

    FUNDS = "funds", "Money received"
    PATIENT_RECEIVABLE = "patient-receivable", "Due from patients"
    PATIENT_CREDIT = "patient-credit", "Unapplied credit of patients"
    INSURANCE_RECEIVABLE = "insurance-receivable", "Due from payers"
    PAYER_CREDIT = "payer-credit", "Unapplied money of payers"
    PAYER_ADJUSTMENT = "payer-adjustment", "Payers' own adjustments"
    REVENUE = "revenue", "Charges"
    CONTRACTUAL = "contractual", "Contractual write-offs"
    WRITE_OFF = "write-off", "Other write-offs"
    DISCOUNT = "discount", "Discounts"
    BAD_DEBT = "bad-debt", "Bad debt"
    OPENING = "opening", "Balances brought forward"
    OVER_SHORT = "over-short", "Cash over and short"


#: The accounts that say what a patient owes; their entries name the patient.
PATIENT_ACCOUNTS = (LedgerAccount.PATIENT_RECEIVABLE, LedgerAccount.PATIENT_CREDIT)
#: The accounts that say what a claim's payer owes; their entries name the patient, the payer and the claim.
CLAIM_ACCOUNTS = (LedgerAccount.INSURANCE_RECEIVABLE,)
#: What is owed: for a claim never less than nothing.
RECEIVABLES = (LedgerAccount.INSURANCE_RECEIVABLE, LedgerAccount.PATIENT_RECEIVABLE)
#: What takes from the charges without being paid.
ADJUSTMENT_ACCOUNTS = (
    LedgerAccount.CONTRACTUAL,
    LedgerAccount.WRITE_OFF,
    LedgerAccount.DISCOUNT,
    LedgerAccount.BAD_DEBT,
)


class TransactionKind(TextChoices):
    """Why a transaction of the ledger was written."""

    PAYMENT = "payment", "Payment"
    REVERSAL = "reversal", "Reversal"
    APPLICATION = "application", "Credit applied"
    OPENING = "opening", "Balance brought forward"
    OVER_SHORT = "over-short", "Cash over or short"
    CHARGE = "charge", "Charged"
    REMITTANCE = "remittance", "Payer's decision"
    PLACED = "placed", "Payer's decision, placed by a person"
    PROVIDER_ADJUSTMENT = "plb", "Payer's own adjustment"
    TRANSFER = "transfer", "Moved to who owes it now"
    ADJUSTMENT = "adjustment", "Written off"
    PAYER_REFUND = "payer-refund", "Given back to the payer"


class AdjustmentReason(TextChoices):
    """Why an amount isn't asked for any more; each says which account takes it."""

    CONTRACTUAL = "contractual", "Agreed with the payer"
    TIMELY_FILING = "timely-filing", "Filed too late"
    NO_AUTHORIZATION = "no-authorization", "Not authorized beforehand"
    COURTESY = "courtesy", "Courtesy"
    FINANCIAL_HARDSHIP = "hardship", "Financial hardship"
    PROMPT_PAY = "prompt-pay", "Discount for paying at once"
    SELF_PAY = "self-pay", "Discount for paying oneself"
    SMALL_BALANCE = "small-balance", "Too small to bill"
    BAD_DEBT = "bad-debt", "Given up"
    CORRECTION = "correction", "Correction of a mistake"


#: By the reason, the account that takes what isn't asked for any more.
REASON_ACCOUNTS = {
    AdjustmentReason.CONTRACTUAL: LedgerAccount.CONTRACTUAL,
    AdjustmentReason.TIMELY_FILING: LedgerAccount.WRITE_OFF,
    AdjustmentReason.NO_AUTHORIZATION: LedgerAccount.WRITE_OFF,
    AdjustmentReason.COURTESY: LedgerAccount.DISCOUNT,
    AdjustmentReason.FINANCIAL_HARDSHIP: LedgerAccount.DISCOUNT,
    AdjustmentReason.PROMPT_PAY: LedgerAccount.DISCOUNT,
    AdjustmentReason.SELF_PAY: LedgerAccount.DISCOUNT,
    AdjustmentReason.SMALL_BALANCE: LedgerAccount.WRITE_OFF,
    AdjustmentReason.BAD_DEBT: LedgerAccount.BAD_DEBT,
    AdjustmentReason.CORRECTION: LedgerAccount.WRITE_OFF,
}
#: Reasons that there are only for what a payer owes, and only for what a patient owes; the others fit both.
PAYERS_REASONS = (AdjustmentReason.CONTRACTUAL, AdjustmentReason.TIMELY_FILING, AdjustmentReason.NO_AUTHORIZATION)
PATIENTS_REASONS = (AdjustmentReason.FINANCIAL_HARDSHIP, AdjustmentReason.PROMPT_PAY, AdjustmentReason.SELF_PAY)


class Side(TextChoices):
    """Who owes a part of a claim."""

    PAYER = "payer", "The payer"
    PATIENT = "patient", "The patient"

    @property
    def account(self) -> LedgerAccount:
        """Where what they owe stands."""
        return LedgerAccount.INSURANCE_RECEIVABLE if self is Side.PAYER else LedgerAccount.PATIENT_RECEIVABLE


class FileKind(TextChoices):
    """What a received X12 file is, by its first transaction set."""

    REMITTANCE = "835", "Remittance (835)"
    ACKNOWLEDGEMENT = "999", "Acknowledgement (999)"
    CLAIM_ACKNOWLEDGEMENT = "277", "Claim acknowledgement (277CA)"
    INTERCHANGE_ACKNOWLEDGEMENT = "TA1", "Interchange acknowledgement (TA1)"
    OTHER = "other", "Something else"


class FileState(TextChoices):
    """What became of a received file."""

    NEW = "new", "To be read"
    READ = "read", "Read"
    REFUSED = "refused", "Refused"


class ReconciliationStatus(TextChoices):
    """FHIR R4 PaymentReconciliation.status: a preview is a draft, what is on the ledger is active."""

    DRAFT = "draft", "To be posted"
    ACTIVE = "active", "Posted"
    CANCELLED = "cancelled", "Set aside"
    ENTERED_IN_ERROR = "entered-in-error", "Taken back"


class ReconciliationSource(TextChoices):
    """How a payer's decision came."""

    ERA = "era", "Electronic remittance"
    MANUAL = "manual", "Entered from paper"


class ResponseState(TextChoices):
    """What became of a payer's decision on one claim."""

    WAITING = "waiting", "To be posted"
    POSTED = "posted", "Posted"
    UNMATCHED = "unmatched", "No claim found"
    REVIEW = "review", "Needs a person"
    RESOLVED = "resolved", "Settled by a person"
    VOID = "void", "Taken back"


class AcknowledgementOutcome(TextChoices):
    """What an acknowledgement says."""

    ACCEPTED = "accepted", "Accepted"
    WITH_ERRORS = "with-errors", "Accepted with errors"
    REJECTED = "rejected", "Rejected"


class InvoiceStatus(TextChoices):
    """FHIR R4 Invoice.status, as far as a statement has one."""

    ISSUED = "issued", "Sent"
    CANCELLED = "cancelled", "Void"


class PlanStatus(TextChoices):
    """Where a payment plan stands."""

    ACTIVE = "active", "Running"
    COMPLETED = "completed", "Paid"
    ENDED = "ended", "Ended"


class AppealStatus(TextChoices):
    """Where an appeal stands."""

    DRAFT = "draft", "Being written"
    SENT = "sent", "Sent"
    WON = "won", "Granted"
    LOST = "lost", "Refused"


class RuleSeverity(TextChoices):
    """What becomes of a claim that breaks a rule."""

    HOLD = "hold", "Holds the claim"
    WARNING = "warning", "Warns only"


class RuleKind(TextChoices):
    """What a clinic's own rule for claims looks at."""

    NEEDS_MODIFIER = "needs-modifier", "A service needs a modifier"
    FORBIDS_MODIFIER = "forbids-modifier", "A service takes no such modifier"
    NEEDS_AUTHORIZATION = "needs-authorization", "A service needs an authorization"
    NEEDS_DIAGNOSIS = "needs-diagnosis", "A service needs one of some diagnoses"
    NOT_TOGETHER = "not-together", "Two services aren't billed together"
    MOST_UNITS = "most-units", "A service has a most of units"
    AGE = "age", "A service is for some ages"
    NEEDS_REFERRER = "needs-referrer", "A service needs a referring practitioner"
    PLACE = "place", "A service is given at some places"
