"""Plans to pay: their parts to the cent and the day, and how they follow the ledger."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from billing.actions.adjusting import undo, write_off
from billing.actions.claims import create_claim
from billing.actions.credits import apply_credit
from billing.actions.ledger import bring_forward
from billing.actions.manual_remittances import EnteredLine, Reason, begin_remittance, enter_decision
from billing.actions.payment_plans import agree_plan, end_plan
from billing.actions.payments import reverse_payment, take_payment
from billing.actions.posting import post_remittance
from billing.choices import AdjustmentReason, PaymentKind, PaymentMethod, PlanStatus, Side
from billing.models import Payment, PaymentPlan
from billing.queries.ledger import balance_of
from billing.queries.payment_plans import COLUMNS, parts_of, plan_state
from clinic.models import Patient
from emr.accounts.models import User
from emr.shared.errors import Conflict, DomainError
from tests.billing.actions.test_remittances import doe, remitted, told
from tests.factories.billing import charged, claim, visit
from tests.factories.clinic import PatientFactory
from tests.factories.statements import PaymentPlanFactory
from tests.pages import said

pytestmark = pytest.mark.feature("H19")

LogIn = Callable[..., Any]
#: Noon in the clinic's zone.
THEN = datetime(2026, 3, 20, 17, tzinfo=UTC)
#: Days of nine years, from one number each: dates drawn as such take longer than what is tested.
DAYS = st.integers(0, 3287).map(lambda days: date(2024, 1, 1) + timedelta(days))


@given(total=st.integers(1, 500_000), count=st.integers(1, 60), first=DAYS, day=st.integers(1, 31))
@example(total=10_000, count=3, first=date(2027, 1, 31), day=31)
@example(total=1, count=1, first=date(2028, 2, 29), day=29)
def test_parts_are_the_total_a_month_apart_on_the_day_or_the_month_s_last(
    total: int, count: int, first: date, day: int
) -> None:
    part = -(-total // count)
    plan = PaymentPlan(total=Decimal(total) / 100, part=Decimal(part) / 100, first_due=first, day=day)
    parts = parts_of(plan)
    assert sum(one.amount for one in parts) == plan.total
    assert all(0 < one.amount <= plan.part for one in parts)
    assert [one.number for one in parts] == list(range(1, len(parts) + 1))
    months = [one.due_on.year * 12 + one.due_on.month for one in parts]
    assert months == list(range(months[0], months[0] + len(parts)))
    assert parts[0].due_on == first
    for one in parts[1:]:
        last = (one.due_on + timedelta(days=1)).month != one.due_on.month
        assert one.due_on.day == day or (last and one.due_on.day < day)


@given(total=st.integers(1, 100_000), count=st.integers(1, 24), paid=st.integers(-500, 200_000))
def test_what_is_paid_pays_the_parts_in_their_order(total: int, count: int, paid: int) -> None:
    plan = PaymentPlan(
        total=Decimal(total) / 100, part=Decimal(-(-total // count)) / 100, first_due=date(2026, 1, 31), day=31
    )
    parts = parts_of(plan, Decimal(paid) / 100)
    assert sum(one.paid for one in parts) == min(max(Decimal(paid) / 100, Decimal(0)), plan.total)
    open_now = [one.number for one in parts if one.left]
    assert open_now == list(range(len(parts) - len(open_now) + 1, len(parts) + 1))
    assert all(not one.paid for one in parts[-len(open_now) + 1 :] if len(open_now) > 1)


@pytest.fixture
def patient(db: None, biller: User) -> Patient:
    """Somebody who owes 300.00 from before."""
    made: Patient = PatientFactory.create()
    with time_machine.travel(THEN):
        bring_forward(by=biller, patient=made, amount=Decimal(300), reason="Old system")
    return made


def agree(by: User, patient: Patient, total: int = 300, part: int = 100, **more: Any) -> PaymentPlan:
    said = {"first_due": date(2026, 3, 31), "day": 31, **more}
    return agree_plan(by=by, patient=patient, total=Decimal(total), part=Decimal(part), **said)


def pay(by: User, patient: Patient, amount: int, **more: Any) -> Payment:
    fields: dict[str, Any] = {"kind": PaymentKind.PAYMENT, "method": PaymentMethod.CASH, **more}
    return take_payment(by=by, patient=patient, amount=Decimal(amount), **fields)


def now(plan: PaymentPlan) -> PaymentPlan:
    return PaymentPlan.objects.get(pk=plan.pk)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"total": Decimal("300.01")}, "total"),
        ({"total": Decimal("-1")}, "total"),
        ({"part": Decimal("300.01")}, "part"),
        ({"part": Decimal("4.99")}, "part"),
        ({"part": Decimal("NaN")}, "part"),
        ({"first_due": date(2026, 3, 19)}, "first_due"),
        ({"first_due": date(2026, 6, 21)}, "first_due"),
        ({"day": 32}, "day"),
    ],
)
def test_what_can_not_be_agreed(said: dict[str, Any], field: str, biller: User, patient: Patient) -> None:
    fields = {"total": Decimal(300), "part": Decimal(100), "first_due": date(2026, 3, 31), "day": 31, **said}
    with time_machine.travel(THEN), pytest.raises(DomainError) as refused:
        agree_plan(by=biller, patient=patient, **fields)
    assert (refused.value.field, PaymentPlan.objects.count()) == (field, 0)


@time_machine.travel(THEN)
def test_one_plan_runs_at_a_time(biller: User, patient: Patient) -> None:
    plan = agree(biller, patient)
    assert agree(biller, patient) == plan
    with pytest.raises(Conflict, match="by a plan already"):
        agree(biller, patient, part=50)
    with pytest.raises(DomainError, match="why the plan ends"):
        end_plan(by=biller, plan=plan, reason=" ")
    assert end_plan(by=biller, plan=plan, reason="Moved away").status == PlanStatus.ENDED
    assert end_plan(by=biller, plan=plan, reason="Again").ended_reason == "Moved away"
    assert agree(biller, patient, part=50).status == PlanStatus.ACTIVE


def test_parts_are_paid_and_fall_due_by_the_clinic_s_clock(biller: User, patient: Patient) -> None:
    with time_machine.travel(THEN) as clock:
        pay(biller, patient, 50)
        plan = agree(biller, patient, 250)
        assert (plan_state(plan).paid, plan_state(plan).overdue) == (0, 0)
        # On the day itself nothing is overdue; the clinic's day ends five hours after that of UTC.
        clock.move_to(datetime(2026, 4, 1, 3, tzinfo=UTC))
        assert plan_state(plan).overdue == 0
        clock.move_to(datetime(2026, 4, 1, 5, tzinfo=UTC))
        assert (plan_state(plan).overdue, plan_state(plan).since) == (100, date(2026, 3, 31))
        pay(biller, patient, 130)
        state = plan_state(plan)
        assert [part.paid for part in state.parts] == [100, 30, 0]
        assert [part.due_on for part in state.parts] == [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
        assert (state.overdue, state.left, state.words) == (0, 120, "$70.00 due 30-Apr-2026")


def test_the_last_part_completes_it_and_a_bounced_check_opens_it_again(biller: User, patient: Patient) -> None:
    with time_machine.travel(THEN):
        plan = agree(biller, patient)
        pay(biller, patient, 200)
        last = pay(biller, patient, 100)
        assert now(plan).status == PlanStatus.COMPLETED
        reverse_payment(by=biller, payment=last, reason="Bounced")
        assert (now(plan).status, plan_state(now(plan)).paid) == (PlanStatus.ACTIVE, 200)
        pay(biller, patient, 100, kind=PaymentKind.PREPAYMENT)
        assert now(plan).status == PlanStatus.ACTIVE
        apply_credit(by=biller, patient=patient)
        assert (now(plan).status, plan_state(now(plan)).left) == (PlanStatus.COMPLETED, 0)
        with pytest.raises(Conflict, match="is paid"):
            end_plan(by=biller, plan=plan, reason="Late")


@time_machine.travel(THEN)
def test_an_earlier_payment_that_bounces_takes_nothing_from_it(biller: User, patient: Patient) -> None:
    before = pay(biller, patient, 50)
    plan = agree(biller, patient, 250)
    reverse_payment(by=biller, payment=before, reason="Bounced")
    pay(biller, patient, 100)
    assert [part.paid for part in plan_state(plan).parts] == [100, 0, 0]


def test_what_is_forgiven_completes_it_and_a_later_visit_is_none_of_it(biller: User) -> None:
    with time_machine.travel(THEN) as clock:
        made = claim(biller, covered=False)
        plan = agree(biller, made.patient, 50, 25)
        pay(biller, made.patient, 25)
        clock.move_to(THEN + timedelta(days=40))
        soon = THEN + timedelta(days=39)
        seen = visit(patient=made.patient, covered=False, period_start=soon, period_end=soon)
        later = create_claim(by=biller, encounter=charged(biller, seen))
        pay(biller, made.patient, 10, kind=PaymentKind.COPAY, encounter=seen)
        assert plan_state(plan).paid == 25
        write_off(
            by=biller,
            claim=made,
            side=Side.PATIENT,
            amount=Decimal(25),
            reason_code=AdjustmentReason.FINANCIAL_HARDSHIP,
        )
        assert now(plan).status == PlanStatus.COMPLETED, "the later visit, which is still owed, is none of it"
        assert balance_of(made.patient).net == later.total - 10


@time_machine.travel(THEN)
def test_no_more_is_left_than_is_owed(biller: User, as_role: LogIn) -> None:
    made = create_claim(by=biller, encounter=charged(biller, visit(covered=False), 3))
    assert made.total == 153
    plan = agree(biller, made.patient, 150, 50)
    pay(biller, made.patient, 20)
    forgiven: dict[str, Any] = {"side": Side.PATIENT, "reason_code": AdjustmentReason.FINANCIAL_HARDSHIP}
    write_off(by=biller, claim=made, amount=Decimal(63), **forgiven)
    state = plan_state(now(plan))
    assert [(part.paid, part.gone, part.left) for part in state.parts] == [(20, 0, 30), (0, 10, 40), (0, 50, 0)]
    assert (state.left, state.gone, state.words) == (70, 60, "$30.00 due 31-Mar-2026")
    assert balance_of(made.patient).due == state.left
    client = as_role("biller")
    listed = said(client.get(reverse("billing:plans_list")))
    page = said(client.get(reverse("billing:plans_patient", args=[made.patient.pk])))
    assert ("60.00 isn't owed any more" in unescape(listed), "Not owed any more" in page) == (True, True)
    assert "$60.00 of the plan isn't owed any more: it was written off" in unescape(page)
    rest = write_off(by=biller, claim=made, amount=Decimal(70), **forgiven)
    assert now(plan).status == PlanStatus.COMPLETED
    undo(by=biller, transaction=rest, reason="The wrong patient's")
    assert (now(plan).status, plan_state(now(plan)).left) == (PlanStatus.ACTIVE, 70)


@time_machine.travel(THEN)
def test_what_a_payer_is_asked_for_after_all_is_not_left(biller: User) -> None:
    """Nothing of it is owed while the share waits for the payer's correction; the plan goes on where it comes again."""
    made = doe(biller)
    assert made.payer is not None
    post_remittance(by=biller, reconciliation=remitted(biller, told(made, ("PR", "1", 4000))))
    plan = agree(biller, made.patient, 40, 20)
    turned = told(made, ("PR", "1", 4000), status="22", sign=-1)
    post_remittance(by=biller, reconciliation=remitted(biller, turned, provider=[("FB", -1000)]))
    state = plan_state(now(plan))
    assert (state.running, state.left, state.words) == (True, 0, "nothing of it is owed any more")
    assert state.asked_for == 0
    again = begin_remittance(
        by=biller, payer=made.payer, trace_number="2", payment_date=date(2026, 3, 20), amount=Decimal(20)
    )
    (item,) = made.items.all()
    line = EnteredLine(item, Decimal(20), [Reason("PR", "1", Decimal(30))])
    enter_decision(by=biller, reconciliation=again, claim=made, lines=[line])
    post_remittance(by=biller, reconciliation=again)
    assert (plan_state(now(plan)).left, plan_state(now(plan)).gone) == (30, 10)


