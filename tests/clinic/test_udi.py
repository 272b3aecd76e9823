"""Device identifiers read into their parts: the FDA's published examples, and what a tired eye makes of them."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.udi import GS, UDI, UnreadableUDI, parse_udi

pytestmark = pytest.mark.feature("F15")

#: FDA, "UDI formats by FDA-accredited issuing agency".
GS1 = UDI("GS1", "51022222233336", "A213B1", "1234", "", date(2014, 12, 31), date(2015, 7, 7))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("(01)51022222233336(11)141231(17)150707(10)A213B1(21)1234", GS1),
        (f"0151022222233336111412311715070710A213B1{GS}211234", GS1),
        (f"]d20151022222233336111412311715070710A213B1{GS}211234", GS1),
        (f"01510222222333361114123117150707240KNEE-7{GS}30012{GS}10A213B1{GS}211234", GS1),
        (
            "+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202C",
            UDI(
                "HIBCC",
                "H123PARTNO1234567890120",
                "LOT123456789012345",
                "XYZ456789012345678",
                "",
                date(2013, 2, 2),
                date(2020, 2, 2),
            ),
        ),
        (
            "=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123",
            UDI(
                "ICCBBA",
                "A9999XYZ100T0944",
                "000000000000XYZ123",
                "000025",
                "A99971312345600",
                date(2013, 2, 1),
                date(2014, 2, 1),
            ),
        ),
    ],
)
def test_the_published_examples(text: str, parts: UDI) -> None:
    assert parse_udi(f"  {text} ") == parts


@pytest.mark.parametrize(
    ("secondary", "parts"),
    [
        ("$LOT9", {"lot_number": "LOT9"}),
        ("$+SER9", {"serial_number": "SER9"}),
        ("$$0928LOT9", {"lot_number": "LOT9", "expiration_date": date(2028, 9, 30)}),
        ("$$2091528LOT9", {"lot_number": "LOT9", "expiration_date": date(2028, 9, 15)}),
        ("$$3280915LOT9", {"lot_number": "LOT9", "expiration_date": date(2028, 9, 15)}),
        ("$$528259LOT9", {"lot_number": "LOT9", "expiration_date": date(2028, 9, 15)}),
        ("$$+3280915SER9", {"serial_number": "SER9", "expiration_date": date(2028, 9, 15)}),
        ("$$8053280915LOT9", {"lot_number": "LOT9", "expiration_date": date(2028, 9, 15)}),
        ("$$7LOT9", {"lot_number": "LOT9"}),
        ("28259LOT9", {"lot_number": "LOT9", "expiration_date": date(2028, 9, 15)}),
        ("14D20280915", {"expiration_date": date(2028, 9, 15)}),
    ],
)
def test_the_ways_in_which_a_health_industry_label_dates(secondary: str, parts: dict[str, object]) -> None:
    assert parse_udi(f"+A123BJC5D6E71/{secondary}X") == UDI("HIBCC", "A123BJC5D6E71", **parts)  # type: ignore[arg-type]


def test_day_nought_is_the_last_of_its_month() -> None:
    assert parse_udi("(01)51022222233336(17)280200").expiration_date == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "does not begin"),
        ("Pacemaker", "does not begin"),
        ("(01)51022222233335", "mistyped"),
        ("(01)5102222223333", "fourteen digits"),
        ("(10)A213B1(01)51022222233336", "does not begin"),
        ("(01)51022222233336(17)151301", "no such month"),
        ("(01)51022222233336(17)150231", "not in the calendar"),
        ("(01)51022222233336(17)1507", "not six digits"),
        ("(01)51022222233336(17", "brackets"),
        ("015102222223333688ABC", "no part"),
        ("015102222223333610A213B1211234567890123456", "run together"),
        ("+1/", "not a labeler"),
        ("=/A9999XYZ100T094", "breaks off"),
        ("=/A9999XYZ100T0944=>0140", "breaks off"),
    ],
)
def test_what_can_not_be_read_is_told(text: str, says: str) -> None:
    with pytest.raises(UnreadableUDI, match=says):
        parse_udi(text)
