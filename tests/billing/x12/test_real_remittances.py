"""The remittances of the real input: each is read whole, and balanced or named with level and amount."""

from decimal import Decimal as D
from pathlib import Path

import pytest

from billing.x12.balance import Gate
from billing.x12.notes import Notes
from billing.x12.remittance import RemittanceReading, read_remittances
from billing.x12.remittance_records import RemittanceClaim
from billing.x12.segments import X12Error
from tests.billing.x12.builder import file

pytestmark = pytest.mark.feature("H11")
SPLIT = "It is split at '>', not at ':' as the ISA announces."

# By file: payment, trace number, claims as (number, status, charge, paid, lines), provider adjustments, findings as
# (level, segment, expected, said), notes. The sums were worked out by hand from the files.
EXPECTED = {
    "835id.835": (
        "5950.21", "0004926",
        [
            ("123839-24635", "22", "-310", "-210", 1),
            ("123839-24635", "1", "300", "200", 1),
            ("134158-27488", "22", "-500.25", "-500.25", 1),
        ],
        ["-1008.1", "24.21", "5.95"],
        [("transaction", 4, D("467.69"), D("5950.21"))],
        ["Segment 3 (ST): Version 004010X091A1 is not 005010X221; read as far as they agree."],
    ),
    "cob-contractural-adjustment.835": (
        "34.00", "0063158ABC", [("0001000055", "2", "541.00", "34.00", 1)], [], [],
        [f"Segment 21 (SVC), element SVC01: {SPLIT}"],
    ),
    "era-sample.835": ("132", "12345", [("7722337", "1", "226", "132", 5)], [], [], []),
    "managed-care.835": (
        "945.00", "7170066655",
        [("5554555444", "1", "800.00", "450.00", 1), ("8765432112", "1", "1200.00", "495.00", 1)], [], [],
        ["Segment 4 (BPR), element BPR16: '20002316' is not a date."],
    ),
    "medicare-part-a.835": (
        "150000.00", "12345",
        [("666123", "1", "211366.97", "138018.40", 0), ("777777", "1", "15000.00", "11980.33", 0)], ["-1.27"], [], [],
    ),
    "secondary-payment.835": (
        "1222.00", "0012524965",
        [("L0004828311", "2", "10323.64", "912.00", 0), ("0001000053", "2", "751.50", "310.00", 2)], [], [],
        [f"Segment 29 (SVC), element SVC01: {SPLIT}", f"Segment 34 (SVC), element SVC01: {SPLIT}"],
    ),
    "tertiary-payment.835": (
        "187.50", "0012524879", [("0001000054", "3", "1766.50", "187.50", 1)], [],
        [("line", 20, D("23020.00"), D("1766.50"))],
        [
            "Segment 20 (SVC), element SVC01: HC is not a procedure: a kind of code and a code.",
            "Segment 20 (SVC), element SVC06: 1 is not a procedure: a kind of code and a code.",
            "Segment 16 (CLP), element CLP03: The charges of its lines add up to 24599.00, not to 1766.50.",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_each_is_read_whole(real_data: Path, name: str) -> None:
    notes = Notes()
    with (real_data / "x12" / "835" / name).open("rb") as source:
        ((head, claims, adjustments, findings),) = [
            (reading.remittance, claims, reading.provider_adjustments, _findings(reading, claims))
            for reading in read_remittances(source, notes=notes)
            for claims in [list(reading.claims())]
        ]
    assert (
        str(head.payment.amount),
        head.trace.number,
        [(one.patient_control_number, one.status, str(one.charge), str(one.paid), len(one.lines)) for one in claims],
        [str(one.amount) for one in adjustments],
        findings,
        [str(note) for note in notes.kept],
    ) == EXPECTED[name]


def _findings(reading: RemittanceReading, claims: list[RemittanceClaim]) -> list[tuple[object, ...]]:
    gate = Gate(reading.remittance)
    for claim in claims:
        gate.add(claim)
    found = gate.close(reading.provider_adjustments)
    return [(one.level.value, one.position, one.expected, one.said) for one in found]


def test_there_are_no_others(real_data: Path) -> None:
    assert {path.name for path in (real_data / "x12" / "835").iterdir()} == set(EXPECTED)


def test_a_component_separator_that_isnt_announced(real_data: Path) -> None:
    with (real_data / "x12" / "835" / "secondary-payment.835").open("rb") as source:
        (claims,) = [list(reading.claims()) for reading in read_remittances(source)]
    line = claims[1].lines[1]
    assert (line.procedure.code, line.procedure.modifiers) == ("66543", ("26",))
    assert [(one.group, one.reason, str(one.amount)) for one in line.adjustments] == [
        ("PR", "1", "150.00"), ("PR", "2", "70.00"), ("CO", "42", "85.00"),
    ]  # fmt: skip


def test_every_truncation_of_the_real_files_is_named(real_data: Path) -> None:
    for name in EXPECTED:
        whole = (real_data / "x12" / "835" / name).read_bytes().rstrip()
        for length in range(0, len(whole) - 1, 5):
            _assert_truncation_told(whole[:length])


def _assert_truncation_told(data: bytes) -> None:
    notes = Notes()
    try:
        for reading in read_remittances(file(data), notes=notes):
            for _ in reading.claims():
                pass
    except X12Error:
        return
    assert notes.serious
