"""What a receiver says about a file: TA1 and 999, of our own making and of a judge that isn't ours."""

import io
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from pyx12 import params, x12n_document

from billing.x12.acknowledgements import (
    Context,
    GroupResponse,
    InterchangeResponse,
    Outcome,
    Reason,
    group_response,
    interchange_response,
    meanings,
)
from billing.x12.envelope import Kind, read
from billing.x12.notes import Notes
from billing.x12.segments import X12Error
from tests.billing.x12.builder import Parts, envelope, file, interchange, message

pytestmark = pytest.mark.feature("H10")


def responses(data: bytes, notes: Notes | None = None) -> list[GroupResponse | InterchangeResponse]:
    """Every TA1 and 999 of a file."""
    return [
        interchange_response(one) if one.kind is Kind.INTERCHANGE_RESPONSE else group_response(one)
        for one in read(file(data), notes=notes)
    ]


def of_999(inner: list[Parts]) -> tuple[GroupResponse, list[str]]:
    notes = Notes()
    data = envelope("FA", "005010X231A1", message("999", inner))
    (response,) = [group_response(one) for one in read(file(data), notes=notes)]
    return response, [("! " if note.serious else "") + str(note) for note in notes.kept]


AK1 = ("AK1", "HC", "17", "005010X222A1")
INNER = [
    AK1,
    ("AK2", "837", "0001", "005010X222A1"),
    ("IK5", "A"),
    ("AK2", "837", "0002", "005010X222A1"),
    ("IK3", "CLM", "22", "2300", "8"),
    ("CTX", ("CLM01", "ACCT7")),
    ("CTX", "SITUATIONAL TRIGGER", "HI", "24", "2300", ("1", "2")),
    ("IK4", ("5", "3", "2"), "1331", "I12", "bad value"),
    ("CTX", "SITUATIONAL TRIGGER", "SBR", "18"),
    ("IK4", ("2",), "782", "1"),
    ("IK3", "HI", "25", "2300", "3"),
    ("IK5", "R", "5", "I5"),
    ("AK2", "837", "0003"),
    ("IK5", "E"),
    ("AK9", "P", "3", "3", "2", "5"),
]


def test_a_999_tells_what_became_of_each_message_and_why() -> None:
    response, notes = of_999(INNER)
    assert notes == []
    assert (response.functional_id, response.control_number, response.version) == ("HC", "17", "005010X222A1")
    assert (response.outcome, response.included, response.received, response.accepted) == (
        Outcome.PARTLY_ACCEPTED,
        3,
        3,
        2,
    )
    assert [reason.meaning for reason in response.reasons] == [
        "The functional group says another number of messages than it has."
    ]
    assert [(one.control_number, one.outcome) for one in response.messages] == [
        ("0001", Outcome.ACCEPTED),
        ("0002", Outcome.REJECTED),
        ("0003", Outcome.ACCEPTED_WITH_ERRORS),
    ]
    rejected = response.messages[1]
    assert [reason.meaning for reason in rejected.reasons] == [
        "One or more segments have errors.",
        "One or more segments break a rule of the guide.",
    ]
    clm, hi = rejected.errors
    assert (clm.segment_id, clm.segment_position, clm.loop, clm.reason.meaning, clm.position) == (
        "CLM", 22, "2300", "Elements of the segment have errors.", 8,
    )  # fmt: skip
    assert clm.contexts == (
        Context("CLM01", "ACCT7", "", None, "", None, 9),
        Context("SITUATIONAL TRIGGER", "", "HI", 24, "2300", 1, 10),
    )
    place, amount = clm.elements
    assert (place.element, place.component, place.repetition, place.reference, place.value) == (
        5,
        3,
        2,
        "1331",
        "bad value",
    )
    assert place.reason.meaning == "The element does not have the form that the guide requires."
    assert [(one.segment_id, one.segment_position) for one in place.contexts] == [("SBR", 18)]
    assert (amount.element, amount.component, amount.reason.meaning) == (2, None, "A required element is missing.")
    assert (hi.segment_id, hi.reason.meaning, hi.elements) == ("HI", "A required segment is missing.", ())


def test_a_997_reads_alike() -> None:
    names = {"IK3": "AK3", "IK4": "AK4", "IK5": "AK5"}
    old = [(names.get(segment[0], segment[0]), *segment[1:]) for segment in INNER if segment[0] != "CTX"]
    new = [segment for segment in INNER if segment[0] != "CTX"]
    (response,) = responses(envelope("FA", "005010", message("997", old)))
    assert response == of_999(new)[0]


@pytest.mark.parametrize("verdict", ["M", "W", "X", "R", "", "Q"])
def test_whatever_does_not_accept_rejects(verdict: str) -> None:
    response, notes = of_999([AK1, ("AK2", "837", "1"), ("IK5", verdict), ("AK9", verdict, "1", "1", "0")])
    assert (response.outcome, response.messages[0].outcome) == (Outcome.REJECTED, Outcome.REJECTED)
    assert len([note for note in notes if "is not a verdict; taken as rejected." in note]) == (
        2 if verdict in {"", "Q"} else 0
    )


