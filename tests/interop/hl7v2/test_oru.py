"""Result messages, as laboratories write them and as they shouldn't."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from interop.hl7v2.oru import Coded, Identifier, Subject, UnreadableMessage, read

pytestmark = pytest.mark.feature("F10")

ZONE = ZoneInfo("America/New_York")
HEAD = "MSH|^~\\&|LAB|NORTH|EMR|CLINIC|20260309083000||ORU^R01^ORU_R01|C-1|P|2.5.1"
WHO = "PID|1||A1^^^NORTH^MR~B2^^^^PI~^^^EMPTY^MR||O'Neil^Ann^M||19540309|F"
ORDER = "OBR|1|L001001^EMR|F-77^NORTH|24323-8^Metabolic panel^LN|||20260309070000|||||||||||||||20260309082500|||P"


def message(*rows: str) -> str:
    return "\r".join((HEAD, WHO, ORDER, *rows))


def test_the_parts_of_a_message() -> None:
    found = read(
        message(
            "NTE|1||Fasting",
            "OBX|1|NM|2345-7^Glucose^LN||182|mg/dL|70-105|H~A|||F|||20260309070500-0500",
            "NTE|1||Repeated",
            "NTE|2||and checked",
        ),
        ZONE,
    )
    assert (found.sender, found.control_id) == ("LAB NORTH", "C-1")
    assert found.sent_at == datetime(2026, 3, 9, 8, 30, tzinfo=ZONE)
    assert found.subject == Subject(
        (Identifier("A1", "NORTH", "MR"), Identifier("B2", "", "PI")), "O'Neil", "Ann", date(1954, 3, 9), "F"
    )
    (report,) = found.reports
    assert (report.placer, report.filler, report.filler_authority, report.status) == ("L001001", "F-77", "NORTH", "P")
    assert (report.code, report.notes) == (Coded("24323-8", "Metabolic panel", "LN"), ("Fasting",))
    assert report.reported_at == datetime(2026, 3, 9, 8, 25, tzinfo=ZONE)
    (result,) = report.results
    assert (result.number, result.comparator, result.unit, result.range) == (Decimal(182), "", "mg/dL", "70-105")
    assert (result.flags, result.status) == (("H", "A"), "F")
    assert result.observed_at == datetime(2026, 3, 9, 12, 5, tzinfo=ZoneInfo("UTC"))
    assert result.notes == ("Repeated", "and checked")


@pytest.mark.parametrize(
    ("kind", "value", "comparator", "number", "text"),
    [
        ("NM", "7.0", "", "7.0", ""),
        ("NM", "<7.0", "<", "7.0", ""),
        ("ST", "<7.0", "<", "7.0", ""),
        ("ST", ">= 90", ">=", "90", ""),
        ("SN", "<^7.0", "<", "7.0", ""),
        ("SN", "^182", "", "182", ""),
        ("SN", "^1^:^128", "", None, "1:128"),
        ("SN", ">^1^:^640", "", None, ">1:640"),
        ("SN", "^2^+", "", None, "2+"),
        ("NM", "", "", None, ""),
        ("NM", "hemolyzed", "", None, "hemolyzed"),
        ("NM", "1e400", "", None, "1e400"),
        ("TX", "No growth~after 48 hours", "", None, "No growth\nafter 48 hours"),
        ("NM", "9" * 21, "", None, "9" * 21),
        ("FT", "A \\T\\ B", "", None, "A & B"),
        ("FT", "one\\.br\\two\\.sp 2\\\\H\\three\\N\\ \\X41C2B5\\", "", None, "one\ntwo\n\nthree A\u00b5"),
        ("TX", "1\\2 of it, C:\\x\\y^z&1", "", None, "1\\2 of it, C:\\x\\y^z&1"),
        ("TX", "a\\.br99999999999\\b\\X00\\", "", None, "a\\.br99999999999\\b"),
        ("CWE", "A^Alpha^L~B^Beta^L", "", None, "Alpha\nBeta"),
        (
            "ED",
            "^application^pdf^Base64^JVBERi0=",
            "",
            None,
            "A file (application pdf) came in place of a value; the message keeps it.",
        ),
        ("DT", "20260309", "", None, "09-Mar-2026"),
        ("TS", "202603090705", "", None, "09-Mar-2026 07:05"),
    ],
)
def test_values_stay_what_they_were(kind: str, value: str, comparator: str, number: str | None, text: str) -> None:
    """The digits are kept as sent; a bound is a bound; what is no number is text, never nought."""
    result = read(message(f"OBX|1|{kind}|2345-7^Glucose^LN||{value}"), ZONE).reports[0].results[0]
    assert (result.comparator, str(result.number) if result.number is not None else None) == (comparator, number)
    assert result.text == text


def test_what_is_broken_on_the_way_is_mended_or_refused() -> None:
    """A text that was broken into lines is whole again; a unit without a code is one; a time that is none is none; a
    result without a name is kept; what ends within a result is refused, lest 138 be read as 13."""
    broken = message("OBX|1|TX|1^Culture^L||No growth\nafter 48 hours\n\nFinal||||||F", "OBX|2|NM|||5|^g/L|||||F")
    culture, nameless = read(broken, ZONE).reports[0].results
    assert (culture.text, culture.status) == ("No growth\nafter 48 hours\nFinal", "F")
    assert (nameless.number, nameless.unit, nameless.code) == (Decimal(5), "g/L", Coded())
    for moment in ("20260309070000+9999", "99990309", "00010101", "20261309"):
        assert read(message().replace("20260309070000", moment), ZONE).reports[0].observed_at is None
    whole = message("OBX|1|NM|1^A^L||4|mmol/L|||||F", "OBX|2|NM|2951-2^Sodium^LN||138|mmol/L|||||F")
    assert len(read(whole, ZONE).reports[0].results) == 2
    for cut in (whole[: whole.index("38|mmol")], whole[: whole.index("138")], whole[: whole.rindex("|F")]):
        with pytest.raises(UnreadableMessage, match="cut off"):
            read(cut, ZONE)


def test_hostile_messages_are_read_or_refused_and_never_written_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(7)  # noqa: S311  the same hostile messages each time
    rows = (
        "OBX|1|CWE|94558-4^SARS^LN||260373001^Detected^SCT|||A~H|||F",
        "NTE|1||A\\F\\B",
        "OBX|2|SN|1^A^L||>^1^:^8||||||F",
    )
    plain = message(*rows)
    refused = 0
    for _ in range(1500):
        text = list(plain)
        for _ in range(chance.randrange(1, 8)):
            at = chance.randrange(len(text))
            text[at : at + chance.choice((0, 1, 1, 30))] = chance.choice("|^~\\&\r\n\x00\x0b\x1cM9.+\u00e9")
        try:
            read("".join(text), ZONE)
        except UnreadableMessage:
            refused += 1
    assert 0 < refused < 1500
    assert caplog.text == ""


def test_loinc_goes_before_a_code_of_the_laboratory() -> None:
    result = read(message("OBX|1|NM|GLU^Glucose^L^2345-7^Glucose in blood^LN||182"), ZONE).reports[0].results[0]
    assert result.code == Coded("2345-7", "Glucose in blood", "LN")


def test_a_coded_answer() -> None:
    result = read(message("OBX|1|CWE|94558-4^SARS-CoV-2^LN||260373001^Detected^SCT"), ZONE).reports[0].results[0]
    assert (result.answer, result.text) == (Coded("260373001", "Detected", "SCT"), "")


def test_several_reports_and_an_order_number_that_stands_in_the_common_order() -> None:
    found = read(
        "\n".join(
            (HEAD, WHO, "ORC|RE|L001002|F-78", "OBR|1|||1^Panel^L", "OBX|1|NM|2^A^L||1", ORDER, "OBX|1|NM|3^B^L||2")
        ),
        ZONE,
    )
    assert [(row.placer, row.filler, len(row.results)) for row in found.reports] == [
        ("L001002", "F-78", 1),
        ("L001001", "F-77", 1),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "MSH"),
        ("PID|1", "MSH"),
        ("MSH", "MSH"),
        ("MSH|^~\\&|LAB|NORTH", "MSH-9"),
        (HEAD.replace("ORU^R01^ORU_R01", "ADT^A01") + "\r" + WHO + "\r" + ORDER, "MSH-9: ADT"),
        (HEAD.replace("C-1", "") + "\r" + WHO + "\r" + ORDER, "MSH-10"),
        (HEAD + "\r" + ORDER, "PID"),
        (HEAD + "\r" + WHO, "OBR"),
        (HEAD + "\r" + WHO + "\rOBR|1|L1|F1", "OBR-4"),
        (HEAD + "\r" + WHO + "\r" + ORDER + "\r" + WHO + "\r" + ORDER, "PID: the message is about several"),
    ],
)
def test_what_is_no_result_message_is_refused_by_segment(content: str, says: str) -> None:
    with pytest.raises(UnreadableMessage, match=says.replace("^", r"\^")):
        read(content, ZONE)


def test_real_messages_are_read_whole(real_data: Path) -> None:
    """Every ORU^R01 among them, with each observation of its reports."""
    texts = {path.name: _text(path) for path in sorted((real_data / "hl7v2").glob("*.hl7"))}
    results = {name: text for name, text in texts.items() if "|ORU^R01" in text}
    for name, text in results.items():
        found = read(text, ZONE)
        assert found.subject.family_name, name
        assert sum(len(report.results) for report in found.reports) == _observations(text), name
    assert len(results) == 12
    for name in texts.keys() - results.keys():
        with pytest.raises(UnreadableMessage, match="is no result message"):
            read(texts[name], ZONE)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _observations(text: str) -> int:
    """Those of reports that say what was observed; before the first report stands what is about patient and paper."""
    lines = text.split("\n")
    first = next(place for place, line in enumerate(lines) if line.startswith("OBR|"))
    return sum(line.startswith("OBX|") and bool(line.split("|")[3].strip("^")) for line in lines[first:])
