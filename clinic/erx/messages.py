"""What a clinic and a pharmacy say to each other about a prescription, after the transactions of NCPDP SCRIPT 2017071.

Each message names its own id and the one it answers. Amounts are exact decimals, their unit in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Answer(StrEnum):
    """How a request is answered."""

    APPROVED = "approved"
    APPROVED_WITH_CHANGES = "approved-with-changes"
    DENIED = "denied"


class ChangeKind(StrEnum):
    """What a pharmacy asks to change."""

    GENERIC = "generic-substitution"
    THERAPEUTIC = "therapeutic-interchange"
    PRIOR_AUTHORIZATION = "prior-authorization"
    OUT_OF_STOCK = "out-of-stock"
    CLARIFICATION = "clarification"


@dataclass(frozen=True, slots=True)
class Header:
    """Who says it to whom. ``sender`` and ``receiver`` are a prescriber's NPI or a pharmacy's NCPDP id."""

    message_id: str
    sender: str
    receiver: str
    sent_at: datetime
    relates_to: str = ""
    prescriber_order_number: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address in the United States."""

    line1: str
    city: str
    state: str
    postal_code: str
    line2: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """The patient. ``sex`` is F, M or U."""

    family_name: str
    given_name: str
    birth_date: date
    sex: str
    address: Address | None = None
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Prescriber:
    """Who prescribes. ``dea_number`` only where the drug asks for it."""

    family_name: str
    given_name: str
    npi: str
    address: Address
    phone: str = ""
    dea_number: str = ""
    credentials: str = ""


@dataclass(frozen=True, slots=True)
class PharmacyParty:
    """The pharmacy, by its NCPDP id."""

    ncpdp_id: str
    name: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Drug:
    """What is prescribed. ``rxnorm`` is empty for a drug in words; ``refills`` are beside the first fill."""

    description: str
    sig: str
    quantity: Decimal
    quantity_unit: str
    written_on: date
    rxnorm: str = ""
    days_supply: int | None = None
    refills: int = 0
    substitution_allowed: bool = True
    schedule: str = ""
    indication: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewRx:
    """Prescriber to pharmacy: fill this."""

    header: Header
    patient: Person
    prescriber: Prescriber
    pharmacy: PharmacyParty
    drug: Drug


@dataclass(frozen=True, slots=True)
class CancelRx:
    """Prescriber to pharmacy: don't fill it any more."""

    header: Header
    patient: Person
    prescriber: Prescriber
    pharmacy: PharmacyParty
    drug: Drug
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CancelRxResponse:
    """Pharmacy to prescriber: it was cancelled, or could not be."""

    header: Header
    answer: Answer
    note: str = ""


@dataclass(frozen=True, slots=True)
class RxRenewalRequest:
    """Pharmacy to prescriber: may the patient have more of this? ``drug`` as it was dispensed last."""

    header: Header
    patient: Person
    pharmacy: PharmacyParty
    drug: Drug
    last_filled_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RxRenewalResponse:
    """Prescriber to pharmacy: yes, yes but so, or no. An approval carries the drug as it is prescribed now."""

    header: Header
    answer: Answer
    drug: Drug | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RxChangeRequest:
    """Pharmacy to prescriber: another drug, or a word, before it can be filled."""

    header: Header
    patient: Person
    pharmacy: PharmacyParty
    drug: Drug
    kind: ChangeKind
    offered: tuple[Drug, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """The other side has it; nothing is said about what comes of it."""

    header: Header
    words: str = ""


@dataclass(frozen=True, slots=True)
class Error:
    """The other side can't take it."""

    header: Header
    code: str
    words: str


Request = NewRx | CancelRx | RxRenewalResponse
Reply = Status | Error | CancelRxResponse
Incoming = RxRenewalRequest | RxChangeRequest | CancelRxResponse
