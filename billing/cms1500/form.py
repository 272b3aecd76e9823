"""The content of one paper claim, box by box, as typed values.

A claim freezes this when it is submitted, so it is plain data: it refers to no row, and prints the same in ten years.
Box numbers stand beside the fields. Absent text is ""; absent values are None. Nothing is checked here:
:func:`billing.cms1500.edits.missing` does.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from billing.cms1500 import canonical
from billing.cms1500.electronic import AuthorizationKind, Drug, OtherPayer, Rendering, Responsibility
from billing.cms1500.people import Address, Gender, Person, PersonName, Relationship

SCHEMA = "claim/2"
#: What claims were frozen as before they were also sent electronically. Such a one reads as a claim that says nothing
#: of what came later.
FIRST_SCHEMA = "cms1500-0212/1"

__all__ = [
    "Address",
    "AuthorizationKind",
    "CoverageKind",
    "Form1500",
    "Frequency",
    "Gender",
    "IcdVersion",
    "Identifier",
    "OtherInsured",
    "Payer",
    "Period",
    "Person",
    "PersonName",
    "Provider",
    "QualifiedDate",
    "ReferringProvider",
    "ReferringRole",
    "Relationship",
    "Responsibility",
    "Resubmission",
    "ServiceLine",
    "Signature",
    "TaxIdKind",
]


class CoverageKind(StrEnum):
    """Box 1: the kind of coverage the claim is sent to."""

    MEDICARE = "medicare"
    MEDICAID = "medicaid"
    TRICARE = "tricare"
    CHAMPVA = "champva"
    GROUP = "group"
    FECA = "feca"
    OTHER = "other"


class ReferringRole(StrEnum):
    """Box 17's qualifier."""

    REFERRING = "DN"
    ORDERING = "DK"
    SUPERVISING = "DQ"


class TaxIdKind(StrEnum):
    """Box 25: whose number the tax id is."""

    SSN = "ssn"
    EIN = "ein"


class IcdVersion(StrEnum):
    """Box 21's indicator."""

    ICD10 = "0"
    ICD9 = "9"