NO_FRAME = "Segment 3 (ST): The acknowledgement isn't framed by AK1 and AK9."
ODD_PLACE = [*INNER[:4], ("IK3", "CLM", "1"), ("IK4", "x"), *INNER[11:]]


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ([], NO_FRAME),
        ([AK1], NO_FRAME),
        ([("AK9", "A"), AK1], NO_FRAME),
        (
            [AK1, ("AK2", "837", "1"), ("AK9", "A")],
            "Segment 5 (AK2): The response to this message has no verdict (IK5) at its end.",
        ),
        ([AK1, ("AK9", "A", "x")], "Segment 5 (AK9), element AK902: 'x' is not a whole number."),
        (ODD_PLACE, "Segment 9 (IK4), element IK401: 'x' is not an element's place."),
        ([AK1, *[("N1",)] * 100_001], "Segment 100004 (N1): An acknowledgement with more than 100000 segments."),
    ],
)
def test_what_is_no_acknowledgement_is_refused(inner: list[Parts], said: str) -> None:
    with pytest.raises(X12Error) as caught:
        of_999(inner)
    assert str(caught.value) == said


def test_what_names_nothing_is_noted() -> None:
    inner = [("AK1", "HC", ""), ("AK2", ("837", "0001"), "1"), ("IK5", "A"), ("AK9", "A")]
    assert of_999(inner)[1] == [
        "! Segment 4 (AK1), element AK102: '' can't be the name of something that was sent.",
        "! Segment 5 (AK2), element AK201: '837:0001' can't be the name of something that was sent.",
    ]


def test_strangers_are_noted() -> None:
    stray = ("XYZ", "1")
    inner = [AK1, stray, ("AK2", "837", "1"), stray, ("IK3", "CLM", "1"), stray, ("IK5", "A"), ("AK9", "A")]
    assert of_999(inner)[1] == [
        f"Segment {position} (XYZ): XYZ is not known at this place and was passed over." for position in (5, 7, 9)
    ]


def test_a_ta1_speaks_of_the_interchange() -> None:
    notes = Notes()
    good, bad = responses(
        interchange(
            [("TA1", "000000905", "260301", "1200", "A", "000"), ("TA1", "906", "269901", "12", "R", "025")], 0
        ),
        notes,
    )
    assert good == InterchangeResponse("000000905", datetime(2026, 3, 1, 12), Outcome.ACCEPTED, Reason("TA1", "000"), 2)
    assert (bad.control_number, bad.sent, bad.outcome) == ("906", None, Outcome.REJECTED)
    assert bad.reason.meaning == "This interchange's control number was received before."
    assert [str(note) for note in notes.kept] == ["Segment 3 (TA1), element TA102: '26990112' is not a date and time."]


def test_every_code_has_a_sentence() -> None:
    lists = Counter(name for name, _ in meanings())
    assert lists == {"TA1": 32, "AK9": 16, "IK5": 21, "IK3": 13, "IK4": 18}
    assert all(sentence.endswith(".") for sentence in meanings().values())
    assert Reason("IK3", "Z9").meaning == "IK3 reports code Z9, which is not known here."
    assert Reason("IK3", "").meaning == "No reason is told."


JUDGED = {
    "nothing": (b"", b"", Outcome.ACCEPTED, []),
    "a diagnosis missing": (b"HI*BK:0340*BF:V7389~\n", b"", Outcome.REJECTED, [("HI", 27, "3", [])]),
    "a date and a code wrong": (
        b"19730501*M",
        b"19731501*Q",
        Outcome.REJECTED,
        [("DMG", 24, "8", [(2, "8"), (3, "7")])],
    ),
    "the count wrong": (b"SE*40", b"SE*41", Outcome.REJECTED, []),
}


@pytest.mark.parametrize("what", JUDGED)
def test_what_another_program_answers_to_a_claim_is_understood(real_data: Path, tmp_path: Path, what: str) -> None:
    old, new, outcome, errors = JUDGED[what]
    # pyx12 has the guide A1; what A2 changed doesn't touch this claim.
    claim = (real_data / "x12" / "837" / "demo.example1.837").read_bytes().replace(b"X222A2", b"X222A1")
    claim = claim.replace(old, new).replace(b"SE*40*", b"SE*39*" if old and not new else b"SE*40*")
    (tmp_path / "claim.837").write_bytes(claim)
    answer = io.StringIO()
    x12n_document.x12n_document(
        param=params.params(), src_file=str(tmp_path / "claim.837"), fd_997=answer, fd_html=None
    )
    notes = Notes()
    group, ta1 = responses(answer.getvalue().encode(), notes)
    assert notes.kept == []
    assert (group.functional_id, group.version, group.outcome) == ("HC", "005010X222A1", outcome)
    (judged,) = group.messages
    assert (judged.set_id, judged.control_number, judged.outcome) == ("837", "0021", outcome)
    assert [
        (
            one.segment_id,
            one.segment_position,
            one.reason.code,
            [(each.element, each.reason.code) for each in one.elements],
        )
        for one in judged.errors
    ] == errors
    assert (ta1.control_number, ta1.outcome, ta1.sent) == (
        "000000907",
        Outcome.ACCEPTED,
        datetime(2013, 10, 31, 11, 47),
    )
