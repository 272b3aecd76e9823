"""Makes remittances for tests: balanced by construction, then disturbed as a test likes. Money in cents."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from billing.x12.segments import Delimiters, write, write_isa

Adjustments = list[tuple[str, str, int]]
Parts = tuple[str | Sequence[str], ...]
ISA = ("00", "", "00", "", "ZZ", "PAYER", "ZZ", "CLINIC", "260302", "0930", "00501", "000000017", "0", "P")


@dataclass
class Line:
    """A service line; ``paid`` is what charge and adjustments leave."""

    charge: int
    adjustments: Adjustments = field(default_factory=list)
    code: str = "99213"
    modifiers: tuple[str, ...] = ()
    control_number: str = "1"

    def __post_init__(self) -> None:
        self.paid = self.charge - total(self.adjustments)


@dataclass
class Claim:
    """A claim; ``charge`` and ``paid`` follow from its lines and its own adjustments."""

    number: str
    lines: list[Line]
    adjustments: Adjustments = field(default_factory=list)
    status: str = "1"
    payers_number: str = ""

    def __post_init__(self) -> None:
        self.charge = sum(line.charge for line in self.lines)
        self.paid = sum(line.paid for line in self.lines) - total(self.adjustments)


@dataclass
class Payment:
    """An 835; ``paid`` is what claims and provider adjustments (PLB) give."""

    claims: list[Claim]
    provider: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paid = sum(claim.paid for claim in self.claims) - sum(cents for _, cents in self.provider)


def total(adjustments: Adjustments) -> int:
    """The sum of adjustments."""
    return sum(cents for _, _, cents in adjustments)


def money(cents: int) -> str:
    """Cents as X12 writes dollars."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{cents // 100}.{cents % 100:02}"


def remittance(payment: Payment, *, delimiters: Delimiters | None = None, newline: str = "") -> bytes:
    """The whole file of one 835."""
    return envelope("HP", "005010X221A1", message("835", segments_of(payment)), delimiters=delimiters, newline=newline)


def segments_of(payment: Payment) -> list[Parts]:
    """What stands between ST and SE."""
    return [
        ("BPR", "I", money(abs(payment.paid)), "D" if payment.paid < 0 else "C", "CHK", *[""] * 11, "20260301"),
        ("TRN", "1", "CHECK77", "1512345678"),
        ("DTM", "405", "20260301"),
        ("N1", "PR", "Good Health Plan", "XV", "12345"),
        ("N3", "1 Main St"),
        ("N4", "Albany", "NY", "12205"),
        ("PER", "BL", "Jane Roe", "TE", "5185550100"),
        ("N1", "PE", "Our Clinic", "XX", "1234567893"),
        ("REF", "TJ", "141234567"),
        ("LX", "1"),
        *(segment for claim in payment.claims for segment in claim_segments(claim)),
        *(("PLB", "1234567893", "20261231", (reason, "NOTE"), money(cents)) for reason, cents in payment.provider),
    ]


def claim_segments(claim: Claim) -> Iterable[Parts]:
    """A CLP with all that belongs to it."""
    number = claim.payers_number or f"ICN{claim.number}"
    yield ("CLP", claim.number, claim.status, money(claim.charge), money(claim.paid), "", "12", number)
    yield from adjustment_segments(claim.adjustments)
    yield ("NM1", "QC", "1", "Doe", "Ann", "", "", "", "MI", "MEMBER1")
    for line in claim.lines:
        yield ("SVC", ("HC", line.code, *line.modifiers), money(line.charge), money(line.paid), "", "1")
        yield ("DTM", "472", "20260211")
        yield from adjustment_segments(line.adjustments)
        yield ("REF", "6R", line.control_number)


def adjustment_segments(adjustments: Adjustments) -> Iterable[Parts]:
    """One CAS for each group, in the order of the first of each."""
    for group in dict.fromkeys(group for group, _, _ in adjustments):
        of_group = [(reason, money(cents), "") for name, reason, cents in adjustments if name == group]
        yield ("CAS", group, *(element for reason in of_group for element in reason))


def message(set_id: str, inner: list[Parts], control_number: str = "0001") -> list[Parts]:
    """ST … SE with the right count."""
    return [("ST", set_id, control_number), *inner, ("SE", str(len(inner) + 2), control_number)]


def envelope(
    functional_id: str, version: str, *messages: list[Parts], delimiters: Delimiters | None = None, newline: str = ""
) -> bytes:
    """An interchange of one functional group."""
    inner = [segment for message_ in messages for segment in message_]
    group = ("GS", functional_id, "PAYER", "CLINIC", "20260302", "0930", "5", "X", version)
    return interchange([group, *inner, ("GE", str(len(messages)), "5")], 1, delimiters=delimiters, newline=newline)


def interchange(inner: list[Parts], groups: int, *, delimiters: Delimiters | None = None, newline: str = "") -> bytes:
    """ISA … IEA."""
    written = (write(*segment, delimiters=delimiters) for segment in [*inner, ("IEA", str(groups), ISA[11])])
    return newline.join([write_isa(*ISA, delimiters=delimiters), *written]).encode()


def file(data: bytes) -> io.BytesIO:
    """Bytes as the file that readers take."""
    return io.BytesIO(data)