def test_the_page_agrees_ends_and_prints(biller: User, patient: Patient, as_role: LogIn) -> None:
    client, address = as_role("biller"), reverse("billing:plans_patient", args=[patient.pk])
    with time_machine.travel(THEN):
        assert "Agree on a plan" in client.get(address).content.decode()
        said = {"total": "300", "part": "400", "first_due": "31-Mar-2026", "day": ""}
        refused = client.post(address, said)
        assert (refused.status_code, 'value="400"' in refused.content.decode()) == (422, True)
        assert client.post(address, {**said, "part": "100"}).status_code == 303
        plan = PaymentPlan.objects.get()
        assert (plan.day, plan.agreed_on) == (31, date(2026, 3, 20))
        shown = client.get(address).content.decode()
        assert all(day in shown for day in ("31-Mar-2026", "30-Apr-2026", "31-May-2026"))
        panel = client.get(reverse("billing:payments_panel", args=[patient.pk])).content.decode()
        assert ("Pays by a plan" in panel, 'name="amount" value="100.00"' in panel) == (True, True)
        paper = client.get(reverse("billing:plans_print", args=[patient.pk, plan.pk])).content
        text = " ".join(pypdfium2.PdfDocument(paper)[0].get_textpage().get_text_range().split())
        assert "1 31-Mar-2026 100.00 2 30-Apr-2026 100.00 3 31-May-2026 100.00 In all 300.00" in text
        over = reverse("billing:plans_end", args=[patient.pk, plan.pk])
        assert client.post(over, {"reason": "Two parts missed"}).status_code == 303
        assert "Two parts missed" in client.get(address).content.decode()
    assert as_role("front_desk").get(address).status_code == 403
    assert as_role("clinician").post(over, {"reason": "x"}).status_code == 403


