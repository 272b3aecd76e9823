"""277CA: which claims were taken, which sent back, with the codes."""

from datetime import date
from decimal import Decimal as D

import pytest

from billing.x12.claim_acknowledgements import Level, StatusCode, StatusReport, Verdict, status_reports
from billing.x12.envelope import read
from billing.x12.notes import Notes
from billing.x12.remittance_records import Reference
from billing.x12.segments import X12Error
from tests.billing.x12.builder import Parts, envelope, file, message

pytestmark = pytest.mark.feature("H10")
HEAD = [
    ("BHT", "0085", "08", "277X1", "20260302", "0930", "TH"),
    ("HL", "1", "", "20", "1"),
    ("NM1", "PR", "2", "Good Health Plan", "", "", "", "", "PI", "12345"),
    ("TRN", "1", "SOURCE1"),
    ("DTP", "050", "D8", "20260301"),
    ("DTP", "009", "D8", "20260302"),
    ("HL", "2", "1", "21", "1"),
    ("NM1", "41", "2", "Our Clinic", "", "", "", "", "46", "S1"),
    ("TRN", "2", "BATCH1"),
    ("STC", ("A1", "19", "PR"), "20260302", "WQ", "300"),
    ("QTY", "90", "1"),
    ("QTY", "AA", "1"),
    ("AMT", "YU", "100"),
    ("AMT", "YY", "200"),
    ("HL", "3", "2", "19", "1"),
    ("NM1", "85", "2", "Our Clinic", "", "", "", "", "XX", "1234567893"),
]
TAKEN = [
    ("HL", "4", "3", "PT"),
    ("NM1", "QC", "1", "Doe", "Ann", "", "", "", "MI", "M1"),
    ("TRN", "2", "ACCT1"),
    ("STC", ("A2", "20", "PR"), "20260302", "WQ", "100"),
    ("REF", "1K", "ICN1"),
    ("REF", "D9", "CH1"),
    ("DTP", "472", "D8", "20260211"),
]
REFUSED = [
    ("HL", "5", "3", "PT"),
    ("NM1", "QC", "1", "Roe", "Bo", "", "", "", "MI", "M2"),
    ("TRN", "2", "ACCT2"),
    ("STC", ("A7", "562", "85"), "20260302", "U", "200", *[""] * 5, ("A7", "128", "85"), "", "See the manual"),
    ("STC", ("A3", "21", ""), "20260302", "U", "200"),
    ("DTP", "472", "RD8", "20260211-20260213"),
    ("SVC", ("HC", "99213", "25"), "150"),
    ("STC", ("A7", "454", ""), "", "U"),
    ("REF", "FJ", "L1"),
    ("DTP", "472", "D8", "20260211"),
]


def reports(inner: list[Parts], version: str = "005010X214") -> tuple[list[StatusReport], list[str]]:
    notes = Notes()
    found = [
        report
        for one in read(file(envelope("HN", version, message("277", inner))), notes=notes)
        for report in status_reports(one)
    ]
    return found, [("! " if note.serious else "") + str(note) for note in notes.kept]


def test_the_levels_and_their_claims() -> None:
    (source, batch, taken, refused), notes = reports([*HEAD, *TAKEN, *REFUSED])
    assert notes == []
    assert [(one.level, one.trace, one.verdict, one.position) for one in (source, batch, taken, refused)] == [
        (Level.SOURCE, "SOURCE1", Verdict.UNCLEAR, 7),
        (Level.RECEIVER, "BATCH1", Verdict.ACCEPTED, 12),
        (Level.PATIENT, "ACCT1", Verdict.ACCEPTED, 22),
        (Level.PATIENT, "ACCT2", Verdict.REJECTED, 29),
    ]
    assert [(one.qualifier, one.value) for one in batch.quantities + batch.amounts] == [
        ("90", D(1)), ("AA", D(1)), ("YU", D(100)), ("YY", D(200)),
    ]  # fmt: skip
    assert [name.identifier for name in taken.names] == ["12345", "S1", "1234567893", "M1"]
    assert [name.identifier for name in refused.names] == ["12345", "S1", "1234567893", "M2"]
    assert (taken.payer_claim_number, taken.clearinghouse_number) == ("ICN1", "CH1")
    assert (refused.payer_claim_number, refused.clearinghouse_number) == ("", "")
    assert (taken.days, refused.days) == (
        (date(2026, 2, 11), date(2026, 2, 11)), (date(2026, 2, 11), date(2026, 2, 13)),
    )  # fmt: skip
    first, second = refused.statuses
    assert first.codes == (StatusCode("A7", "562", "85"), StatusCode("A7", "128", "85"))
    assert (first.day, first.action, first.charge, first.message) == (date(2026, 3, 2), "U", D(200), "See the manual")
    assert second.codes == (StatusCode("A3", "21", ""),)
    (line,) = refused.lines
    assert (line.procedure.code, line.procedure.modifiers, line.charge) == ("99213", ("25",), D(150))
    assert (line.control_number, line.days) == ("L1", (date(2026, 2, 11), date(2026, 2, 11)))
    assert line.statuses[0].codes == (StatusCode("A7", "454", ""),)
    assert line.references == (Reference("FJ", "L1", 35),)


