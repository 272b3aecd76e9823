"""TA1, 999 and 277CA: each claim comes to stand where it is said to, with the reason."""

from __future__ import annotations

import io

import pytest

from billing.actions.acknowledgements import take_in_acknowledgements
from billing.actions.settling import move_claim
from billing.choices import ClaimState
from billing.models import Claim, ClaimAcknowledgement, ClaimBatch, ClaimBatchItem, TradingPartner
from billing.x12.segments import X12Error
from emr.accounts.models import User
from tests.billing.x12.builder import ISA, Parts, envelope, interchange, message
from tests.factories.billing import submitted
from tests.factories.claims import TradingPartnerFactory
from tests.factories.remittances import ReceivedFileFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H10")]
LEVELS: list[Parts] = [
    ("BHT", "0085", "08", "277X1", "20260302", "0930", "TH"),
    ("HL", "1", "", "20", "1"),
    ("NM1", "PR", "2", "Good Health Plan", "", "", "", "", "PI", "12345"),
    ("HL", "2", "1", "21", "1"),
    ("NM1", "41", "2", "Our Clinic", "", "", "", "", "46", "S1"),
    ("HL", "3", "2", "19", "1"),
    ("NM1", "85", "2", "Our Clinic", "", "", "", "", "XX", "1234567893"),
]


def take_in(by: User, content: bytes) -> list[ClaimAcknowledgement]:
    return take_in_acknowledgements(by=by, file=ReceivedFileFactory(kind="other"), content=io.BytesIO(content))


def batch_of(by: User, *claims: Claim, number: int = 417) -> ClaimBatch:
    partner: TradingPartner = TradingPartner.objects.first() or TradingPartnerFactory()
    made = ClaimBatch.objects.create(
        created_by=by,
        style="x12",
        partner=partner,
        control_number=number,
        envelope={},
    )
    ClaimBatchItem.objects.bulk_create(
        ClaimBatchItem(batch=made, claim=claim, position=n) for n, claim in enumerate(claims, 1)
    )
    return made


def of_claim(number: int, claim: Claim, status: str, action: str, *more: Parts) -> list[Parts]:
    return [
        ("HL", str(number), "3", "PT"),
        ("NM1", "QC", "1", "Doe", "Ann", "", "", "", "MI", "M1"),
        ("TRN", "2", claim.number),
        ("STC", (status, "20", "PR"), "20260302", action, "50"),
        *more,
    ]


def state_of(claim: Claim) -> tuple[str, str, str]:
    claim.refresh_from_db()
    return claim.state, claim.state_reason, claim.payer_control_number


def test_277ca_accepts_under_the_payers_number_and_rejects_with_the_codes(biller: User) -> None:
    taken, refused = submitted(biller), submitted(biller)
    inner = [*LEVELS, *of_claim(4, taken, "A2", "WQ", ("REF", "1K", "ICN7")), *of_claim(5, refused, "A7", "U")]
    content = envelope("HN", "005010X214", message("277", inner))
    assert [row.outcome for row in take_in(biller, content)] == ["accepted", "rejected"]
    assert state_of(taken) == ("accepted", "", "ICN7")
    assert state_of(refused) == ("rejected", "Refused before it was looked at: A7:20:PR", "")


def test_999_that_rejects_rejects_the_batchs_claims_and_one_that_accepts_moves_none(biller: User) -> None:
    first, second = submitted(biller), submitted(biller)
    batch_of(biller, first)
    batch_of(biller, second, number=418)
    for number, code, error in (("417", "R", [("IK3", "HI", "22", "2300", "I6")]), ("418", "A", [])):
        inner: list[Parts] = [
            ("AK1", "HC", number, "005010X222A1"),
            ("AK2", "837", "0001", "005010X222A1"),
            *error,
            ("IK5", code, *(["5"] if error else [])),
            ("AK9", code, "1", "1", "0" if error else "1"),
        ]
        take_in(biller, envelope("FA", "005010X231A1", message("999", inner)))
    state, reason, _ = state_of(first)
    assert (state, reason[:25]) == ("rejected", reason[:25])
    assert "HI in loop 2300" in reason
    assert state_of(second) == ("submitted", "", "")
    assert [row.outcome for row in second.acknowledgements.all()] == []


def test_ta1_that_rejects_the_envelope_rejects_all_of_it(biller: User) -> None:
    claims = [submitted(biller), submitted(biller)]
    batch_of(biller, *claims)
    take_in(biller, interchange([("TA1", "000000417", "260302", "0930", "R", "006")], 0))
    assert [state_of(claim)[0] for claim in claims] == ["rejected", "rejected"]
    assert ClaimAcknowledgement.objects.count() == 3


def test_a_file_about_nobody_here_or_of_another_kind_is_refused(biller: User) -> None:
    assert ISA[11] == "000000017"
    with pytest.raises(X12Error, match="nothing of any batch or claim"):
        take_in(biller, interchange([("TA1", "000000999", "260302", "0930", "A", "000")], 0))
    with pytest.raises(X12Error, match="850 is no acknowledgement"):
        take_in(biller, envelope("PO", "005010", message("850", [("BEG", "00")])))
    assert not ClaimAcknowledgement.objects.exists()


def test_what_was_decided_is_not_undone_by_a_late_acknowledgement(biller: User) -> None:
    claim = submitted(biller)
    batch_of(biller, claim)
    move_claim(by=biller, claim=claim, to=ClaimState.DENIED, reason="CO-50")
    take_in(biller, envelope("HN", "005010X214", message("277", [*LEVELS, *of_claim(4, claim, "A2", "WQ")])))
    take_in(biller, interchange([("TA1", "000000417", "260302", "0930", "R", "006")], 0))
    assert state_of(claim)[:2] == ("denied", "CO-50")
