"""Importers of the clinic's own files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from emr.codes.importers.rows import ConceptRow, LoadError
from emr.codes.systems.registry import SYSTEMS
from tests.emr.codes.samples import written


def rows(system: str, path: Path) -> list[ConceptRow]:
    read = SYSTEMS[system].from_file
    assert read is not None
    return list(read(path).rows())


def complaint(system: str, path: Path) -> str:
    with pytest.raises(LoadError) as caught:
        rows(system, path)
    return caught.value.message


def test_services_come_with_their_kind_and_period(tmp_path: Path) -> None:
    path = written(
        tmp_path, "own.csv", "code,display,kind,valid_from\nG0438,Yearly visit,visit,2026-01-01\n25,Apart,modifier,\n"
    )
    assert rows("hcpcs", path) == [
        ConceptRow("G0438", "Yearly visit", properties={"kind": "visit"}, valid_from=date(2026, 1, 1)),
        ConceptRow("25", "Apart", properties={"kind": "modifier"}),
    ]


@pytest.mark.parametrize(
    ("system", "code"), [("hcpcs", "99213"), ("cpt", "G0438"), ("rxnorm", "A1"), ("snomed", "123"), ("cvx", "1")]
)
def test_a_code_of_another_system_is_refused(system: str, code: str, tmp_path: Path) -> None:
    path = written(tmp_path, "own.csv", f"code,display,status\n{code},Something,Active\n")
    assert complaint(system, path).endswith(f"Line 2, column code: “{code}” is not a code of this system.")


@pytest.mark.parametrize(
    ("system", "code"), [("cpt", "99213"), ("cpt", "0001U"), ("rxnorm", "1049221"), ("snomed", "44054006")]
)
def test_plain_lists(system: str, code: str, tmp_path: Path) -> None:
    path = written(tmp_path, "own.csv", f"code,display\n{code},What it is\n")
    assert rows(system, path) == [ConceptRow(code, "What it is")]


def fixed(code: str, kind: str, text: str, short: str = "") -> str:
    """A line of CMS's alpha-numeric HCPCS file."""
    return f"{code:>5}00100{kind}{text:<80}{short:<28}".ljust(320) + "\n"


def test_the_fixed_width_file_of_cms(tmp_path: Path) -> None:
    text = (
        fixed("A0021", "3", "Ambulance service, outside state per", "Outside state ambulance serv")
        + fixed("A0021", "4", "mile, transport")
        + fixed("LT", "7", "Left side", "Left side")
    )
    assert rows("hcpcs", written(tmp_path, "HCPC2026.txt", text)) == [
        ConceptRow(
            "A0021",
            "Ambulance service, outside state per mile, transport",
            "Outside state ambulance serv",
            properties={"kind": "procedure"},
        ),
        ConceptRow("LT", "Left side", "Left side", properties={"kind": "modifier"}),
    ]


def test_a_fixed_line_that_continues_nothing_is_told(tmp_path: Path) -> None:
    text = fixed("A0021", "3", "Ambulance service") + fixed("A0022", "4", "mile") + fixed("A0021", "3", "Again")
    message = complaint("hcpcs", written(tmp_path, "HCPC2026.txt", text))
    assert message.splitlines() == [
        "HCPC2026.txt was not loaded.",
        "Line 2: is neither the start of a code nor a continuation of the one above.",
        "Line 3, column code: “A0021” is in line 1 already.",
    ]


CVX = """<?xml version="1.0" encoding="ISO-8859-1"?>
<CVXCodes>
  <CVXInfo><ShortDescription>MMR</ShortDescription><FullVaccinename>measles, mumps and rubella</FullVaccinename>
    <CVXCode>03        </CVXCode><Notes/><Status>Active</Status></CVXInfo>
  <CVXInfo><ShortDescription>OPV</ShortDescription><FullVaccinename>opv</FullVaccinename>
    <CVXCode>02        </CVXCode><Notes/><Status>Never Active</Status></CVXInfo>
</CVXCodes>
"""


def test_the_vaccine_file_of_the_cdc(tmp_path: Path) -> None:
    assert rows("cvx", written(tmp_path, "cvx.xml", CVX)) == [
        ConceptRow("03", "MMR", "measles, mumps and rubella", common=1, properties={"status": "active"}),
        ConceptRow("02", "OPV", selectable=False, properties={"status": "never active"}),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CVX.replace("Never Active", "Odd"), "Line 2, column status: (entry 2 of the file) “odd” is not one of"),
        (CVX.replace(">02 ", ">03 "), "Line 2, column code: (entry 2 of the file) “03” is in line 1 already."),
        (CVX[:200], "is not well-formed XML"),
        (CVX.replace("<CVXCodes>", "<!DOCTYPE x [<!ENTITY a 'b'>]><CVXCodes>"), "declares a document type"),
        ("<CVXCodes/>", "the file holds no codes"),
    ],
)
def test_a_wrong_vaccine_file_is_refused(text: str, expected: str, tmp_path: Path) -> None:
    assert expected in complaint("cvx", written(tmp_path, "cvx.xml", text))


def test_the_taxonomy_as_nucc_publishes_it(tmp_path: Path) -> None:
    path = tmp_path / "nucc.csv"
    heading = "Code,Grouping,Classification,Specialization,Definition,Notes,Display Name,Section\n"
    path.write_bytes(
        (
            heading
            + '207QA0000X,Group,Class,Special,"A – definition",,,Individual\n193200000X,Group,Class,,x,,Shown,x\n'
        ).encode("cp1252")
    )
    assert rows("nucc-taxonomy", path) == [
        ConceptRow("207QA0000X", "Class, Special", "Group"),
        ConceptRow("193200000X", "Shown", "Group"),
    ]


def test_the_real_vaccine_file_equals_what_is_shipped(real_data: Path) -> None:
    shipped = SYSTEMS["cvx"].shipped
    assert shipped is not None
    ours = {row.code: row for row in shipped().rows()}
    assert {row.code: row for row in rows("cvx", real_data / "codes/cdc-immunization/cvx.xml")} == ours


@pytest.mark.feature("H20")
def test_payers_remarks_of_the_clinics_own_file(tmp_path: Path) -> None:
    long = "No record " * 60
    path = written(tmp_path, "own.csv", f"code,description,start,stop\nMA01,Ask again,1997-01-01,\nN115,{long},,\n")
    first, second = rows("rarc", path)
    assert first == ConceptRow("MA01", "Ask again", properties={}, valid_from=date(1997, 1, 1))
    assert (second.code, len(second.display), second.properties) == ("N115", 500, {"text": long.strip()})
    faults = {"45,Of another list,,": "column code: “45” is not a code", "N1,Back,2020-01-02,2020-01-01": "is before"}
    for line, words in faults.items():
        assert words in complaint("rarc", written(tmp_path, "own.csv", f"code,description,start,stop\n{line}\n"))
