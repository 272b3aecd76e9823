"""What one decision moves: the rules of posting, and that no cent is made or lost by any decision."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.adjudication.matching import OpenLine, match_lines
from billing.adjudication.plan import Outcome, plan
from billing.x12.remittance_records import Adjustment, Dated, Procedure, Reference, RemittanceClaim, RemittanceLine

pytestmark = pytest.mark.feature("H11")
DAY = date(2026, 3, 9)


def _key(name: str) -> UUID:
    return UUID(bytes=name.encode().ljust(16, b"\0"))


def our(
    key: str,
    code: str = "99213",
    charge: int = 10000,
    *modifiers: str,
    owed: int | None = None,
    number: str = "",
    so_far: tuple[int, int, int] = (0, 0, 0),
) -> OpenLine:
    """A line of a claim; ``so_far`` is what was paid, written off and moved to the patient of it."""
    still = charge if owed is None else owed
    return OpenLine(_key(key), number, code, modifiers, DAY, Decimal(charge) / 100, still, *so_far)


def adjusted(*amounts: tuple[str, str, int]) -> tuple[Adjustment, ...]:
    return tuple(Adjustment(group, reason, Decimal(cents) / 100, None, 9, 1) for group, reason, cents in amounts)


def theirs(
    code: str,
    charge: int,
    paid: int,
    *amounts: tuple[str, str, int],
    modifiers: tuple[str, ...] = (),
    submitted: str = "",
    number: str = "",
) -> RemittanceLine:
    return RemittanceLine(
        procedure=Procedure("HC", code, modifiers, "", 8, 1),
        charge=Decimal(charge) / 100,
        paid=Decimal(paid) / 100,
        revenue_code="",
        units_paid=None,
        submitted=Procedure("HC", submitted, (), "", 8, 6) if submitted else None,
        units_original=None,
        dates=(Dated("472", DAY, "20260309", 9),),
        adjustments=adjusted(*amounts),
        references=(Reference("6R", number, 10),) if number else (),
        amounts=(),
        quantities=(),
        remarks=(),
        position=8,
    )


def decision(
    *lines: RemittanceLine, status: str = "1", paid: int | None = None, of_claim: tuple[Adjustment, ...] = ()
) -> RemittanceClaim:
    sums = sum((line.paid for line in lines), Decimal(0))
    return RemittanceClaim(
        patient_control_number="1001",
        status=status,
        charge=sum((line.charge for line in lines), Decimal(0)),
        paid=sums if paid is None else Decimal(paid) / 100,
        patient_responsibility=None,
        filing_indicator="12",
        payer_claim_number="ICN1",
        facility_type="",
        frequency="",
        header_number="1",
        adjustments=of_claim,
        names=(),
        remarks=(),
        dates=(),
        contacts=(),
        amounts=(),
        quantities=(),
        references=(),
        lines=lines,
        position=7,
    )


def moved(*args: object, **kwargs: object) -> list[tuple[int, int, int, int]]:
    """Of each line: paid, written off, moved to the patient, still owed."""
    made = plan(*args, **kwargs)  # type: ignore[arg-type]
    return [(line.paid, line.contractual, line.patient, line.open) for line in made.lines]


def test_paid_written_off_as_agreed_and_the_rest_the_patients() -> None:
    said = decision(theirs("99213", 10000, 6000, ("CO", "45", 2500), ("PR", "3", 1500)))
    assert moved(said, [our("a")]) == [(6000, 2500, 1500, 0)]
    assert plan(said, [our("a")]).outcome is Outcome.PAID


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (decision(theirs("99213", 10000, 0, ("CO", "50", 10000)), status="4"), Outcome.DENIED),
        (decision(theirs("99213", 10000, 0, ("CO", "45", 4000), ("CO", "97", 6000))), Outcome.DENIED),
        (decision(theirs("99213", 10000, 0, ("CO", "45", 10000)), status="4"), Outcome.DENIED),
        (decision(theirs("99213", 10000, 0, ("PI", "16", 10000))), Outcome.DENIED),
    ],
)
def test_what_is_refused_is_never_written_off(said: RemittanceClaim, outcome: Outcome) -> None:
    made = plan(said, [our("a")])
    assert (made.outcome, made.contractual, made.patient, made.open, made.funds) == (outcome, 0, 0, 10000, 0)


def test_one_refused_line_keeps_the_others_from_nothing() -> None:
    said = decision(theirs("99213", 10000, 8000, ("CO", "45", 2000)), theirs("36415", 1500, 0, ("CO", "97", 1500)))
    lines = [our("a"), our("b", "36415", 1500)]
    assert moved(said, lines) == [(8000, 2000, 0, 0), (0, 0, 0, 1500)]
    assert plan(said, lines).outcome is Outcome.PARTIAL


def test_a_second_payer_repeats_the_first_ones_reductions_and_nothing_is_taken_twice() -> None:
    said = decision(theirs("99213", 10000, 1500, ("OA", "23", 8500)), status="2")
    assert moved(said, [our("a", owed=1500)], order=2) == [(1500, 0, 0, 0)]
    repeated = decision(theirs("99213", 10000, 1000, ("CO", "45", 8500), ("PR", "3", 500)), status="2")
    assert moved(repeated, [our("a", owed=1500)], order=2) == [(1000, 0, 500, 0)]


def test_a_reversal_gives_back_what_was_moved() -> None:
    lines = [our("a", owed=0, so_far=(6000, 2500, 1500))]
    said = decision(theirs("99213", -10000, -6000, ("CO", "45", -2500), ("PR", "3", -1500)), status="22")
    made = plan(said, lines)
    assert moved(said, lines) == [(-6000, -2500, -1500, 10000)]
    assert (made.outcome, made.funds, made.excess) == (Outcome.REVERSED, -6000, 0)


def after(line: OpenLine, said: RemittanceClaim, order: int = 1) -> OpenLine:
    """The line as a decision leaves it."""
    (move,) = plan(said, [line], order=order).lines
    so_far = (line.paid + move.paid, line.contractual + move.contractual, line.patient + move.patient)
    return our("a", owed=move.open, so_far=so_far)


@pytest.mark.parametrize(
    ("order", "owed", "status", "paid", "reasons"),
    [
        # A refusal wrote nothing off, so its reversal writes nothing on.
        (1, 10000, "1", 0, [("CO", "45", 4000), ("CO", "97", 6000)]),
        (1, 10000, "4", 0, [("CO", "45", 10000)]),
        # What a second payer repeats moved nothing.
        (2, 1500, "2", 1000, [("CO", "45", 8500), ("PR", "3", 500)]),
        (2, 1500, "2", 1500, [("CO", "45", 6000), ("PR", "2", 2500)]),
        # What was paid beyond what was owed was the payer's credit.
        (1, 3000, "1", 8000, [("CO", "45", 2000)]),
        (1, 10000, "1", 12000, [("CO", "45", -2000)]),
        (1, 10000, "1", 6000, [("CO", "45", 2500), ("PR", "3", 1500)]),
    ],
)
def test_a_reversal_leaves_a_line_as_it_was_before(
    order: int, owed: int, status: str, paid: int, reasons: list[tuple[str, str, int]]
) -> None:
    line = our("a", owed=owed)
    said = decision(theirs("99213", 10000, paid, *reasons), status=status)
    minus = [(group, reason, -cents) for group, reason, cents in reasons]
    back = decision(theirs("99213", -10000, -paid, *minus), status="22")
    decided = after(line, said, order)
    assert after(decided, back, order) == line
    assert plan(said, [line], order=order).excess == -plan(back, [decided], order=order).excess


def test_a_reversal_of_the_claim_alone_gives_each_line_what_was_taken_of_it() -> None:
    lines = [our("a", owed=0, so_far=(8000, 2000, 0)), our("b", "36415", 5000, owed=0, so_far=(4000, 0, 1000))]
    said = decision(status="22", paid=-12000, of_claim=adjusted(("CO", "45", -2000), ("PR", "1", -1000)))
    assert moved(said, lines) == [(-8000, -2000, 0, 10000), (-4000, 0, -1000, 5000)]


def test_a_refusal_line_by_line_keeps_what_is_agreed_for_the_claim_too() -> None:
    said = decision(theirs("99213", 10000, 0, ("CO", "50", 8000)), of_claim=adjusted(("CO", "45", 2000)))
    assert moved(said, [our("a")]) == [(0, 0, 0, 10000)]
    paid = decision(status="1", paid=6000, of_claim=adjusted(("CO", "45", 2000), ("CO", "50", 2000)))
    assert moved(paid, [our("a")]) == [(6000, 2000, 0, 2000)]


def test_money_for_what_a_payer_does_not_decide_needs_a_person() -> None:
    made = plan(decision(theirs("99213", 10000, 6000), status="25"), [our("a")])
    assert (made.outcome, made.excess, made.open) == (Outcome.REVIEW, 6000, 10000)


def test_more_than_is_owed_is_the_payers_credit() -> None:
    made = plan(decision(theirs("99213", 10000, 10000)), [our("a", owed=4000)])
    assert (made.lines[0].paid, made.excess, made.funds, made.open) == (4000, 6000, 10000, 0)


def test_a_decision_on_the_claim_alone_is_laid_on_its_lines_in_order() -> None:
    said = decision(status="1", paid=12000, of_claim=adjusted(("CO", "45", 3000)))
    assert moved(said, [our("a"), our("b", "36415", 5000)]) == [(10000, 0, 0, 0), (2000, 3000, 0, 0)]


def test_a_line_that_is_none_of_the_claims_needs_a_person_and_its_money_waits() -> None:
    made = plan(decision(theirs("11111", 10000, 6000)), [our("a")])
    assert (made.outcome, made.excess, made.funds, made.open) == (Outcome.REVIEW, 6000, 6000, 10000)
    assert made.why == "No line of the claim fits 11111 over 100 (segment 8)."


def test_a_forwarded_claim_says_so() -> None:
    assert plan(decision(theirs("99213", 10000, 6000, ("PR", "2", 4000)), status="19"), [our("a")]).forwarded


def found(said: list[RemittanceLine], ours: list[OpenLine]) -> list[str | None]:
    return [line.charge_item.bytes.decode().rstrip("\0") if line else None for _, line in match_lines(said, ours)]


def test_lines_are_found_by_number_then_by_what_they_say() -> None:
    ours = [our("a", "99213", 10000, "25", number="1001L1"), our("b", "99213", 10000, number="1001L2")]
    for said, key in (
        (theirs("99214", 1, 0, number="1001L2"), "b"),
        (theirs("99213", 10000, 0, modifiers=("25",)), "a"),
        (theirs("99213", 10000, 0), "b"),
    ):
        assert found([said], ours) == [key]
    dropped = [our("a", "99213", 10000, "25"), our("b", "36415", 1500)]
    recoded = theirs("99212", 10000, 0, submitted="99213")
    assert found([theirs("99213", 10000, 0), recoded], dropped) == ["a", None]
    assert found([recoded], dropped) == ["a"]
    unclear = [our("a", "99213", 10000, "25"), our("b", "99213", 10000, "59")]
    assert match_lines([theirs("99213", 10000, 0)], unclear)[0][1] is None
    twins = [our("a"), our("b")]
    assert found([theirs("99213", 10000, 0)] * 2, twins) == ["a", "b"]


_CENTS = st.integers(-20_000, 20_000)
_REASONS = st.sampled_from([("CO", "45"), ("CO", "50"), ("PR", "1"), ("OA", "23"), ("PI", "16"), ("CO", "253")])


@given(
    said=st.lists(st.tuples(_CENTS, st.lists(st.tuples(_REASONS, _CENTS), max_size=3)), max_size=4),
    owed=st.lists(st.integers(0, 20_000), min_size=1, max_size=4),
    status=st.sampled_from(["1", "2", "4", "19", "22", "23", "25"]),
    of_claim=st.lists(st.tuples(_REASONS, _CENTS), max_size=2),
    order=st.integers(1, 3),
    more=st.integers(-5000, 5000),
)
def test_no_decision_makes_or_loses_a_cent(
    said: list[tuple[int, list[tuple[tuple[str, str], int]]]],
    owed: list[int],
    status: str,
    of_claim: list[tuple[tuple[str, str], int]],
    order: int,
    more: int,
) -> None:
    """What came in is what the payer says it paid, all of it on lines or as credit; no line owes less than nothing."""
    lines = [our(str(n), f"9921{n}", 10000 + n, owed=cents) for n, cents in enumerate(owed)]
    told = [
        theirs(f"9921{n}", 10000 + n, paid, *((group, reason, cents) for (group, reason), cents in reasons))
        for n, (paid, reasons) in enumerate(said)
    ]
    claim = decision(
        *told,
        status=status,
        paid=sum(paid for paid, _ in said) + more,
        of_claim=adjusted(*((group, reason, cents) for (group, reason), cents in of_claim)),
    )
    made = plan(claim, lines, order=order)
    if made.outcome is not Outcome.NOTE:
        assert made.funds == sum(paid for paid, _ in said) + more == sum(line.paid for line in made.lines) + made.excess
    for line in made.lines:
        assert line.line.open == line.open + line.paid + line.contractual + line.patient
        assert line.open >= 0
        assert line.open <= line.line.open or status != "22"
