"""Whatever is done to a file, reading ends with an X12Error, or tells it, or every amount is as it was."""

import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billing.x12.acknowledgements import group_response, interchange_response
from billing.x12.balance import Finding, Gate
from billing.x12.claim_acknowledgements import status_reports
from billing.x12.envelope import Kind, read
from billing.x12.notes import Note, Notes
from billing.x12.remittance import RemittanceReading, read_remittances
from billing.x12.segments import X12Error, write, write_isa
from tests.billing.x12 import builder
from tests.billing.x12.builder import Claim, Line, Parts, Payment, envelope, file, message, remittance
from tests.billing.x12.test_acknowledgements import INNER
from tests.billing.x12.test_claim_acknowledgements import HEAD, REFUSED, TAKEN

pytestmark = pytest.mark.feature("H11")
PAYMENT = Payment(
    [
        Claim(
            "A1",
            [Line(10_000, [("CO", "45", 2_050), ("PR", "1", 500)], modifiers=("25",)), Line(995)],
            [("OA", "23", 100)],
        ),
        Claim("A1", [Line(-4_000, [("CO", "45", -100)])], status="22"),
    ],
    [("WO", 1_234), ("L6", -50)],
)
FILES = {
    "remittance": remittance(PAYMENT),
    "999": envelope("FA", "005010X231A1", message("999", INNER)),
    "277CA": envelope("HN", "005010X214", message("277", [*HEAD, *TAKEN, *REFUSED])),
    "TA1": builder.interchange([("TA1", "000000905", "260301", "1200", "A", "000")], 0),
}


def consume(data: bytes) -> tuple[list[object], Notes, list[Finding]]:
    """Read everything with whatever fits: what counts (amounts, verdicts), notes, findings."""
    notes, told, findings = Notes(), list[object](), list[Finding]()
    for one in read(file(data), notes=notes):
        match one.kind:
            case Kind.REMITTANCE:
                reading = RemittanceReading(one)
                gate = Gate(reading.remittance)
                for claim in reading.claims():
                    gate.add(claim)
                    told += [claim.charge, claim.paid, *(line.paid for line in claim.lines)]
                findings += gate.close(reading.provider_adjustments)
                told.append(reading.remittance.payment.signed)
            case Kind.SYNTAX_RESPONSE:
                told += [(message_.control_number, message_.outcome) for message_ in group_response(one).messages]
            case Kind.CLAIM_STATUS:
                told += [(report.level, report.trace, report.verdict) for report in status_reports(one)]
            case Kind.INTERCHANGE_RESPONSE:
                told.append(interchange_response(one).outcome)
    return told, notes, findings


KINDS = st.sampled_from(sorted(FILES))


@given(KINDS, st.floats(0, 1, exclude_max=True))
def test_every_truncation_is_told(kind: str, share: float) -> None:
    whole = FILES[kind]
    try:
        _, notes, _ = consume(whole[: int((len(whole) - 1) * share)])
    except X12Error:
        return
    assert notes.serious


@given(KINDS, st.floats(0, 1, exclude_max=True), st.integers(0, 255))
@example("remittance", 0.0, 0)
def test_a_changed_byte_never_breaks_the_reader(kind: str, share: float, byte: int) -> None:
    data = bytearray(FILES[kind])
    data[int(len(data) * share)] = byte
    try:
        consume(bytes(data))
    except X12Error as error:
        assert error.reason.endswith(".")  # noqa: PT017  both ends are right


@given(KINDS, st.data(), st.sampled_from(b"*:~^>|x5 \n"))
def test_a_changed_separator_is_told_or_changes_nothing_that_counts(kind: str, data: st.DataObject, byte: int) -> None:
    whole = FILES[kind]
    position = data.draw(st.sampled_from([at for at, one in enumerate(whole) if one in b"*:~" and at > 105]))
    changed = bytearray(whole)
    changed[position] = byte
    try:
        told, notes, findings = consume(bytes(changed))
    except X12Error:
        return
    assert notes.kept or findings or told == consume(whole)[0]


@given(KINDS.filter(lambda kind: kind != "TA1"), st.data())
def test_dropped_doubled_and_swapped_segments_are_told(kind: str, data: st.DataObject) -> None:
    segments = FILES[kind].split(b"~")[:-1]
    at = data.draw(st.integers(0, len(segments) - 2))
    match data.draw(st.sampled_from(["drop", "double", "swap"])):
        case "drop":
            changed = segments[:at] + segments[at + 1 :]
        case "double":
            changed = [*segments[:at], segments[at], *segments[at:]]
        case _:
            changed = [*segments[:at], segments[at + 1], segments[at], *segments[at + 2 :]]
    try:
        told, notes, findings = consume(b"~".join([*changed, b""]))
    except X12Error:
        return
    whole = consume(FILES[kind])[0]
    assert notes.kept or findings or sorted(map(str, told)) == sorted(map(str, whole))


@given(st.binary(max_size=400))
def test_noise_after_a_right_header_never_breaks_the_reader(noise: bytes) -> None:
    with pytest.raises(X12Error):
        consume(write_isa(*builder.ISA).encode() + noise)


class Stream(io.RawIOBase):
    """A remittance of any number of claims that is made while it is read."""

    def __init__(self, claims: int) -> None:
        self._parts = self._made(claims)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (part := next(self._parts, None)) is not None:
            self._rest += part
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

    def _made(self, claims: int) -> Iterator[bytes]:
        claim = Claim(
            "ACCT", [Line(10_000, [("CO", "45", 2_000), ("PR", "2", 1_500)], "99213", ("25",)) for _ in range(4)]
        )
        payment = Payment([])
        payment.paid = claim.paid * claims
        body = list(builder.claim_segments(claim))
        head = builder.segments_of(payment)
        gs = ("GS", "HP", "PAYER", "CLINIC", "20260302", "0930", "5", "X", "005010X221A1")
        yield (write_isa(*builder.ISA) + _text([gs, ("ST", "835", "1"), *head])).encode()
        one = _text(body).encode()
        for _ in range(claims):
            yield one
        count = len(head) + claims * len(body) + 2
        yield _text([("SE", str(count), "1"), ("GE", "1", "5"), ("IEA", "1", builder.ISA[11])]).encode()


def _text(segments: list[Parts]) -> str:
    return "".join(write(*segment) for segment in segments)


def peak(claims: int) -> int:
    """Bytes of memory that reading takes at most."""
    tracemalloc.start()
    try:
        ((gate, count, notes),) = [_gated(reading) for reading in read_remittances(Stream(claims))]
        assert (gate, count, notes) == ([], claims, [])
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _gated(reading: RemittanceReading) -> tuple[list[Finding], int, list[Note]]:
    gate, count = Gate(reading.remittance), 0
    for claim in reading.claims():
        gate.add(claim)
        count += 1
    return gate.close(reading.provider_adjustments), count, reading.notes.kept


def test_memory_is_flat() -> None:
    small, large = peak(100), peak(2_000)
    # Kept whole, 1,900 claims more would take about 15 MB.
    assert large < small + 1_000_000
