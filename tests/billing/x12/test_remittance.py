"""What an 835 says, field by field, and what is odd about it."""

from datetime import date
from decimal import Decimal as D

import pytest

from billing.x12 import remittance_records as records
from billing.x12.notes import Notes
from billing.x12.remittance import RemittanceReading, read_remittances
from billing.x12.remittance_records import origin
from billing.x12.segments import X12Error
from tests.billing.x12.builder import Claim, Line, Parts, Payment, envelope, file, message, remittance, segments_of

pytestmark = pytest.mark.feature("H11")
VERSION = "005010X221A1"
HEAD = segments_of(Payment([]))


def read(inner: list[Parts], version: str = VERSION) -> tuple[RemittanceReading, list[records.RemittanceClaim]]:
    (found,) = [
        (reading, list(reading.claims()))
        for reading in read_remittances(file(envelope("HP", version, message("835", inner))))
    ]
    return found


def notes(inner: list[Parts], version: str = VERSION) -> list[str]:
    return [("! " if note.serious else "") + str(note) for note in read(inner, version)[0].notes.kept]


def refused(inner: list[Parts]) -> str:
    with pytest.raises(X12Error) as caught:
        read(inner)
    return str(caught.value)


CLAIM = [
    ("CLP", "ACCT1", "19", "200", "110.50", "40.00", "12", "ICN1", "11", "7"),
    ("CAS", "CO", "45", "30.00", "", "253", "9.5", "1"),
    ("NM1", "QC", "1", "Doe", "Ann", "B", "", "Jr", "MI", "M1"),
    ("NM1", "74", "1", "Doe", "Anna", "", "", "", "C", "M2"),
    ("NM1", "82", "1", "Roe", "Kim", "", "", "", "XX", "1234567893"),
    ("NM1", "TT", "2", "Second Plan", "", "", "", "", "PI", "P2"),
    ("MOA", "", "", "MA01", "MA18"),
    ("MIA", "0", "", "", "100", "MA02", *[""] * 14, "N1", "", "N2"),
    ("REF", "F8", "OLD1"),
    ("REF", "EA", "MRN1"),
    ("DTM", "232", "20260201"),
    ("DTM", "233", "20260203"),
    ("DTM", "050", "20260210"),
    ("PER", "CX", "Help", "TE", "5185550101", "EM", "a@plan.example"),
    ("AMT", "AU", "150"),
    ("QTY", "CA", "2"),
    ("SVC", ("HC", "99213", "25", "59", "GT", "95", "Office visit"), "200", "150", "0450", "2", ("HC", "99214"), "3"),
    ("DTM", "150", "20260201"),
    ("DTM", "151", "20260202"),
    ("CAS", "PR", "1", "40.00", "", "2", "10"),
    ("REF", "6R", "L1"),
    ("AMT", "B6", "190"),
    ("QTY", "ZK", "1.5"),
    ("LQ", "HE", "N130"),
    ("LQ", "HE", "M15"),
]
PLB = ("PLB", "1234567893", "20261231", ("WO", "OLD1"), "12.25", ("L6",), "-3")


def test_the_head() -> None:
    inner = [*HEAD, PLB]
    inner[0] = (
        "BPR",
        "I",
        "-0.00",
        "C",
        "ACH",
        "CCP",
        "01",
        "999",
        "DA",
        "1",
        "151",
        "S",
        "01",
        "9",
        "DA",
        "2",
        "20260301",
    )
    inner.insert(2, ("CUR", "PR", "USD"))
    inner.insert(3, ("REF", "EV", "RCV1"))
    reading, claims = read(inner)
    head = reading.remittance
    assert (claims, head.control_number, head.version, head.position) == ([], "0001", VERSION, 3)
    assert head.payment == records.Payment("I", D("-0.00"), "C", "ACH", "CCP", "151", date(2026, 3, 1), "20260301", 4)
    assert head.trace == records.Trace("CHECK77", "1512345678", "", 5)
    assert (head.currency, head.receiver) == ("USD", "RCV1")
    assert head.produced == records.Dated("405", date(2026, 3, 1), "20260301", 8)
    payer, payee = head.payer, head.payee
    assert (payer.name, payer.id_qualifier, payer.identifier, payer.npi, payer.tax_id) == (
        "Good Health Plan", "XV", "12345", "", "",
    )  # fmt: skip
    assert payer.address == records.Address(("1 Main St",), "Albany", "NY", "12205", "", 10)
    assert payer.contacts == (records.Contact("BL", "Jane Roe", (("TE", "5185550100"),), 12),)
    assert (payee.name, payee.npi, payee.tax_id, payee.address) == ("Our Clinic", "1234567893", "141234567", None)
    assert reading.provider_adjustments == (
        records.ProviderAdjustment("1234567893", date(2026, 12, 31), "WO", "OLD1", D("12.25"), 16, 3),
        records.ProviderAdjustment("1234567893", date(2026, 12, 31), "L6", "", D(-3), 16, 5),
    )
    assert reading.notes.kept == []


