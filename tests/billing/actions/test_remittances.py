"""Remittances taken in and posted: whole or not at all, once, to the cent, and no refusal written off."""

from __future__ import annotations

import gc
import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from billing.actions.manual_remittances import begin_remittance
from billing.actions.payments import take_payment
from billing.actions.posting import post_remittance
from billing.actions.remittances import set_aside, take_in_remittances
from billing.actions.resubmitting import void_claim
from billing.choices import ClaimState, LedgerAccount, PaymentKind, PaymentMethod
from billing.models import Claim, ClaimResponse, LedgerEntry, PaymentReconciliation
from billing.queries.claim_money import credit_of_payers, owed_by
from billing.queries.ledger_findings import ledger_findings
from billing.x12.segments import X12Error
from clinic.models import Patient, Payer
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.errors import Conflict, DomainError
from tests.billing.x12 import builder
from tests.factories.billing import charged, create_claim, submit_claims, submitted, visit
from tests.factories.clinic import (
    ContactPointFactory,
    CoverageFactory,
    PatientAddressFactory,
    PatientFactory,
    PayerFactory,
)
from tests.factories.remittances import ReceivedFileFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H11")]
REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "x12" / "835"


def doe(by: User, lines: int = 1, patient: Patient | None = None) -> Claim:
    """A claim that went out, of a patient of the name that the remittances here tell."""
    if patient is None:
        patient = PatientFactory.create(family_name="Doe")
        PatientAddressFactory(patient=patient)
        ContactPointFactory(patient=patient)
    made = create_claim(by=by, encounter=charged(by, visit(patient=patient), lines))
    return submit_claims(by=by, claims=[made])[0]


def doe_with_two(by: User) -> Claim:
    """The same with a second policy behind the first."""
    claim = doe(by)
    CoverageFactory(patient=claim.patient, order=2, payer=PayerFactory(name="Second Health", payer_id="2ND"))
    return claim


def take_in(by: User, content: bytes) -> list[PaymentReconciliation]:
    return take_in_remittances(by=by, file=ReceivedFileFactory(), content=io.BytesIO(content))


def remitted(by: User, *claims: builder.Claim, provider: list[tuple[str, int]] | None = None) -> PaymentReconciliation:
    """A remittance taken in, whose payer is known."""
    (row,) = take_in(by, builder.remittance(builder.Payment(list(claims), provider or [])))
    row.payer = Payer.objects.first()
    with acting(by):
        row.save(update_fields=["payer", "updated_at"])
    return row


def told(claim: Claim, *adjustments: tuple[str, str, int], status: str = "1", sign: int = 1) -> builder.Claim:
    """A decision on a claim of one line: what the adjustments leave is paid."""
    (item,) = claim.items.all()
    reasons = [(group, reason, sign * cents) for group, reason, cents in adjustments]
    line = builder.Line(
        sign * int(item.net * 100), reasons, code=item.product_or_service, control_number=item.control_number
    )
    return builder.Claim(claim.number, [line], status=status)


def sums(row: PaymentReconciliation) -> dict[str, int]:
    """Cents by account of all that a remittance put on the ledger."""
    found: dict[str, int] = {}
    for account, cents in LedgerEntry.objects.filter(transaction__reconciliation=row).values_list("account", "amount"):
        found[account] = found.get(account, 0) + cents
    return found


@pytest.mark.skipif(not REAL.is_dir(), reason="the real remittances aren't here")
def test_the_real_remittances_are_taken_in_and_none_that_does_not_balance_is_posted(biller: User) -> None:
    payer = submitted(biller).payer
    refused = {}
    for path in sorted(REAL.glob("*.835")):
        try:
            rows = take_in(biller, path.read_bytes())
        except (X12Error, DomainError) as error:
            refused[path.name] = str(error)
            continue
        for row in rows:
            row.payer = payer
            with acting(biller):
                row.save(update_fields=["payer", "updated_at"])
            if row.findings:
                with pytest.raises(DomainError, match=r"doesn't balance.*Segment \d+"):
                    post_remittance(by=biller, reconciliation=row)
            else:
                post_remittance(by=biller, reconciliation=row)
                assert sums(row)[LedgerAccount.FUNDS] == row.amount * 100
        with pytest.raises(DomainError, match="is here already"):
            take_in(biller, path.read_bytes())
    rows = sorted((row.trace_number, row.status, len(row.findings)) for row in PaymentReconciliation.objects.all())
    assert refused == {}
    assert rows == [
        ("0004926", "draft", 1),
        ("0012524879", "draft", 1),
        ("0012524965", "active", 0),
        ("0063158ABC", "active", 0),
        ("12345", "active", 0),
        ("12345", "active", 0),
        ("7170066655", "active", 0),
    ]
    assert not ClaimResponse.objects.exclude(state="unmatched").exists()