class Frequency(StrEnum):
    """Box 22's code for a claim that takes an earlier one's place."""

    REPLACEMENT = "7"
    VOID = "8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A number with the two-character qualifier that says whose it is (0B, 1G, G2, ZZ, Y4, …)."""

    qualifier: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """The block at the upper right: whom the claim is mailed to. ``payer_id`` and ``filing_code`` (SBR09) are its
    names in electronic claims."""

    name: str = ""
    attention: str = ""
    address: Address = field(default_factory=Address)
    payer_id: str = ""
    filing_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherInsured:
    """The second plan: name (9), policy or group number (9a), plan name (9d)."""

    name: PersonName = field(default_factory=PersonName)
    policy: str = ""
    plan_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What stands for a signature (12, 13, 31), usually SIGNATURE ON FILE or a practitioner's name, and its date."""

    text: str = ""
    signed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualifiedDate:
    """A date with the three-digit qualifier that says what happened (14: 431 onset, 484 last period; 15: 454 …)."""

    qualifier: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From and to, whole days (16, 18); ``end`` may be open."""

    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferringProvider:
    """Boxes 17, 17a, 17b."""

    role: ReferringRole
    name: PersonName = field(default_factory=PersonName)
    other_id: Identifier | None = None
    npi: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resubmission:
    """Box 22: replacement or void of an earlier claim, and the payer's number of that one."""

    frequency: Frequency
    original_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The clinic that bills (33) or the place of the service (32)."""

    name: str = ""
    address: Address = field(default_factory=Address)
    phone: str = ""
    npi: str = ""
    other_id: Identifier | None = None
    taxonomy: str = ""  # PRV*BI of loop 2000A


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLine:
    """One line of box 24. ``pointers`` are letters of box 21 (AB); ``supplemental`` is the shaded half.

    ``control_number`` (REF*6R) comes back with the payer's decision and says which line it is about.
    """

    service_from: date | None = None
    service_to: date | None = None
    place_of_service: str = ""
    emergency: bool = False
    code: str = ""
    modifiers: tuple[str, ...] = ()
    pointers: str = ""
    charge: Decimal = Decimal(0)
    units: Decimal = Decimal(1)
    epsdt: str = ""
    rendering_id: Identifier | None = None
    rendering_npi: str = ""
    supplemental: str = ""
    control_number: str = ""
    rendering: Rendering | None = None  # 2420A; the practitioner behind rendering_npi
    drug: Drug | None = None  # 2410


@dataclass(frozen=True, slots=True, kw_only=True)
class Form1500:
    """One claim, box by box; with what the 837P says beyond the paper. Boxes 8, 9b, 9c and 30 are reserved."""

    payer: Payer = field(default_factory=Payer)
    coverage_kind: CoverageKind | None = None  # 1
    insured_id: str = ""  # 1a
    patient: Person = field(default_factory=Person)  # 2, 3, 5
    insured: Person | None = None  # 4, 7, 11a; None when the patient is the insured
    relationship: Relationship | None = None  # 6
    other_insured: OtherInsured | None = None  # 9, 9a, 9d
    employment: bool = False  # 10a
    auto_accident: bool = False  # 10b
    auto_accident_state: str = ""  # 10b
    other_accident: bool = False  # 10c
    claim_codes: tuple[str, ...] = ()  # 10d
    policy_group: str = ""  # 11
    other_claim_id: Identifier | None = None  # 11b
    plan_name: str = ""  # 11c
    another_plan: bool | None = None  # 11d; None leaves both boxes empty, as Medicare wants
    patient_signature: Signature | None = None  # 12
    insured_signature: Signature | None = None  # 13; only when benefits are assigned
    illness: QualifiedDate | None = None  # 14
    other_date: QualifiedDate | None = None  # 15
    unable_to_work: Period | None = None  # 16
    referring_provider: ReferringProvider | None = None  # 17, 17a, 17b
    hospitalization: Period | None = None  # 18
    additional_information: str = ""  # 19
    outside_lab: bool | None = None  # 20
    outside_lab_charge: Decimal | None = None  # 20
    icd_version: IcdVersion = IcdVersion.ICD10  # 21
    diagnoses: tuple[str, ...] = ()  # 21, A to L
    resubmission: Resubmission | None = None  # 22
    prior_authorization: str = ""  # 23
    service_lines: tuple[ServiceLine, ...] = ()  # 24; any number, six to a page
    tax_id: str = ""  # 25
    tax_id_kind: TaxIdKind | None = None  # 25
    account_number: str = ""  # 26
    accept_assignment: bool | None = None  # 27
    total_charge: Decimal = Decimal(0)  # 28; of the whole claim, printed page by page
    amount_paid: Decimal | None = None  # 29
    provider_signature: Signature | None = None  # 31
    service_facility: Provider | None = None  # 32
    billing_provider: Provider = field(default_factory=Provider)  # 33
    responsibility: Responsibility = Responsibility.PRIMARY  # SBR01
    rendering: Rendering | None = None  # 2310B
    authorization_kind: AuthorizationKind = AuthorizationKind.PRIOR_AUTHORIZATION  # what box 23's number is
    patient_paid: Decimal | None = None  # AMT*F5; box 29 adds what other payers paid
    information_release: bool = True  # CLM09: the patient agreed to the release
    other_payers: tuple[OtherPayer, ...] = ()  # 2320

    def to_json(self) -> str:
        """The one spelling of this content: sorted keys, dates and decimals as strings, equal forms give equal text."""
        return canonical.dump(self, SCHEMA)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The form that :meth:`to_json` wrote. Raises canonical.FormatError for any other text."""
        return cls.from_data(canonical.parse(text))

    def to_data(self) -> dict[str, Any]:
        """The same as objects, for a JSON column."""
        return canonical.to_data(self, SCHEMA)

    @classmethod
    def from_data(cls, data: object) -> Self:
        """The form that :meth:`to_data` gave, whatever order its keys have now, or that an older clinic kept.

        Raises canonical.FormatError.
        """
        if isinstance(data, dict) and data.get("schema") == FIRST_SCHEMA:
            return canonical.from_data(cls, data, FIRST_SCHEMA, absent=_NOT_SAID_AT_FIRST)
        return canonical.from_data(cls, data, SCHEMA)


#: By the kind of part, what the first schema had no word for.
_NOT_SAID_AT_FIRST: dict[type, frozenset[str]] = {
    Payer: frozenset({"payer_id", "filing_code"}),
    Provider: frozenset({"taxonomy"}),
    ServiceLine: frozenset({"control_number", "rendering", "drug"}),
    Form1500: frozenset(
        {
            "responsibility",
            "rendering",
            "authorization_kind",
            "patient_paid",
            "information_release",
            "other_payers",
        }
    ),
}