def test_a_claim_and_its_line() -> None:
    reading, (claim,) = read([*HEAD, *CLAIM])
    assert reading.notes.kept == []
    assert (claim.patient_control_number, claim.status, claim.filing_indicator, claim.payer_claim_number) == (
        "ACCT1", "19", "12", "ICN1",
    )  # fmt: skip
    assert [str(one) for one in (claim.charge, claim.paid, claim.patient_responsibility)] == ["200", "110.50", "40.00"]
    assert (claim.facility_type, claim.frequency, claim.header_number, claim.position) == ("11", "7", "1", 14)
    assert (claim.forwarded, claim.denied, claim.reversal) == (True, False, False)
    assert claim.adjustments == (
        records.Adjustment("CO", "45", D("30.00"), None, 15, 2),
        records.Adjustment("CO", "253", D("9.5"), D(1), 15, 5),
    )
    assert claim.name("QC") == records.Name("QC", True, "Doe", "Ann", "B", "Jr", "MI", "M1", 16)
    assert [claim.name(entity).identifier for entity in ("74", "82", "TT")] == ["M2", "1234567893", "P2"]
    assert claim.name("IL") is None
    assert [(one.kind, one.code, one.element) for one in claim.remarks] == [
        ("MOA", "MA01", 3), ("MOA", "MA18", 4), ("MIA", "MA02", 5), ("MIA", "N1", 20), ("MIA", "N2", 22),
    ]  # fmt: skip
    assert [claim.reference(kind) for kind in ("F8", "EA", "6P")] == ["OLD1", "MRN1", ""]
    assert [claim.day(kind) for kind in ("232", "233", "050", "036")] == [
        date(2026, 2, 1), date(2026, 2, 3), date(2026, 2, 10), None,
    ]  # fmt: skip
    assert claim.contacts[0].numbers == (("TE", "5185550101"), ("EM", "a@plan.example"))
    assert claim.amounts + claim.quantities == (
        records.Supplement("AU", D(150), 28), records.Supplement("CA", D(2), 29),
    )  # fmt: skip
    (line,) = claim.lines
    assert line.procedure == records.Procedure("HC", "99213", ("25", "59", "GT", "95"), "Office visit", 30, 1)
    assert line.submitted == records.Procedure("HC", "99214", (), "", 30, 6)
    assert (line.charge, line.paid, line.revenue_code) == (D(200), D(150), "0450")
    assert (line.units_paid, line.units_original, line.control_number, line.allowed) == (D(2), D(3), "L1", D(190))
    assert (line.first_day, line.last_day) == (date(2026, 2, 1), date(2026, 2, 2))
    assert [(one.group, one.reason, one.amount) for one in line.adjustments] == [("PR", "1", D(40)), ("PR", "2", D(10))]
    assert [(one.kind, one.code) for one in line.remarks] == [("HE", "N130"), ("HE", "M15")]
    assert line.quantities == (records.Supplement("ZK", D("1.5"), 36),)


def test_every_value_knows_its_element() -> None:
    reading, (claim,) = read([*HEAD, *CLAIM])
    assert origin(claim, "paid") == "Segment 14 (CLP), element CLP04"
    assert origin(claim.lines[0], "units_original") == "Segment 30 (SVC), element SVC07"
    assert origin(reading.remittance.payment, "day") == "Segment 4 (BPR), element BPR16"
    assert origin(claim.references[0], "value") == "Segment 22 (REF), element REF02"