def test_paid_agreed_and_the_patients_share(biller: User) -> None:
    claim = doe(biller)
    row = remitted(biller, told(claim, ("CO", "45", 1000), ("PR", "3", 500)))
    post_remittance(by=biller, reconciliation=row)
    claim.refresh_from_db()
    assert sums(row) == {"funds": 3500, "contractual": 1000, "patient-receivable": 500, "insurance-receivable": -5000}
    assert (claim.state, owed_by(claim).insurance, owed_by(claim).patient) == ("patient-balance", 0, Decimal(5))
    assert claim.responses.get().state == "posted"
    with pytest.raises(Conflict, match="posted already"):
        post_remittance(by=biller, reconciliation=row)
    with pytest.raises(DomainError, match="is here already"):
        take_in(biller, builder.remittance(builder.Payment([told(claim, ("CO", "45", 1000), ("PR", "3", 500))])))
    with pytest.raises(DomainError, match="posted already"):
        set_aside(by=biller, reconciliation=row, reason="No")


def test_a_refusal_is_owed_until_a_person_decides(biller: User) -> None:
    claim = doe(biller)
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, ("CO", "50", 5000), status="4")))
    claim.refresh_from_db()
    assert (claim.state, claim.state_reason, owed_by(claim).insurance) == (ClaimState.DENIED, "CO-50", Decimal(50))
    assert not LedgerEntry.objects.filter(account__in=["contractual", "write-off"]).exists()


def test_a_reversal_and_its_correction_in_one_remittance(biller: User) -> None:
    claim = doe(biller)
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, ("CO", "45", 1000))))
    back = told(claim, ("CO", "45", 1000), status="22", sign=-1)
    again = told(claim, ("CO", "45", 1000), ("PR", "1", 2000))
    row = remitted(biller, back, again, provider=[("WO", -2000)])
    post_remittance(by=biller, reconciliation=row)
    claim.refresh_from_db()
    assert row.amount == 0
    assert (claim.state, owed_by(claim).patient) == ("patient-balance", Decimal(20))
    assert sums(row) == {
        "funds": 0,
        "contractual": 0,
        "insurance-receivable": 0,
        "patient-receivable": 2000,
        "payer-adjustment": -2000,
    }


def test_a_refusal_that_is_reversed_and_paid_after_all_leaves_nothing(biller: User) -> None:
    claim = doe(biller)
    refusal = (("CO", "45", 1000), ("CO", "97", 4000))
    post_remittance(by=biller, reconciliation=remitted(biller, told(claim, *refusal)))
    back = told(claim, *refusal, status="22", sign=-1)
    post_remittance(by=biller, reconciliation=remitted(biller, back, told(claim, ("CO", "45", 1000))))
    claim.refresh_from_db()
    assert (claim.state, owed_by(claim).total, ledger_findings()) == ("closed", 0, [])


def test_what_was_paid_too_much_is_taken_out_of_the_payers_credit_once(biller: User) -> None:
    claim = doe(biller)
    twice = [told(claim, ("CO", "45", 1000)), told(claim, ("CO", "45", 1000))]
    post_remittance(by=biller, reconciliation=remitted(biller, *twice))
    backs = [told(claim, ("CO", "45", 1000), status="22", sign=-1) for _ in range(3)]
    for number, said in enumerate(backs[:2]):
        row = remitted(biller, said, provider=[("FB", -4000 - number)])
        post_remittance(by=biller, reconciliation=row)
    assert (owed_by(claim).insurance, credit_of_payers([claim.pk])) == (Decimal(50), {})
    row = remitted(biller, backs[2], provider=[("FB", -4002)])
    post_remittance(by=biller, reconciliation=row)
    waiting = row.responses.get()
    assert (waiting.state, owed_by(claim).insurance) == ("review", Decimal(50))
    assert waiting.why.startswith("The payer takes back more than it paid on this claim")
    assert ledger_findings() == []


