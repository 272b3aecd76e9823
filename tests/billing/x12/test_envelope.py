"""Interchanges, groups and messages: what belongs to what, and do the counts agree."""

import pytest

from billing.x12.envelope import Kind, Transaction, read
from billing.x12.notes import Notes
from billing.x12.segments import X12Error, write, write_isa
from tests.billing.x12.builder import ISA, Claim, Line, Parts, Payment, envelope, file, interchange, message, remittance

pytestmark = pytest.mark.feature("H11")
GS = ("GS", "HP", "PAYER", "CLINIC", "20260302", "0930", "5", "X", "005010X221A1")


def notes_of(data: bytes) -> list[str]:
    notes = Notes()
    for _ in read(file(data), notes=notes):
        pass
    assert notes.serious == any(note.serious for note in notes.kept)
    return [str(note) for note in notes.kept]


def test_several_interchanges_groups_and_messages_in_one_file() -> None:
    first = interchange(
        [
            ("TA1", "000000905", "260301", "1200", "A", "000"),
            *[GS, *message("835", [("BPR", "I")], "0001"), *message("835", [("BPR", "H")], "0002"), ("GE", "2", "5")],
            *[
                ("GS", "FA", "P", "C", "20260302", "0930", "6", "X", "005010X231A1"),
                *message("999", [("AK1", "HC")], "1"),
            ],
            ("GE", "1", "6"),
        ],
        2,
    )
    second = envelope(
        "HN", "005010X214", message("277", [("BHT", "0085")], "9"), message("850", [], "10"), newline="\r\n"
    )
    notes = Notes()
    found: list[tuple[object, ...]] = []
    for number, one in enumerate(read(file(first + b"\r\n" + second), notes=notes)):
        ids = [segment.id for segment in one.segments] if number != 2 else "not read"
        group = one.group and one.group.functional_id
        found.append(
            (one.interchange.number, group, one.kind, one.control_number, one.version, one.start.position, ids)
        )
    assert found == [
        (1, None, Kind.INTERCHANGE_RESPONSE, "000000905", "", 2, ["TA1"]),
        (1, "HP", Kind.REMITTANCE, "0001", "005010X221A1", 4, ["BPR"]),
        (1, "HP", Kind.REMITTANCE, "0002", "005010X221A1", 7, "not read"),
        (1, "FA", Kind.SYNTAX_RESPONSE, "1", "005010X231A1", 12, ["AK1"]),
        (2, "HN", Kind.CLAIM_STATUS, "9", "005010X214", 19, ["BHT"]),
        (2, "HN", Kind.OTHER, "10", "005010X214", 22, []),
    ]
    assert notes.kept == []


def test_what_the_header_says() -> None:
    (one,) = read(file(remittance(Payment([Claim("A", [Line(100)])]))))
    said = one.interchange
    assert (said.sender, said.receiver, said.date, said.time) == ("PAYER", "CLINIC", "260302", "0930")
    assert (said.version, said.control_number, said.production) == ("00501", "000000017", True)
    assert isinstance(one, Transaction)
    assert (one.group.sender, one.group.receiver, one.group.control_number, one.group.position) == (
        "PAYER", "CLINIC", "5", 2,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"SE*3*", b"SE*4*", "Segment 5 (SE), element SE01: It says 4 for the number of segments; there are 3."),
        (
            b"SE*3*0001",
            b"SE*3*0002",
            "Segment 5 (SE), element SE02: Its control number 0002 is not 0001, that of the beginning.",
        ),
        (b"GE*1*", b"GE*" + b"9" * 400 + b"*", None),
        (b"GE*1*5", b"GE*1*6", "Segment 6 (GE), element GE02: Its control number 6 is not 5, that of the beginning."),
        (
            b"IEA*1*",
            b"IEA**",
            "Segment 7 (IEA), element IEA01: It says nothing for the number of functional groups; there are 1.",
        ),
        (
            b"17~",
            b"18~",
            "Segment 7 (IEA), element IEA02: Its control number 000000018 is not 000000017, that of the beginning.",
        ),
        (b"*HP*", b"*HN*", "Segment 3 (ST), element ST01: A 835 travels in a functional group HP, not HN."),
        (b"*000000017~", b"*000000017", "Segment 7 (IEA): The file's last segment lacks its terminator."),
    ],
)
def test_counts_and_numbers_that_dont_agree_are_noted(old: bytes, new: bytes, said: str | None) -> None:
    data = envelope("HP", "005010X221A1", message("835", [("BPR", "I")]))
    assert notes_of(data) == []
    assert data.count(old) == 1
    (note,) = notes_of(data.replace(old, new))
    assert said in {note, None}


def test_leading_zeros_of_a_count_are_fine() -> None:
    data = envelope("HP", "005010X221A1", message("835", [("BPR", "I")]))
    assert notes_of(data.replace(b"SE*3*", b"SE*003*")) == []


ST, SE, GE = ("ST", "835", "0001"), ("SE", "2", "0001"), ("GE", "1", "5")


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ([ST, SE], "Segment 2 (ST): This segment stands outside of a functional group (GS to GE)."),
        ([GS, SE], "Segment 3 (SE): This segment stands outside of a message (ST to SE)."),
        ([GS, ST, GE], "Segment 4 (GE): GE stands inside of message 0001, before its end (SE)."),
        ([GS, ST, ST], "Segment 4 (ST): ST stands inside of message 0001, before its end (SE)."),
        ([GS, GS], "Segment 3 (GS): This segment stands outside of a message (ST to SE)."),
    ],
)
def test_wrong_nesting_is_refused(inner: list[Parts], said: str) -> None:
    with pytest.raises(X12Error) as caught:
        notes_of(interchange(inner, 1))
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ([], "Segment 1 (ISA): The file breaks off here, inside of interchange 000000017: IEA is missing."),
        ([GS], "Segment 2 (GS): The file breaks off here, inside of functional group 5: GE is missing."),
        ([GS, ST], "Segment 3 (ST): The file breaks off here, inside of message 0001: SE is missing."),
        ([GS, ST, SE], "Segment 4 (SE): The file breaks off here, inside of functional group 5: GE is missing."),
        (
            [GS, ST, SE, GE],
            "Segment 5 (GE): The file breaks off here, inside of interchange 000000017: IEA is missing.",
        ),
    ],
)
def test_a_truncated_file_is_refused_by_name(inner: list[Parts], said: str) -> None:
    with pytest.raises(X12Error) as caught:
        notes_of((write_isa(*ISA) + "".join(write(*segment) for segment in inner)).encode())
    assert str(caught.value) == said


def test_notes_are_bounded() -> None:
    messages = [[*message("835", [], "1")[:-1], ("SE", "7", "1")] for _ in range(600)]
    notes = Notes()
    assert len(list(read(file(envelope("HP", "005010X221A1", *messages)), notes=notes))) == 600
    assert (len(notes.kept), notes.dropped, notes.serious) == (500, 100, True)
