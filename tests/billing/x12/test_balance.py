"""Sums at three levels: random remittances agree, and one disturbed amount is named at its level, to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.x12.balance import Finding, Gate, Level, balance
from billing.x12.remittance import read_remittances
from billing.x12.remittance_records import RemittanceClaim, RemittanceLine
from tests.billing.x12.builder import Adjustments, Claim, Line, Payment, file, remittance

pytestmark = pytest.mark.feature("H11")
CENTS = st.integers(0, 10_000_000)
ADJUSTMENTS = st.lists(
    st.tuples(st.sampled_from(["CO", "PR", "OA", "PI"]), st.sampled_from(["45", "1", "2", "253"]), CENTS), max_size=5
)
LINES = st.builds(
    Line,
    st.integers(1, 10_000_000),
    ADJUSTMENTS,
    st.sampled_from(["99213", "J0120", "87070"]),
    st.lists(st.sampled_from(["25", "59", "GT", "95"]), max_size=4, unique=True).map(tuple),
    st.from_regex(r"[A-Z0-9]{1,10}", fullmatch=True),
)


def reversed_(claim: Claim) -> Claim:
    """The same claim taken back."""
    lines = [Line(-line.charge, negated(line.adjustments), line.code, line.modifiers) for line in claim.lines]
    return Claim(claim.number, lines, negated(claim.adjustments), "22")


def negated(adjustments: Adjustments) -> Adjustments:
    return [(group, reason, -cents) for group, reason, cents in adjustments]


CLAIMS = st.builds(
    Claim,
    st.from_regex(r"[A-Z0-9]{1,20}", fullmatch=True),
    st.lists(LINES, min_size=1, max_size=4),
    ADJUSTMENTS,
    st.sampled_from(["1", "2", "3", "4", "19"]),
)
PAYMENTS = st.builds(
    Payment,
    st.lists(st.one_of(CLAIMS, CLAIMS.map(reversed_)), max_size=4),
    st.lists(st.tuples(st.sampled_from(["WO", "FB", "CS"]), st.integers(-(10**6), 10**6)), max_size=3),
)


def findings(payment: Payment) -> list[Finding]:
    (found,) = [balance(reading) for reading in read_remittances(file(remittance(payment)))]
    return found


@given(PAYMENTS)
def test_what_is_balanced_has_no_findings_and_reads_back(payment: Payment) -> None:
    for reading in read_remittances(file(remittance(payment))):
        gate = Gate(reading.remittance)
        claims = list(reading.claims())
        for claim in claims:
            gate.add(claim)
        assert gate.close(reading.provider_adjustments) == []
        assert reading.notes.kept == []
        assert cents(reading.remittance.payment.signed) == payment.paid
        assert [
            (one.patient_control_number, one.status, cents(one.charge), cents(one.paid), adjustments(one))
            for one in claims
        ] == [(one.number, one.status, one.charge, one.paid, sorted(one.adjustments)) for one in payment.claims]
        assert [
            (
                line.procedure.code, line.procedure.modifiers, line.control_number,
                cents(line.charge), cents(line.paid), adjustments(line),
            )
            for one in claims for line in one.lines
        ] == [
            (line.code, line.modifiers, line.control_number, line.charge, line.paid, sorted(line.adjustments))
            for one in payment.claims for line in one.lines
        ]  # fmt: skip
        assert [(one.reason, cents(one.amount)) for one in reading.provider_adjustments] == payment.provider


def cents(amount: Decimal) -> int:
    return int(amount * 100)


def adjustments(record: RemittanceClaim | RemittanceLine) -> Adjustments:
    return sorted((one.group, one.reason, cents(one.amount)) for one in record.adjustments)


LEVELS = {
    "line charge": [(Level.LINE, -1)],
    "line paid": [(Level.LINE, 1)],
    "line adjustment": [(Level.LINE, 1), (Level.CLAIM, 1)],
    "claim charge": [(Level.CLAIM, -1)],
    "claim paid": [(Level.CLAIM, 1), (Level.TRANSACTION, -1)],
    "claim adjustment": [(Level.CLAIM, 1)],
    "payment": [(Level.TRANSACTION, 1)],
    "provider adjustment": [(Level.TRANSACTION, 1)],
}


@given(
    PAYMENTS.filter(lambda payment: bool(payment.claims)),
    st.sampled_from(sorted(LEVELS)),
    st.integers(-999_999, 999_999).filter(bool),
    st.data(),
)
def test_one_disturbed_amount_is_named_at_its_level(payment: Payment, what: str, by: int, data: st.DataObject) -> None:
    claim = data.draw(st.sampled_from(payment.claims))
    line = data.draw(st.sampled_from(claim.lines))
    match what:
        case "line charge":
            line.charge += by
        case "line paid":
            line.paid += by
        case "line adjustment":
            line.adjustments.append(("CO", "45", by))
        case "claim charge":
            claim.charge += by
        case "claim paid":
            claim.paid += by
        case "claim adjustment":
            claim.adjustments.append(("PR", "1", by))
        case "payment":
            payment.paid += by
        case "provider adjustment":
            payment.provider.append(("WO", by))
    found = findings(payment)
    assert [(one.level, cents(one.difference)) for one in found] == [(level, sign * by) for level, sign in LEVELS[what]]
    for one in found:
        assert one.claim == ("" if one.level is Level.TRANSACTION else claim.number)
        assert one.segment_id == {"line": "SVC", "claim": "CLP", "transaction": "BPR"}[one.level]


def test_a_finding_says_where_and_how_much() -> None:
    payment = Payment([Claim("A1", [Line(10_000, [("CO", "45", 2_000)])])])
    payment.claims[0].lines[0].paid = 7_999
    (finding,) = findings(payment)
    assert finding == Finding(Level.LINE, "A1", 16, "SVC", 3, Decimal("80.00"), Decimal("79.99"))
    assert str(finding) == (
        "Segment 16 (SVC), element SVC03: The line of claim A1 says 79.99 was paid, but its parts give 80.00, "
        "a difference of -0.01."
    )
    payment = Payment([])
    payment.paid = 1
    assert [str(one) for one in findings(payment)] == [
        "Segment 4 (BPR), element BPR02: The transaction says 0.01 was paid, but its parts give 0.00, "
        "a difference of 0.01."
    ]


def test_findings_are_bounded_and_counted_and_the_payment_still_told() -> None:
    claims = [Claim(str(n), [Line(100)]) for n in range(1_200)]
    for claim in claims:
        claim.lines[0].paid += 1
    payment = Payment(claims)
    payment.paid += 1
    for reading in read_remittances(file(remittance(payment))):
        gate = Gate(reading.remittance)
        for claim in reading.claims():
            gate.add(claim)
        found = gate.close(reading.provider_adjustments)
        assert (gate.count, len(found), found[-1].level) == (1_201, 1_001, Level.TRANSACTION)
