"""The 270 that is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.eligibility.inquiry import Inquiry, Person, write_270
from clinic.eligibility.x12 import read

pytestmark = pytest.mark.feature("D06")

MARIA = Person("Ibáñez", "María", "", date(1962, 3, 14), "female")
ASKED = Inquiry(
    trace_number="CR000001001",
    control_number=1001,
    asked_at=datetime(2026, 3, 9, 15, 4, tzinfo=UTC),
    sender_id="1234567893",
    payer_name="Prairie Health Plan",
    payer_id="PRA01",
    provider_name="Elm Street Family Clinic",
    provider_npi="1234567893",
    provider_tax_id="123456789",
    member_id="W 123-45",
    subscriber=MARIA,
    service_date=date(2026, 4, 3),
)


def test_the_patients_own_policy_on_the_day_of_service() -> None:
    assert write_270(ASKED).split("~") == [
        "ISA*00*          *00*          *ZZ*1234567893     *ZZ*PRA01          *260309*1504*^*00501*000001001*0*P*:",
        "GS*HS*1234567893*PRA01*20260309*1504*1*X*005010X279A1",
        "ST*270*0001*005010X279A1",
        "BHT*0022*13*CR000001001*20260309*1504",
        "HL*1**20*1",
        "NM1*PR*2*PRAIRIE HEALTH PLAN*****PI*PRA01",
        "HL*2*1*21*1",
        "NM1*1P*2*ELM STREET FAMILY CLINIC*****XX*1234567893",
        "HL*3*2*22*0",
        "TRN*1*CR000001001*9123456789",
        "NM1*IL*1*IBANEZ*MARIA****MI*W12345",
        "DMG*D8*19620314*F",
        "DTP*291*D8*20260403",
        "EQ*30^98",
        "SE*13*0001",
        "GE*1*1",
        "IEA*1*000001001",
        "",
    ]


def test_a_childs_question_names_the_subscriber_above_the_patient() -> None:
    child = Person("Ibanez", "Leo", "", date(2019, 12, 31), "unknown")
    lines = write_270(replace(ASKED, patient=child, relationship="child")).split("~")
    assert lines[8:17] == [
        "HL*3*2*22*1",
        "NM1*IL*1*IBANEZ*MARIA****MI*W12345",
        "DMG*D8*19620314*F",
        "HL*4*3*23*0",
        "TRN*1*CR000001001*9123456789",
        "NM1*03*1*IBANEZ*LEO",
        "DMG*D8*20191231",
        "INS*N*19",
        "DTP*291*D8*20260403",
    ]


@given(name=st.text(max_size=90), member=st.text(max_size=50))
@settings(max_examples=60, deadline=None)
def test_no_name_breaks_out_of_its_element(name: str, member: str) -> None:
    text = write_270(replace(ASKED, member_id=member, subscriber=replace(MARIA, family_name=name, given_name=name)))
    segments = read(text)
    assert [segment.name for segment in segments].count("NM1") == 3
    assert len(segments) == 17
    assert text.isascii()