def test_the_list_has_the_overdue_first_at_the_same_cost(biller: User, patient: Patient, as_role: LogIn) -> None:
    client, address = as_role("biller"), reverse("billing:plans_list")
    assert "No plan is running" in client.get(address).content.decode()
    PaymentPlanFactory(patient=patient, first_due=date(2099, 1, 1), agreed_on=date(2026, 3, 20))
    late = PaymentPlanFactory(first_due=date(2026, 4, 1))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    queries()
    few = queries()
    PaymentPlanFactory.create_batch(28)
    assert queries() == few
    shown = client.get(address).content.decode()
    assert shown.index(late.patient.sort_name) < shown.index(patient.sort_name)
    assert "29 overdue" in shown
    rows = list(csv.reader(client.get(reverse("billing:plans_export")).getvalue().decode("utf-8-sig").splitlines()))
    assert (rows[0], len(rows)) == (COLUMNS, 32)
    assert rows[1][0] == late.patient.sort_name
    assert rows[-2][2:] == [
        "20-Mar-2026",
        "300.00",
        "50.00",
        "0.00",
        "300.00",
        "",
        "",
        "50.00",
        "01-Jan-2099",
        "Running",
    ]
    assert "No plan is over" in client.get(address + "?over=1").content.decode()


def test_the_file_ends_with_the_sums_of_its_page(biller: User, as_role: LogIn) -> None:
    with time_machine.travel(THEN):
        client = as_role("biller")
        PaymentPlanFactory.create_batch(2, total=Decimal("1200.00"), first_due=date(2026, 3, 1))
        PaymentPlanFactory(status="completed")
        page = client.get(reverse("billing:plans_list")).content.decode()
        files = [client.get(reverse("billing:plans_export"), {"over": over}).getvalue() for over in ("", "1")]
    running, over = (list(csv.reader(one.decode("utf-8-sig").splitlines())) for one in files)
    foot = re.sub(r"<[^>]+>", " ", page.partition("<tfoot>")[2].partition("</tfoot>")[0]).replace(",", "").split()
    assert running[-1] == ["2 plans", "", "", "2400.00", "100.00", "0.00", "2400.00", "100.00", "", "", "", ""]
    assert foot == [word for cell in running[-1] for word in cell.split()]
    assert [row[-1] for row in over[1:]] == ["Paid"], "what is over is awaited no more"


