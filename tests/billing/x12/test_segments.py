"""Bytes to segments and back, within limits."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.x12.segments import Delimiters, Limits, Segment, Tokenizer, X12Error, write, write_isa
from tests.billing.x12.builder import ISA, Claim, Line, Payment, interchange, remittance

pytestmark = pytest.mark.feature("H11")
ODD = Delimiters(element="\x1d", component=">", repetition="!", segment="\x1c")


def segments(data: bytes, **limits: int) -> list[Segment]:
    return list(Tokenizer(io.BytesIO(data), Limits(**limits)))


def refused(data: bytes, **limits: int) -> str:
    with pytest.raises(X12Error) as caught:
        segments(data, **limits)
    return str(caught.value)


@pytest.mark.parametrize("delimiters", [Delimiters(), ODD, Delimiters(segment="\n"), Delimiters(segment="\r")])
@pytest.mark.parametrize("newline", ["", "\n", "\r\n", "\n\n"])
def test_separators_are_read_from_the_header(delimiters: Delimiters, newline: str) -> None:
    data = interchange(
        [("N1", "PR", "Ä Plan"), ("SVC", ("HC", "99213", "", "25"))], 0, delimiters=delimiters, newline=newline
    )
    isa, n1, svc, iea = segments(b"\xef\xbb\xbf\r\n" + data + b"\r\n\x1a")
    assert isa.delimiters == delimiters
    assert [(one.id, one.position) for one in (isa, n1, svc, iea)] == [("ISA", 1), ("N1", 2), ("SVC", 3), ("IEA", 4)]
    assert (n1.get(2), n1.get(3), svc.components(1), svc.components(2)) == ("Ä Plan", "", ("HC", "99213", "", "25"), ())


def test_repetitions_latin_1_and_lines_broken_at_80_columns() -> None:
    plain = interchange([("N1", "PR", "x" * 90)], 0).replace(b"x" * 90, b"M\xfcller^Z" + b"x" * 80)
    wrapped = b"\n".join(plain[n : n + 80] for n in range(0, len(plain), 80))
    assert wrapped.count(b"\n") > 1
    assert segments(plain)[1].repeats(2) == ("Müller", "Z" + "x" * 80)
    assert segments(b"ISA" + plain[3:])[1:] == segments(plain)[1:]
    assert [one.elements for one in segments(plain[:106] + wrapped[107:])] == [one.elements for one in segments(plain)]


def test_version_00401_has_no_repetitions() -> None:
    data = interchange([("N1", "A^B")], 0, delimiters=Delimiters(repetition=""))
    assert segments(data)[0].delimiters.repetition == ""
    assert segments(data)[1].repeats(1) == ("A^B",)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b" \r\n", "The file is empty."),
        (b"%PDF-1.7", "This isn't an X12 file: it doesn't begin with ISA."),
        (b"ISA", "Segment 1 (ISA): It is broken off or misspelt: it has 16 elements and 106 characters."),
        (b"ISA" + b"*" * 16 + b"**", "Segment 1 (ISA): It gives one character two meanings as separator."),
        (b"ISA" + b"*" * 16 + b":A", "Segment 1 (ISA): It names a separator that can't be one."),
        (b"ISA" + b"*" * 16 + b"\xe9~", "Segment 1 (ISA): It names a separator that can't be one."),
        (b"ISA" + b"*" * 16 + b"\n~", "Segment 1 (ISA): A line break may only end segments."),
        (interchange([("N1", "A")], 0) + b"hello", "After the end of the interchange stands something else."),
        (interchange([("n1", "A")], 0), "Segment 2: A segment can't be called 'n1'."),
        (
            interchange([("N1", "AB", "C")], 0).replace(b"B", b"\0"),
            "Segment 2 (N1), element N101: The element has a control character.",
        ),
    ],
)
def test_what_is_no_interchange_is_refused(data: bytes, said: str) -> None:
    assert refused(data) == said


def test_limits() -> None:
    long = interchange([("N1", "x" * 5000)], 0)
    assert refused(long) == "Segment 2: The segment is longer than 4096 bytes."
    assert len(segments(long, segment_bytes=6000)) == 3
    assert refused(long[:-20], segment_bytes=10**9, file_bytes=4000) == "Segment 1: The file is larger than 0 MB."
    many = interchange([("N1", *["a"] * 70)], 0)
    assert refused(many) == "Segment 2 (N1): The segment has more than 64 elements."
    assert refused(interchange([("N1", "a", ["b"] * 65)], 0)) == (
        "Segment 2 (N1), element N102: The element has more than 64 parts."
    )


def test_an_endless_file_is_refused_early() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b" " * size

    source = Endless()
    with pytest.raises(X12Error, match="larger than 1 MB"):
        list(Tokenizer(source, Limits(file_bytes=1024 * 1024)))
    assert source.given < 2 * 1024 * 1024


def test_writing_drops_empty_ends_and_refuses_separators() -> None:
    assert write("CLM", "A1", "100", "", "", ("11", "B", "1"), "Y", "", "") == "CLM*A1*100***11:B:1*Y~"
    assert write("SV1", ("HC", "99213", "", "", ""), "") == "SV1*HC:99213~"
    for value in ("A*B", "A:B", "A~B", "A^B", "A\nB", "A\0B"):
        with pytest.raises(X12Error) as caught:
            write("NM1", "85", ("x", value))
        assert (caught.value.segment_id, caught.value.element) == ("NM1", 2)
    assert write("NM1", "A~B", delimiters=ODD) == "NM1\x1dA~B\x1c"


def test_the_header_has_fixed_widths() -> None:
    text = write_isa(*ISA)
    assert len(text) == 106
    assert text == (
        "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *260302*0930*^*00501*000000017*0*P*:~"
    )
    with pytest.raises(X12Error, match="longer than 15"):
        write_isa(*ISA[:5], "X" * 16, *ISA[6:])
    with pytest.raises(X12Error, match="can't hold"):
        write_isa(*ISA[:5], "A*B", *ISA[6:])


TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="*:~^"), max_size=12).map(str.strip)


@given(st.lists(st.one_of(TEXTS, st.lists(TEXTS, min_size=1, max_size=5)), max_size=12))
def test_what_is_written_is_read_back(elements: list[str | list[str]]) -> None:
    (_, segment, _) = segments(interchange([("ZZ1", *elements)], 0))
    for number, value in enumerate(elements, start=1):
        if isinstance(value, str):
            assert segment.get(number) == value.strip()
        else:
            parts = [part.strip() for part in value]
            while parts and not parts[-1]:
                parts.pop()
            assert list(segment.components(number)) == parts


def test_errors_name_the_place_for_people_and_for_programs() -> None:
    payment = Payment([Claim("A", [Line(100)])])
    (_, _, _, bpr, *_) = segments(remittance(payment))
    error = bpr.error("It is wrong.", 2)
    assert str(error) == "Segment 4 (BPR), element BPR02: It is wrong."
    assert (error.reason, error.position, error.segment_id, error.element) == ("It is wrong.", 4, "BPR", 2)
