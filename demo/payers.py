"""What payers and clearinghouses would send back, as X12: remittances (835) and acknowledgements (999, 277CA).

Balanced by construction: what a line is paid is what its adjustments leave of the charge. Money in cents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from billing.models import Claim
from billing.queries.ledger import to_cents
from billing.x12.segments import write, write_isa

REVERSAL = "22"
_DENIED = "4"
_ZERO = "00"
_Elements = tuple[str | Sequence[str], ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Group, reason (CARC) and cents that are not paid for it."""

    group: str
    code: str
    cents: int


@dataclass(frozen=True, slots=True)
class SaidLine:
    """What is said of a service line; ``remarks`` are RARC."""

    control_number: str
    code: str
    modifiers: tuple[str, ...]
    day: date
    charge: int
    reasons: tuple[Reason, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def paid(self) -> int:
        """What the reasons leave of the charge."""
        return self.charge - sum(reason.cents for reason in self.reasons)

    def back(self) -> SaidLine:
        """The same, taken back."""
        reasons = tuple(replace(reason, cents=-reason.cents) for reason in self.reasons)
        return replace(self, charge=-self.charge, reasons=reasons)


@dataclass(frozen=True, slots=True)
class Said:
    """A decision on a claim; ``payers_number`` is the payer's own number of it."""

    number: str
    family_name: str
    given_name: str
    payers_number: str
    lines: tuple[SaidLine, ...]
    status: str = "1"

    @property
    def paid(self) -> int:
        """The sum of the lines."""
        return sum(line.paid for line in self.lines)

    @property
    def charge(self) -> int:
        """The sum of the lines."""
        return sum(line.charge for line in self.lines)

    @property
    def patients(self) -> int:
        """The patient's part."""
        return sum(one.cents for line in self.lines for one in line.reasons if one.group == "PR")

    def back(self) -> Said:
        """The same, taken back."""
        return replace(self, lines=tuple(line.back() for line in self.lines), status=REVERSAL)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who pays: the name, the electronic id of N104, and the number of TRN03."""

    name: str
    identifier: str
    originator: str


@dataclass(frozen=True, slots=True)
class Paid:
    """What is said of the payment: trace number, day, and the payer's own adjustments (code, reference, cents)."""

    trace: str
    day: date
    adjustments: tuple[tuple[str, str, int], ...] = ()


def asked(claim: Claim) -> Said:
    """A claim as it would come back wholly paid."""
    lines = tuple(
        SaidLine(
            control_number=f"{claim.number}L{item.sequence}",
            code=item.product_or_service,
            modifiers=tuple(item.modifiers),
            day=item.serviced_start,
            charge=to_cents(item.net),
        )
        for item in claim.items.all()
    )
    return Said(claim.number, claim.patient.family_name, claim.patient.given_name, f"ICN{claim.number}", lines)


def denied(said: Said, group: str, code: str, *remarks: str) -> Said:
    """A decision that refuses all of it for one reason."""
    lines = (replace(line, reasons=(Reason(group, code, line.charge),), remarks=remarks) for line in said.lines)
    return replace(said, lines=tuple(lines), status=_DENIED)


def remittance(sender: Sender, said: Sequence[Said], paid: Paid, number: int) -> Iterator[str]:
    """The segments of an 835 under an interchange's number."""
    amount = sum(one.paid for one in said) - sum(cents for _, _, cents in paid.adjustments)
    day = f"{paid.day:%Y%m%d}"
    body: list[_Elements] = [
        ("BPR", "I" if amount else "H", _money(amount), "C", "ACH" if amount else "NON", *[""] * 11, day),
        ("TRN", "1", paid.trace, sender.originator),
        ("DTM", "405", day),
        ("N1", "PR", sender.name, "XV", sender.identifier),
        ("N3", "PO Box 1"),
        ("N4", "Springfield", "IL", "62701"),
        ("PER", "BL", "Provider services", "TE", "8005550199"),
        ("N1", "PE", "RIVERSIDE CLINIC", "XX", "2000001000"),
        ("REF", "TJ", "001234567"),
        ("LX", "1"),
    ]
    plb: list[_Elements] = [
        ("PLB", "2000001000", f"{paid.day:%Y}1231", (code, reference), _money(cents))
        for code, reference, cents in paid.adjustments
    ]
    segments = (segment for part in (body, _decisions(said), plb) for segment in part)
    return _file(sender.identifier, "HP", "005010X221A1", ("ST", "835", "0001"), segments, paid.day, number)


def accepted_syntax(sender: str, batch: int, day: date, number: int) -> Iterator[str]:
    """The segments of a 999 that takes a batch, by its control number."""
    body: list[_Elements] = [
        ("AK1", "HC", str(batch), "005010X222A1"),
        ("AK2", "837", "0001", "005010X222A1"),
        ("IK5", "A"),
        ("AK9", "A", "1", "1", "1"),
    ]
    return _file(sender, "FA", "005010X231A1", ("ST", "999", "0001", "005010X231A1"), body, day, number)


def claim_statuses(
    sender: str, claims: Iterable[Claim], refused: Iterable[Claim], day: date, number: int
) -> Iterator[str]:
    """The segments of a 277CA that takes claims under the payer's numbers, and refuses some."""
    no = {claim.pk for claim in refused}
    body: list[_Elements] = [
        ("BHT", "0085", "08", f"{number}", f"{day:%Y%m%d}", "0930", "TH"),
        ("HL", "1", "", "20", "1"),
        ("NM1", "PR", "2", "CLEARINGHOUSE", "", "", "", "", "PI", sender),
        ("HL", "2", "1", "21", "1"),
        ("NM1", "41", "2", "RIVERSIDE CLINIC", "", "", "", "", "46", "RIVERSIDE1"),
        ("HL", "3", "2", "19", "1"),
        ("NM1", "85", "2", "RIVERSIDE CLINIC", "", "", "", "", "XX", "2000001000"),
    ]
    for level, claim in enumerate(claims, 4):
        status = (("A7", "562", "85"), "U") if claim.pk in no else (("A2", "20", "PR"), "WQ")
        said = "The billing provider's taxonomy isn't on file with the payer" if claim.pk in no else ""
        body += [
            ("HL", str(level), "3", "PT"),
            ("NM1", "QC", "1", claim.patient.family_name, claim.patient.given_name),
            ("TRN", "2", claim.number),
            ("STC", status[0], f"{day:%Y%m%d}", status[1], f"{claim.total:.2f}", *[""] * 7, said),
            *([] if claim.pk in no else [("REF", "1K", f"ICN{claim.number}")]),
        ]
    return _file(sender, "HN", "005010X214", ("ST", "277", "0001", "005010X214"), body, day, number)


def _decisions(said: Iterable[Said]) -> Iterator[_Elements]:
    for one in said:
        patient = _money(one.patients) if one.patients else ""
        yield ("CLP", one.number, one.status, _money(one.charge), _money(one.paid), patient, "12", one.payers_number)
        yield ("NM1", "QC", "1", one.family_name, one.given_name)
        for line in one.lines:
            yield ("SVC", ("HC", line.code, *line.modifiers), _money(line.charge), _money(line.paid), "", "1")
            yield ("DTM", "472", f"{line.day:%Y%m%d}")
            for reason in line.reasons:
                yield ("CAS", reason.group, reason.code, _money(reason.cents))
            yield ("REF", "6R", line.control_number)
            for remark in line.remarks:
                yield ("LQ", "HE", remark)


def _file(
    sender: str, group: str, version: str, start: _Elements, body: Iterable[_Elements], day: date, number: int
) -> Iterator[str]:
    """A message in its envelopes."""
    control = f"{number:09}"
    yield write_isa(
        *(_ZERO, "", _ZERO, "", "ZZ", sender, "ZZ", "RIVERSIDE1", f"{day:%y%m%d}", "0930", "00501", control, "0", "P")
    )
    yield write("GS", group, sender, "RIVERSIDE1", f"{day:%Y%m%d}", "0930", str(number), "X", version)
    count = 2
    yield write(*start)  # type: ignore[arg-type]
    for segment in body:
        yield write(*segment)  # type: ignore[arg-type]
        count += 1
    yield write("SE", str(count), "0001")
    yield write("GE", "1", str(number))
    yield write("IEA", "1", control)


def _money(cents: int) -> str:
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{cents // 100}.{cents % 100:02}"
