"""A payer at the other end of the line: writes the files that answer a clinic's claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from billing.models import Claim
from tests.billing.x12.builder import Parts, adjustment_segments, envelope, message, money

#: A group, a reason and cents that the payer doesn't pay.
Reason = tuple[str, str, int]


@dataclass
class Decision:
    """What a payer decides about a claim of one line; ``status`` is CLP02, 22 a decision that is taken back."""

    claim: Claim
    reasons: Sequence[Reason] = ()
    status: str = "1"

    @property
    def sign(self) -> int:
        """A decision that is taken back tells its amounts negative."""
        return -1 if self.status == "22" else 1

    @property
    def charge(self) -> int:
        """Cents that were claimed."""
        return self.sign * int(self.claim.total * 100)

    @property
    def paid(self) -> int:
        """Cents that the reasons leave."""
        return self.charge - self.sign * sum(cents for _, _, cents in self.reasons)

    def segments(self) -> list[Parts]:
        """CLP and all that belongs to it."""
        (item,) = self.claim.items.all()
        patient, day = self.claim.patient, f"{item.serviced_start:%Y%m%d}"
        member = self.claim.coverage.subscriber_id if self.claim.coverage else ""
        said = [(group, reason, self.sign * cents) for group, reason, cents in self.reasons]
        return [
            (
                *("CLP", self.claim.number, self.status, money(self.charge), money(self.paid), "", "12"),
                f"ICN{self.claim.number}",
            ),
            ("NM1", "QC", "1", patient.family_name.upper(), patient.given_name.upper(), "", "", "", "MI", member),
            ("SVC", ("HC", item.product_or_service), money(self.charge), money(self.paid), "", "1"),
            ("DTM", "472", day),
            *adjustment_segments(said),
            ("REF", "6R", item.control_number),
        ]


def remittance(folder: Path, *, trace: str, payer: str, decisions: Sequence[Decision]) -> Path:
    """An 835 that pays what the decisions leave, as a file to be taken in."""
    paid = sum(one.paid for one in decisions)
    inner: list[Parts] = [
        ("BPR", "I", money(paid), "C", "CHK", *[""] * 11, f"{date.today():%Y%m%d}"),
        ("TRN", "1", trace, "1512345678"),
        ("DTM", "405", f"{date.today():%Y%m%d}"),
        ("N1", "PR", payer, "XV", "12345"),
        ("N3", "9 Payer Street"),
        ("N4", "Springfield", "IL", "62701"),
        ("PER", "BL", "Jane Roe", "TE", "2175550100"),
        ("N1", "PE", "Our Clinic", "XX", "1234567893"),
        ("REF", "TJ", "141234567"),
        ("LX", "1"),
        *(segment for one in decisions for segment in one.segments()),
    ]
    return _file(folder / f"{trace}.835", envelope("HP", "005010X221A1", message("835", inner)))


def acknowledgement(folder: Path, *, accepted: Sequence[Claim], refused: Sequence[Claim]) -> Path:
    """A 277CA that takes some claims in and turns others back: the member isn't known."""
    inner: list[Parts] = [
        ("BHT", "0085", "08", "277X1", "20260302", "0930", "TH"),
        ("HL", "1", "", "20", "1"),
        ("NM1", "PR", "2", "Blue Prairie Health", "", "", "", "", "PI", "12345"),
        ("HL", "2", "1", "21", "1"),
        ("NM1", "41", "2", "Our Clinic", "", "", "", "", "46", "S1"),
        ("HL", "3", "2", "19", "1"),
        ("NM1", "85", "2", "Our Clinic", "", "", "", "", "XX", "1234567893"),
    ]
    answers = [(claim, "A2", "WQ") for claim in accepted] + [(claim, "A7", "U") for claim in refused]
    for level, (claim, status, action) in enumerate(answers, 4):
        inner += [
            ("HL", str(level), "3", "PT"),
            ("NM1", "QC", "1", claim.patient.family_name, claim.patient.given_name, "", "", "", "MI", "M1"),
            ("TRN", "2", claim.number),
            ("STC", (status, "33", "IL"), "20260302", action, "50"),
        ]
    return _file(folder / "claims.277", envelope("HN", "005010X214", message("277", inner)))


def _file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