def test_those_that_are_over_are_counted_and_paged_at_one_cost(
    biller: User, as_role: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.queries.payment_plans.PAGE_SIZE", 2)
    client, address = as_role("biller"), reverse("billing:plans_list") + "?over=1"

    def shown(page: int) -> tuple[list[str], str, int]:
        with CaptureQueriesContext(connection) as captured:
            text = said(client.get(f"{address}&page={page}"))
        names = [one.patient.sort_name for one in plans if one.patient.sort_name in text]
        return names, text, len(captured)

    plans = [PaymentPlanFactory(status="completed") for _ in range(2)]
    shown(1)
    names, text, few = shown(1)
    assert (names, "2 over" in text, 'aria-label="Pages"' in text) == (
        [one.patient.sort_name for one in plans],
        True,
        False,
    )
    plans += [PaymentPlanFactory(status="completed") for _ in range(3)]
    pages = [shown(page) for page in (1, 2, 3)]
    latest = [one.patient.sort_name for one in plans]
    assert [names for names, _, _ in pages] == [latest[3:], latest[1:3], latest[:1]]
    assert [cost for _, _, cost in pages] == [few] * 3
    assert ["5 over" in text for _, text, _ in pages] == [True] * 3
    assert ["1 to 2 of 5" in pages[0][1], "5 to 5 of 5" in pages[2][1]] == [True, True]
    links = [re.findall(r"over=1&(?:amp;)?page=(\d+)", text) for _, text, _ in pages]
    assert links == [["2"], ["1", "3"], ["2"]]
    file = client.get(reverse("billing:plans_export"), {"over": "1"}).getvalue().decode("utf-8-sig")
    assert len(list(csv.reader(file.splitlines()))) == 6
