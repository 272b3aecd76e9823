"""What an 835 says, as values: each record knows the segment that it was read from.

Source: the guide 005010X221A1. A field that comes straight from an element names it in its annotation, so that
:func:`origin` tells where any value stands in the file.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Protocol, get_type_hints

from billing.x12.segments import place


class Record(Protocol):
    """Anything read from one segment."""

    @property
    def position(self) -> int:
        """The segment's number in its file."""


def origin(record: Record, name: str) -> str:
    """Where a field's value was read: "Segment 23 (CLP), element CLP04". For fields that name their element."""
    element: str = get_type_hints(type(record), include_extras=True)[name].__metadata__[0]
    return place(record.position, element[:-2], int(element[-2:]))


@dataclass(frozen=True, slots=True)
class Reference:
    """REF: a number and what kind it is."""

    qualifier: Annotated[str, "REF01"]
    value: Annotated[str, "REF02"]
    position: int


@dataclass(frozen=True, slots=True)
class Dated:
    """DTM: a date and what it is the date of; ``day`` is None when ``text`` is no date."""

    qualifier: Annotated[str, "DTM01"]
    day: Annotated[date | None, "DTM02"]
    text: Annotated[str, "DTM02"]
    position: int


@dataclass(frozen=True, slots=True)
class Supplement:
    """AMT or QTY: an amount or a quantity that explains and takes no part in balancing."""

    qualifier: str
    value: Decimal
    position: int


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One reason of a CAS segment: why what is paid differs from what was charged.

    A positive amount lowers the payment. ``group`` is CO, PR, OA, PI (CR in 4010); ``reason`` a CARC. ``element`` is
    the number of the reason's element within CAS: the amount is the next one.
    """

    group: str
    reason: str
    amount: Decimal
    quantity: Decimal | None
    position: int
    element: int


@dataclass(frozen=True, slots=True)
class Name:
    """NM1: a person or an organisation in a claim. ``entity`` says as what: QC patient, IL insured, 74 corrected, …"""

    entity: Annotated[str, "NM101"]
    person: Annotated[bool, "NM102"]
    last: Annotated[str, "NM103"]
    first: Annotated[str, "NM104"]
    middle: Annotated[str, "NM105"]
    suffix: Annotated[str, "NM107"]
    id_qualifier: Annotated[str, "NM108"]
    identifier: Annotated[str, "NM109"]
    position: int


@dataclass(frozen=True, slots=True)
class Contact:
    """PER: whom to ask. ``numbers`` are pairs such as ("TE", "9005555555")."""

    function: Annotated[str, "PER01"]
    name: Annotated[str, "PER02"]
    numbers: tuple[tuple[str, str], ...]
    position: int


@dataclass(frozen=True, slots=True)
class Address:
    """N3 and N4; ``position`` is that of the first of them."""

    lines: tuple[str, ...]
    city: str
    state: str
    postal_code: str
    country: str
    position: int


@dataclass(frozen=True, slots=True)
class Party:
    """The payer or the payee (loops 1000A and 1000B)."""

    name: Annotated[str, "N102"]
    id_qualifier: Annotated[str, "N103"]
    identifier: Annotated[str, "N104"]
    address: Address | None
    references: tuple[Reference, ...]
    contacts: tuple[Contact, ...]
    position: int

    @property
    def npi(self) -> str:
        """The National Provider Identifier, "" when it isn't named."""
        return self.identifier if self.id_qualifier == "XX" else ""

    @property
    def tax_id(self) -> str:
        """The federal tax number, from N104 or REF*TJ; "" when it isn't named."""
        return self.identifier if self.id_qualifier == "FI" else reference(self.references, "TJ")


@dataclass(frozen=True, slots=True)
class Payment:
    """BPR: how much comes, by what means. The numbers of bank accounts are not read."""

    handling: Annotated[str, "BPR01"]
    amount: Annotated[Decimal, "BPR02"]
    flag: Annotated[str, "BPR03"]
    method: Annotated[str, "BPR04"]
    format: Annotated[str, "BPR05"]
    originator: Annotated[str, "BPR10"]
    day: Annotated[date | None, "BPR16"]
    day_text: Annotated[str, "BPR16"]
    position: int

    @property
    def signed(self) -> Decimal:
        """The amount as seen by the payee: negative when the flag says debit."""
        return -self.amount if self.flag == "D" else self.amount


@dataclass(frozen=True, slots=True)
class Trace:
    """TRN: the number of the check or transfer, and who gave it."""

    number: Annotated[str, "TRN02"]
    originator: Annotated[str, "TRN03"]
    supplement: Annotated[str, "TRN04"]
    position: int


@dataclass(frozen=True, slots=True)
class Remittance:
    """The head of an 835: who pays whom how much by what. ``position`` is that of its ST segment."""

    control_number: str
    version: str
    payment: Payment
    trace: Trace
    currency: str
    receiver: str
    produced: Dated | None
    payer: Party | None
    payee: Party | None
    position: int


