"""TA1, 999 and 277CA: each claim comes to stand where it is said to, with the reason."""

from __future__ import annotations

import io

import pytest

from billing.actions.acknowledgements import take_in_acknowledgements
from billing.actions.settling import move_claim
from billing.choices import ClaimState
from billing.models import Claim, ClaimAcknowledgement, ClaimBatch, ClaimBatchItem, TradingPartner
from billing.x12.segments import X12Error
from emr.accounts.models import Clinic, User
from emr.audit.actor import acting
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


def response_999(
    number: str, *errors: Parts, code: str = "R", group: str = "HC", part: str = "0001", newline: str = ""
) -> bytes:
    """A 999 on one message of a group of ours."""
    inner: list[Parts] = [
        ("AK1", group, number, "005010X222A1"),
        ("AK2", "837", part, "005010X222A1"),
        *errors,
        ("IK5", code, *(["5"] if errors else [])),
        ("AK9", code, "1", "1", "0" if errors else "1"),
    ]
    return envelope("FA", "005010X231A1", message("999", inner), newline=newline)


def test_a_999_tells_each_claim_that_it_names_its_own_fault(biller: User) -> None:
    first, named = submitted(biller), submitted(biller)
    batch_of(biller, first, named)
    fault: list[Parts] = [
        ("IK3", "HI", "22", "2300", "8"),
        ("CTX", ("CLM01", named.number)),
        ("IK3", "NM1", "30", "2010BA", "8"),
        ("CTX", ("CLM01", "ELSEWHERE")),
    ]
    take_in(biller, response_999("417", *fault))
    state, own, _ = state_of(named)
    assert (state, "HI in loop 2300" in own, "NM1" in own) == ("rejected", True, False)
    state, of_all, _ = state_of(first)
    assert (state, "HI in loop 2300" in of_all, "NM1 in loop 2010BA" in of_all) == ("rejected", False, True)
    assert [row.claim for row in ClaimAcknowledgement.objects.order_by("claim__number")] == [first, named, None]


def test_a_999_on_another_kind_of_message_says_nothing_of_claims(biller: User) -> None:
    """An inquiry after benefits counts its groups too."""
    claim = submitted(biller)
    batch_of(biller, claim)
    with pytest.raises(X12Error, match="nothing of any batch or claim"):
        take_in(biller, response_999("417", ("IK3", "EQ", "9", "2110C", "8"), group="HS"))
    assert state_of(claim)[0] == "submitted"


def test_a_999_refuses_the_claims_of_its_message_alone(biller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.actions.acknowledgements.CLAIMS_PER_SET", 2)
    claims = [submitted(biller) for _ in range(3)]
    batch_of(biller, *claims)
    take_in(biller, response_999("417", ("IK3", "HI", "22", "2300", "8"), part="0002"))
    assert [state_of(claim)[0] for claim in claims] == ["submitted", "submitted", "rejected"]


def of_level(code: str, entity: str, number: str, trace: str, status: str, action: str) -> list[Parts]:
    """A level above the patients' of which the payer says something."""
    level = {"21": "2", "19": "3"}[code]
    return [
        ("HL", level, str(int(level) - 1), code, "1"),
        ("NM1", entity, "2", "Our Clinic", "", "", "", "", "XX" if entity == "85" else "46", number),
        ("TRN", "2", trace),
        ("STC", (status, "24", entity), "20260302", action, "50"),
    ]


def test_a_277ca_that_refuses_a_whole_message_refuses_its_claims(biller: User) -> None:
    claims = [submitted(biller) for _ in range(2)]
    batch_of(biller, *claims)
    content = envelope(
        "HN", "005010X214", message("277", [*LEVELS[:3], *of_level("21", "41", "S1", "417-1", "A7", "U")])
    )
    assert [(row.claim, row.outcome) for row in take_in(biller, content)] == [
        (None, "rejected"),
        *((claim, "rejected") for claim in claims),
    ]
    for claim in claims:
        assert state_of(claim) == ("rejected", "Refused before it was looked at: A7:24:41", "")


def test_a_277ca_that_refuses_who_bills_refuses_their_claims_but_what_it_says_of_one(biller: User) -> None:
    claims = [submitted(biller) for _ in range(2)]
    clinic = Clinic.objects.get()
    npi, clinic.npi = clinic.npi, "1245319599"
    with acting(biller):
        clinic.save()
    claims.append(submitted(biller))
    batch_of(biller, *claims)
    above = [*LEVELS[:3], *of_level("21", "41", "S1", "417-1", "A1", "WQ"), *of_level("19", "85", npi, "0", "A7", "U")]
    content = envelope("HN", "005010X214", message("277", [*above, *of_claim(4, claims[0], "A2", "WQ")]))
    take_in(biller, content)
    assert [state_of(claim)[0] for claim in claims] == ["accepted", "rejected", "submitted"]


def test_several_interchanges_in_one_file_are_all_told(biller: User) -> None:
    """Clearinghouses gather what they have; each interchange counts its segments anew."""
    first, second = submitted(biller), submitted(biller)
    batch_of(biller, first)
    batch_of(biller, second, number=418)
    content = b"\n".join(
        interchange([("TA1", f"000000{number}", "260302", "0930", "R", "006")], 0) for number in ("417", "418")
    )
    assert [row.position for row in take_in(biller, content)] == [2, 2, 5, 5]
    assert [state_of(claim)[0] for claim in (first, second)] == ["rejected", "rejected"]


def test_an_acknowledgement_of_which_a_part_is_lost_says_nothing(biller: User) -> None:
    claim = submitted(biller)
    batch_of(biller, claim)
    whole = response_999("417", ("IK3", "HI", "22", "2300", "8"))
    lost = whole.replace(b"~IK3*HI*22*2300*8", b"", 1)
    assert lost != whole
    with pytest.raises(X12Error, match=r"Segment 8 \(SE\), element SE01: It says 7"):
        take_in(biller, lost)
    assert (state_of(claim)[0], ClaimAcknowledgement.objects.count()) == ("submitted", 0)