def changed(position: int, element: int, value: str) -> list[Parts]:
    """The example with one element changed; position as in the interchange."""
    inner = [list(segment) for segment in [*HEAD, *CLAIM, PLB]]
    inner[position - 4] += [""] * (element + 1 - len(inner[position - 4]))
    inner[position - 4][element] = value
    return [tuple(segment) for segment in inner]


BAD_NUMBERS = [
    "1,000.00",
    "$5",
    "1e3",
    "+5",
    "NaN",
    "Infinity",
    "1.2.3",
    "--5",
    "5-",
    "0x10",
    "٣",
    "1 000",
    "€5",
    "9" * 16,
]


@pytest.mark.parametrize("value", BAD_NUMBERS)
@pytest.mark.parametrize(
    ("position", "segment_id", "element"), [(14, "CLP", 4), (15, "CAS", 3), (30, "SVC", 5), (39, "PLB", 4)]
)
def test_what_is_no_number_is_refused(position: int, segment_id: str, element: int, value: str) -> None:
    place = f"Segment {position} ({segment_id}), element {segment_id}{element:02}"
    assert refused(changed(position, element, value)) == f"{place}: {value!r} is not a number."


@pytest.mark.parametrize(
    ("position", "element", "value", "said"),
    [
        (4, 2, "", "Segment 4 (BPR), element BPR02: The amount is missing."),
        (14, 3, "", "Segment 14 (CLP), element CLP03: The amount is missing."),
        (14, 4, "1.005", "Segment 14 (CLP), element CLP04: 1.005 has fractions of a cent."),
        (15, 3, "", "Segment 15 (CAS), element CAS03: The amount is missing."),
        (15, 1, "COX", "Segment 15 (CAS), element CAS01: 'COX' is no group of reasons: that has two characters."),
        (15, 2, "123456", "Segment 15 (CAS), element CAS02: '123456' is no reason: that has five characters at most."),
        (39, 4, "", "Segment 39 (PLB), element PLB04: The amount is missing."),
        (13, 0, "CAS", "Segment 13 (CAS): CAS stands where it has no meaning."),
        (13, 0, "SVC", "Segment 13 (SVC): SVC stands outside of a claim (CLP)."),
        (20, 0, "BPR", "Segment 20 (BPR): BPR stands where it has no meaning."),
        (20, 0, "N1", "Segment 20 (N1): N1 stands outside of a claim (CLP)."),
        (5, 0, "REF", "Segment 3 (ST): There is no TRN segment."),
        (5, 0, "BPR", "Segment 3 (ST): There is more than one BPR segment."),
    ],
)
def test_what_would_make_money_doubtful_is_refused(position: int, element: int, value: str, said: str) -> None:
    assert refused(changed(position, element, value)) == said


def test_other_money_than_dollars_is_refused() -> None:
    for told, said in (("CAD", "CAD"), ("", "an unnamed currency")):
        assert refused([*HEAD[:2], ("CUR", "PR", told), *HEAD[2:]]) == (
            f"Segment 6 (CUR), element CUR02: The amounts are in {said}, not in dollars."
        )


def test_nothing_but_plb_follows_plb() -> None:
    assert refused([*HEAD, PLB, *CLAIM]) == (
        "Segment 15 (CLP): CLP stands after the provider adjustments (PLB), which come last."
    )