@dataclass(frozen=True, slots=True)
class Procedure:
    """What a line is for: kind of code ("HC" for HCPCS and CPT), the code, up to four modifiers, a description."""

    qualifier: str
    code: str
    modifiers: tuple[str, ...]
    description: str
    position: int
    element: int


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark code: of a line (LQ; ``kind`` HE for a RARC), or of a claim (MIA, MOA)."""

    kind: str
    code: str
    position: int
    element: int


@dataclass(frozen=True, slots=True)
class RemittanceLine:
    """One service of a claim (loop 2110)."""

    procedure: Procedure
    charge: Annotated[Decimal, "SVC02"]
    paid: Annotated[Decimal, "SVC03"]
    revenue_code: Annotated[str, "SVC04"]
    units_paid: Annotated[Decimal | None, "SVC05"]
    submitted: Procedure | None
    units_original: Annotated[Decimal | None, "SVC07"]
    dates: tuple[Dated, ...]
    adjustments: tuple[Adjustment, ...]
    references: tuple[Reference, ...]
    amounts: tuple[Supplement, ...]
    quantities: tuple[Supplement, ...]
    remarks: tuple[Remark, ...]
    position: int

    @property
    def control_number(self) -> str:
        """REF*6R: the number that the claim gave this line; "" when it isn't told."""
        return reference(self.references, "6R")

    @property
    def first_day(self) -> date | None:
        """The date of service, or the first of several."""
        return dated(self.dates, "472") or dated(self.dates, "150")

    @property
    def last_day(self) -> date | None:
        """The date of service, or the last of several."""
        return dated(self.dates, "472") or dated(self.dates, "151") or self.first_day

    @property
    def allowed(self) -> Decimal | None:
        """AMT*B6: what the payer holds to be the right price."""
        return supplement(self.amounts, "B6")


@dataclass(frozen=True, slots=True)
class RemittanceClaim:
    """One claim as paid, denied or reversed (loop 2100). ``header_number`` is the LX that it stands under."""

    patient_control_number: Annotated[str, "CLP01"]
    status: Annotated[str, "CLP02"]
    charge: Annotated[Decimal, "CLP03"]
    paid: Annotated[Decimal, "CLP04"]
    patient_responsibility: Annotated[Decimal | None, "CLP05"]
    filing_indicator: Annotated[str, "CLP06"]
    payer_claim_number: Annotated[str, "CLP07"]
    facility_type: Annotated[str, "CLP08"]
    frequency: Annotated[str, "CLP09"]
    header_number: str
    adjustments: tuple[Adjustment, ...]
    names: tuple[Name, ...]
    remarks: tuple[Remark, ...]
    dates: tuple[Dated, ...]
    contacts: tuple[Contact, ...]
    amounts: tuple[Supplement, ...]
    quantities: tuple[Supplement, ...]
    references: tuple[Reference, ...]
    lines: tuple[RemittanceLine, ...]
    position: int

    @property
    def reversal(self) -> bool:
        """Takes an earlier payment back; its amounts are negative."""
        return self.status == "22"

    @property
    def denied(self) -> bool:
        """Denied as a whole. Lines may be denied in claims of any status."""
        return self.status == "4"

    @property
    def forwarded(self) -> bool:
        """The payer has sent it on to the next one: it must not be billed there again."""
        return self.status in {"19", "20", "21", "23"}

    def name(self, entity: str) -> Name | None:
        """QC patient, IL insured, 74 corrected insured, 82 rendering, TT crossover carrier, PR corrected payer."""
        return next((name for name in self.names if name.entity == entity), None)

    def reference(self, qualifier: str) -> str:
        """F8 original claim, EA medical record, 6P other insured's group, …; "" when it isn't told."""
        return reference(self.references, qualifier)

    def day(self, qualifier: str) -> date | None:
        """232 and 233 first and last day of the statement, 050 received, 036 coverage ended."""
        return dated(self.dates, qualifier)


@dataclass(frozen=True, slots=True)
class ProviderAdjustment:
    """One reason of a PLB segment: money that belongs to no claim. A positive amount lowers the payment."""

    provider: str
    fiscal_day: date | None
    reason: str
    reference: str
    amount: Decimal
    position: int
    element: int


def reference(references: tuple[Reference, ...], qualifier: str) -> str:
    """The first number of a kind, "" when there is none."""
    return next((one.value for one in references if one.qualifier == qualifier), "")


def dated(dates: tuple[Dated, ...], qualifier: str) -> date | None:
    """The first date of a kind."""
    return next((one.day for one in dates if one.qualifier == qualifier), None)


def supplement(supplements: tuple[Supplement, ...], qualifier: str) -> Decimal | None:
    """The first amount or quantity of a kind."""
    return next((one.value for one in supplements if one.qualifier == qualifier), None)
