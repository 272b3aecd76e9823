"""What only the electronic claim says (837P 005010X222A1): rendering practitioner, drug, and what other payers did.

Parts of :class:`billing.cms1500.form.Form1500`, so that paper and 837P are two drawings of one claim. Loops and
segments stand beside the fields.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.cms1500.people import Person, PersonName, Relationship


class Responsibility(StrEnum):
    """SBR01: which of the patient's payers this one is."""

    PRIMARY = "P"
    SECONDARY = "S"
    TERTIARY = "T"


class AuthorizationKind(StrEnum):
    """The qualifier in REF of loop 2300 for box 23's number."""

    PRIOR_AUTHORIZATION = "G1"
    REFERRAL = "9F"
    CLIA = "X4"
    MAMMOGRAPHY = "EW"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """Who gave the service: NM1*82 and PRV*PE (2310B, 2420A). Box 24J prints the NPI."""

    name: PersonName = field(default_factory=PersonName)
    npi: str = ""
    taxonomy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """LIN and CTP of loop 2410: the drug code of eleven digits, how much, and in which unit (UN, ML, GR, F2, ME)."""

    ndc: str
    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """One triple of CAS: group (CO, PR, OA, PI, CR), reason (CARC), amount; positive means that less was paid."""

    group: str
    reason: str
    amount: Decimal
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAdjudication:
    """What another payer did with one service line (loop 2430: SVD, CAS, DTP*573).

    ``line`` counts the claim's service lines from 1.
    """

    line: int
    paid: Decimal
    code: str
    modifiers: tuple[str, ...] = ()
    units: Decimal = Decimal(1)
    adjustments: tuple[Adjustment, ...] = ()
    adjudicated_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPayer:
    """Another policy of the patient (loop 2320), its insured (2330A) and payer (2330B), and what it paid if it has.

    ``insured`` is None when the patient is the insured. ``paid`` is None while that payer hasn't decided; then there
    are no adjustments either. ``claim_control_number`` is the payer's own number of the claim (REF*F8).
    """

    responsibility: Responsibility
    name: str = ""
    payer_id: str = ""
    filing_code: str = ""
    insured: Person | None = None
    relationship: Relationship | None = None
    insured_id: str = ""
    policy_group: str = ""
    plan_name: str = ""
    benefits_assigned: bool = True
    claim_control_number: str = ""
    adjudicated_on: date | None = None
    paid: Decimal | None = None
    adjustments: tuple[Adjustment, ...] = ()
    remarks: tuple[str, ...] = ()
    lines: tuple[LineAdjudication, ...] = ()
