"""The 271 that comes back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.eligibility.answer import Answer, Rejected, Unreadable, parse_271

pytestmark = pytest.mark.feature("D06")

DAY = date(2026, 4, 3)
OPENING = (
    "ISA*00*          *00*          *ZZ*PRA01          *ZZ*1234567893     *260309*1505*^*00501*000000007*0*P*:~"
    "GS*HB*PRA01*1234567893*20260309*1505*1*X*005010X279A1~"
)


def reply(*said: str, head: str = "", trace: str = "CR1") -> str:
    """A whole 271 around what the payer says of the subscriber."""
    body = [
        "ST*271*0001*005010X279A1",
        "BHT*0022*11*CR1*20260309*1505",
        "HL*1**20*1",
        "NM1*PR*2*PRAIRIE*****PI*PRA01",
        "HL*2*1*21*1",
        "NM1*1P*2*ELM STREET*****XX*1234567893",
        "HL*3*2*22*0",
        f"TRN*2*{trace}*9123456789",
        "NM1*IL*1*IBANEZ*MARIA****MI*W12345",
        *([head] if head else []),
        *said,
    ]
    return OPENING + "".join(f"{line}~" for line in [*body, f"SE*{len(body) + 1}*0001", "GE*1*1", "IEA*1*000000007"])


def parsed(*said: str, **more: str) -> Answer:
    return parse_271(reply(*said, **more), trace_number="CR1", service_date=DAY)


def test_an_active_plan_with_its_copay_deductible_and_coinsurance() -> None:
    answer = parsed(
        "DTP*291*RD8*20260101-20261231",
        "EB*1**30**CHOICE PPO",
        "EB*B*IND*98***27*75*****N",
        "EB*B*IND*30***27*99*****Y",
        "EB*B*FAM*98***27*35*****Y",
        "EB*B*IND*98^BZ***27*30*****Y",
        "EB*A*IND*30****0*.2****Y",
        "EB*C*IND*30***23*1500.50*****Y",
        "EB*C*IND*30***29*1100*****Y",
    )
    assert (answer.inforce, answer.plan_name, answer.start, answer.end) == (
        True,
        "CHOICE PPO",
        date(2026, 1, 1),
        date(2026, 12, 31),
    )
    assert (answer.copay, answer.coinsurance) == (Decimal(30), Decimal(20))
    assert (answer.deductible, answer.deductible_remaining) == (Decimal("1500.50"), Decimal(1100))
    assert len(answer.benefits) == 8


@pytest.mark.parametrize(
    ("said", "inforce"),
    [
        (("EB*6**30",), False),
        (("DTP*347*D8*20260402", "EB*1**30"), False),
        (("DTP*347*D8*20260403", "EB*1**30"), True),
        (("DTP*346*D8*20260404", "EB*1**30"), False),
        (("EB*1**30", "DTP*291*RD8*20250101-20251231"), False),
        (("EB*1**98", "EB*6**30"), False),
    ],
    ids=[
        "inactive",
        "ended the day before",
        "last day",
        "begins the day after",
        "dates below the benefit",
        "plan first",
    ],
)
def test_in_force_means_on_the_day_of_service(said: tuple[str, ...], inforce: bool) -> None:
    assert parsed(*said).inforce is inforce


def test_month_and_day_are_read_in_their_order_and_never_turned() -> None:
    assert parsed("DTP*346*D8*20260203", "EB*1**30").start == date(2026, 2, 3)
    with pytest.raises(Unreadable, match=r"Segment 12 \(DTP\) holds a date that does not exist"):
        parsed("DTP*346*D8*20261301", "EB*1**30")


@pytest.mark.parametrize(
    ("code", "follow_up", "words"),
    [
        (
            "75",
            "C",
            "The payer does not find the subscriber. Compare the policy with the card, correct it, and check again.",
        ),
        ("42", "R", "The payer's system is not answering at the moment. Try again later."),
        ("71", "", "The date of birth is not the one that the payer has."),
        ("ZZ", "", "The payer refused the question (code ZZ)."),
    ],
    ids=["not found", "down", "birth date", "unknown"],
)
def test_a_rejection_says_why_in_our_words(code: str, follow_up: str, words: str) -> None:
    with pytest.raises(Rejected) as refused:
        parsed(f"AAA*N**{code}*{follow_up}")
    assert (refused.value.code, refused.value.words) == (code, words)


def test_an_answer_to_another_question_or_about_another_person_is_none() -> None:
    with pytest.raises(Unreadable, match="another question"):
        parsed("EB*1**30", trace="CR2")
    text = reply("EB*1**30", head="DMG*D8*19620315*F")
    with pytest.raises(Unreadable, match="another date of birth"):
        parse_271(text, trace_number="CR1", service_date=DAY, birth_date=date(1962, 3, 14))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "does not begin with an ISA"),
        ("<html>502</html>", "does not begin with an ISA"),
        (reply("EB*1**30").replace("SE*11*", "SE*12*"), r"Segment 13 \(SE\) counts 12"),
        (
            reply("EB*1**30").replace("IEA*1*000000007", "IEA*1*000000008"),
            "control numbers of segments 1 and 15 differ",
        ),
        (reply("EB*1**30").replace("ST*271", "ST*999"), "transaction 999"),
        (reply("MSG*HELLO"), "says nothing about coverage"),
        (reply("EB*1**30", "EB*B*IND*98***27*TEN"), "an amount that is no number"),
        (reply("EB*1**30", "EB*B*IND*98***27*-10"), "an amount that can not be"),
        (reply("EB*1**30", "DTP*291*RD8*20261231-20260101"), "ends before it begins"),
    ],
    ids=["empty", "a web page", "count", "control", "kind", "silent", "word", "negative", "turned"],
)
def test_what_is_broken_is_named_with_its_place(text: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        parse_271(text, trace_number="CR1", service_date=DAY)


@given(cut=st.integers(0, 600), noise=st.text(max_size=30))
@settings(max_examples=150, deadline=None)
def test_no_truncated_or_noisy_answer_is_taken_for_one(cut: int, noise: str) -> None:
    text = reply("DTP*291*RD8*20260101-20261231", "EB*1**30", "EB*B*IND*98***27*30*****Y")
    broken = text[:cut] + noise
    if broken.rstrip("\r\n").startswith(text.rstrip("~")):
        return
    with pytest.raises((Unreadable, Rejected)):
        parse_271(broken, trace_number="CR1", service_date=DAY)