def test_how_many_decisions_are_posted_together_makes_no_difference(
    biller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = doe(biller)
    second = doe(biller, patient=first.patient)
    for claim in (first, second):
        copay = {"kind": PaymentKind.COPAY, "method": PaymentMethod.CASH, "amount": Decimal(8)}
        take_payment(by=biller, patient=claim.patient, encounter=claim.encounter, **copay)
    forwarded, refused, void = doe_with_two(biller), doe(biller), doe(biller)
    share, refusal = (("CO", "45", 1000), ("PR", "3", 1000)), (("CO", "45", 1000), ("CO", "97", 4000))
    row = remitted(
        biller,
        told(first, *share),
        told(second, *share),
        told(first, *share, status="22", sign=-1),
        told(forwarded, *share, status="19"),
        told(refused, *refusal, status="4"),
        builder.Claim("77", [builder.Line(700)]),
        told(refused, *refusal, status="22", sign=-1),
        told(refused, *share),
        told(void, *share),
        told(first, ("CO", "45", 1000), ("PR", "3", 500)),
        told(first, *share),
        provider=[("WO", 300), ("L6", -20)],
    )
    void_claim(by=biller, claim=void, reason="Wrong visit")
    found = []
    for together in (1, 2, 200):
        monkeypatch.setattr("billing.actions.posting._CHUNK", together)
        before = transaction.savepoint()
        post_remittance(by=biller, reconciliation=row)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        assert ledger_findings() == []
        entries = LedgerEntry.objects.order_by().values_list("account", "patient", "encounter", "charge_item")
        states = Claim.objects.order_by("created_at").values_list("state", "state_reason", "payer_control_number")
        answers = row.responses.order_by("sequence").values_list("state", "why")
        found.append((set(entries.annotate(Sum("amount"))), list(states), list(answers)))
        transaction.savepoint_rollback(before)
    assert found[0] == found[1] == found[2]
    assert [state for state, *_ in found[0][1]] == [
        "closed",
        "patient-balance",
        "paid",
        "patient-balance",
        "void",
        "submitted",
    ]


def test_what_nobody_knows_is_the_payers_credit_and_waits_for_a_person(biller: User) -> None:
    claim = doe(biller)
    stranger = builder.Claim("999999", [builder.Line(4000)])
    other = builder.Claim(claim.number, [builder.Line(5000, [("CO", "45", 1000)], code="99999", control_number="x")])
    row = remitted(biller, stranger, other)
    assert [(one.state, bool(one.why)) for one in row.responses.all()] == [("unmatched", True), ("waiting", False)]
    post_remittance(by=biller, reconciliation=row)
    assert sums(row) == {"funds": 8000, "payer-credit": -8000}
    assert [one.state for one in row.responses.all()] == ["unmatched", "review"]
    assert owed_by(claim).insurance == Decimal(50)


def test_several_lines_one_refused(biller: User) -> None:
    claim = doe(biller, 2)
    lines = [
        builder.Line(int(item.net * 100), reasons, code=item.product_or_service, control_number=item.control_number)
        for item, reasons in zip(claim.items.all(), ([("CO", "45", 2000)], [("CO", "97", 5100)]), strict=True)
    ]
    post_remittance(by=biller, reconciliation=remitted(biller, builder.Claim(claim.number, lines)))
    claim.refresh_from_db()
    assert (claim.state, owed_by(claim).insurance) == (ClaimState.PARTIAL, Decimal(51))


def test_a_payment_entered_by_hand_is_not_taken_in_again_from_a_file(biller: User) -> None:
    claim = doe(biller)
    (row,) = take_in(biller, builder.remittance(builder.Payment([told(claim)])))
    set_aside(by=biller, reconciliation=row, reason="Entered from paper")
    with acting(biller):
        payer = Payer.objects.get()
        payer.name = row.payer_name
        payer.save()
    begin_remittance(
        by=biller,
        payer=payer,
        trace_number=row.trace_number,
        payment_date=row.payment_date,
        amount=row.amount,
    )
    with pytest.raises(DomainError, match="is here already"):
        take_in(biller, builder.remittance(builder.Payment([told(claim)])))


def test_the_database_wants_the_whole_of_a_remittance_on_the_ledger(biller: User) -> None:
    submitted(biller)
    row = remitted(biller, builder.Claim("999999", [builder.Line(4000)]))
    row.status, row.posted_at, row.posted_by = "active", row.created_at, biller
    with pytest.raises(IntegrityError, match="not on the ledger with its amount"), transaction.atomic():
        with acting(biller):
            row.save(update_fields=["status", "posted_at", "posted_by", "updated_at"])
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_name_or_an_amount_that_is_not_the_claims_is_looked_at_first(biller: User) -> None:
    claim = doe(biller)
    (row,) = take_in(biller, builder.remittance(builder.Payment([builder.Claim(claim.number, [builder.Line(4900)])])))
    response = row.responses.get()
    assert (response.state, response.why) == (
        "review",
        "The payer speaks of charges of 49.00, the claim is over 50.00.",
    )


def test_what_stops_a_posting_half_way_leaves_the_request_usable(biller: User) -> None:
    """The cursor over the decisions is closed before its savepoint is gone: a page says the sentence after it."""
    claim = doe(biller)
    # Of one visit twice, so that the first is posted before the second is fetched.
    row = remitted(biller, told(claim, ("CO", "50", 5000), status="4"), told(claim, ("CO", "45", 1000)))

    def refuse(done: int, total: int) -> None:
        raise DomainError(f"{done} of {total}")

    with pytest.raises(DomainError, match="0 of 2") as refused:
        post_remittance(by=biller, reconciliation=row, on_progress=refuse)
    # The traceback, which holds all that was open, goes first, as at the end of a page's `except`.
    del refused
    gc.collect()
    assert PaymentReconciliation.objects.get(pk=row.pk).status == "draft"
    assert post_remittance(by=biller, reconciliation=row).status == "active"