@pytest.mark.parametrize(
    ("position", "element", "value", "said"),
    [
        (4, 16, "20262301", "Segment 4 (BPR), element BPR16: '20262301' is not a date."),
        (4, 2, "-5", "! Segment 4 (BPR), element BPR02: The payment is negative."),
        (4, 3, "X", "! Segment 4 (BPR), element BPR03: X says neither credit nor debit."),
        (5, 2, "", "! Segment 5 (TRN), element TRN02: The payment has no trace number."),
        (
            7,
            1,
            "XX",
            "Segment 7 (N1), element N101: It names neither the payer nor the payee, or one again; passed over.",
        ),
        (12, 0, "XYZ", "Segment 12 (XYZ): XYZ is not known at this place and was passed over."),
        (14, 1, "", "Segment 14 (CLP), element CLP01: The claim has no patient control number."),
        (14, 2, "99", "! Segment 14 (CLP), element CLP02: 99 is not a claim status of the guide."),
        (14, 2, "22", "! Segment 14 (CLP), element CLP03: A positive charge in a reversal."),
        (14, 3, "-200", "! Segment 14 (CLP), element CLP03: A negative charge in a claim that is no reversal."),
        (14, 3, "201", "! Segment 14 (CLP), element CLP03: The charges of its lines add up to 200, not to 201."),
        (15, 2, "", "! Segment 15 (CAS), element CAS02: An amount without a reason."),
        (25, 2, "x", "Segment 25 (DTM), element DTM02: 'x' is not a date."),
        (28, 2, "", "Segment 28 (AMT), element AMT02: The amount is missing."),
        (30, 1, "HC", "! Segment 30 (SVC), element SVC01: HC is not a procedure: a kind of code and a code."),
        (30, 5, "-2", "! Segment 30 (SVC), element SVC05: Negative units in a claim that is no reversal."),
        (30, 7, "-2", "! Segment 30 (SVC), element SVC07: Negative units in a claim that is no reversal."),
        (30, 1, "HC>99213", "Segment 30 (SVC), element SVC01: It is split at '>', not at ':' as the ISA announces."),
        (39, 2, "20261301", "Segment 39 (PLB), element PLB02: '20261301' is not a date."),
    ],
)
def test_what_is_odd_is_noted(position: int, element: int, value: str, said: str) -> None:
    assert said in notes(changed(position, element, value))


def test_more_oddities() -> None:
    assert notes(HEAD, "004010X091A1") == [
        "Segment 3 (ST): Version 004010X091A1 is not 005010X221; read as far as they agree."
    ]
    assert notes(HEAD[:3]) == ["! Segment 3 (ST): The payer is not named.", "! Segment 3 (ST): The payee is not named."]
    seven = ("CAS", "CO", *[element for n in range(7) for element in (str(n + 1), "0", "")])
    assert notes([*HEAD, CLAIM[0], seven, *CLAIM[2:]]) == [
        "Segment 15 (CAS), element CAS20: It has more than six reasons."
    ]


def test_negative_units_are_right_in_a_reversal() -> None:
    inner = changed(14, 2, "22")
    inner[10] = ("CLP", "ACCT1", "22", "-200", "-110.50")
    inner[26] = ("SVC", ("HC", "99213"), "-200", "-150", "", "-2")
    reading, (claim,) = read(inner)
    assert (reading.notes.kept, claim.reversal, claim.lines[0].units_paid) == ([], True, D(-2))


def test_an_endless_claim_is_refused() -> None:
    assert refused([*HEAD, CLAIM[0], *[("REF", "EA", "1")] * 20_001]).endswith(
        "More than 20000 segments belong together."
    )


def test_a_file_of_several_and_of_others() -> None:
    one, two = (message("835", segments_of(Payment([Claim(n, [Line(100)])])), n) for n in ("1", "2"))
    kept = Notes()
    found = []
    for reading in read_remittances(file(envelope("HP", VERSION, one, message("850", [], "7"), two)), notes=kept):
        found.append((reading.remittance.control_number, [claim.patient_control_number for claim in reading.claims()]))
    assert found == [("1", ["1"]), ("2", ["2"])]
    assert [str(note) for note in kept.kept] == [
        "Segment 20 (ST), element ST01: The message 850 is no remittance and was passed over."
    ]
    with pytest.raises(X12Error, match="There is no remittance"):
        list(read_remittances(file(envelope("FA", "005010X231A1", message("999", [])))))


def test_a_debit_counts_against_the_payee() -> None:
    payment = Payment([], [("WO", 500)])
    ((reading, _),) = [(one, list(one.claims())) for one in read_remittances(file(remittance(payment)))]
    assert (reading.remittance.payment.amount, reading.remittance.payment.signed) == (D("5.00"), D("-5.00"))