@pytest.mark.parametrize(
    ("category", "action", "verdict"),
    [
        ("A1", "WQ", Verdict.ACCEPTED),
        ("A2", "", Verdict.ACCEPTED),
        ("A0", "WQ", Verdict.ACCEPTED),
        ("A5", "WQ", Verdict.ACCEPTED),
        ("A1", "U", Verdict.REJECTED),
        ("A7", "WQ", Verdict.REJECTED),
        ("A3", "", Verdict.REJECTED),
        ("A4", "", Verdict.REJECTED),
        ("A6", "U", Verdict.REJECTED),
        ("A8", "U", Verdict.REJECTED),
        ("P1", "WQ", Verdict.UNCLEAR),
        ("", "WQ", Verdict.UNCLEAR),
        ("A1", "X", Verdict.UNCLEAR),
    ],
)
def test_a_claim_is_accepted_only_when_nothing_speaks_against_it(category: str, action: str, verdict: Verdict) -> None:
    inner = [*HEAD, *TAKEN[:3], ("STC", (category, "20"), "20260302", action)]
    found, notes = reports(inner)
    assert found[-1].verdict == verdict
    unclear = ["! Segment 22 (TRN): Whether this was accepted is not clear."]
    assert notes == (unclear if verdict is Verdict.UNCLEAR else [])


def test_a_rejected_line_rejects_its_claim_and_silence_accepts_nothing() -> None:
    line = [("SVC", ("HC", "99213"), "100"), ("STC", ("A7", "454"), "", "U")]
    assert reports([*HEAD, *TAKEN, *line])[0][-1].verdict is Verdict.REJECTED
    assert reports([*HEAD, *TAKEN[:3]])[0][-1].verdict is Verdict.UNCLEAR


NESTED = [("HL", str(n), str(n - 1) if n > 1 else "", "20") for n in range(1, 10)]
SVC = ("SVC", ("HC", "1"))


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ([HEAD[0], ("TRN", "1", "X")], "Segment 5 (TRN): TRN stands outside of its level."),
        ([*HEAD, SVC], "Segment 20 (SVC): SVC stands outside of its level."),
        ([*HEAD, ("STC", "A1", "5")], "Segment 20 (STC): STC stands where it has no meaning."),
        (
            [*HEAD, ("HL", "4", "9", "PT")],
            "Segment 20 (HL), element HL02: Its parent '9' is not a level that it can stand in.",
        ),
        ([*HEAD, *TAKEN, SVC], "Segment 27 (SVC), element SVC02: The amount is missing."),
        (NESTED, "Segment 12 (HL): More than 8 levels stand in each other."),
    ],
)
def test_wrong_nesting_is_refused(inner: list[Parts], said: str) -> None:
    with pytest.raises(X12Error) as caught:
        reports(inner)
    assert str(caught.value) == said


def test_oddities() -> None:
    assert reports([*HEAD, *TAKEN[:2], ("TRN", "2"), *TAKEN[3:]])[1] == [
        "! Segment 22 (TRN), element TRN02: The number of what is spoken of is missing."
    ]
    batch = [("STC", ("P1", "19"), "", "WQ") if segment[0] == "STC" else segment for segment in HEAD]
    assert reports(batch)[1] == ["! Segment 12 (TRN): Whether this was accepted is not clear."]
    assert reports(HEAD[:2], "005010X212")[1] == [
        "! Segment 3 (ST): Version 005010X212 is not 005010X214; read as far as they agree."
    ]
    found, notes = reports([HEAD[0], ("HL", "1", "", "ZZ"), ("TRN", "1", "X")])
    assert (found, notes) == ([], ["! Segment 6 (TRN): It stands in a level of unknown kind 'ZZ'; passed over."])
    assert reports([*HEAD, *TAKEN[:-1], ("DTP", "472", "RD8", "20260213-20260211")])[1] == [
        "Segment 26 (DTP), element DTP03: '20260213-20260211' is not a day or two."
    ]
