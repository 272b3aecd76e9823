"""What patients are asked for: statements, reminders, plans to pay, accounts kept apart, estimates before a visit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import partial
from uuid import UUID

from django.utils import timezone

from billing.actions.billing_accounts import hold_statements, send_to_collections
from billing.actions.discounts import give_self_pay_discount
from billing.actions.estimates import Request, give_estimate
from billing.actions.payment_plans import agree_plan, end_plan
from billing.actions.payments import take_payment
from billing.actions.statements import cancel_statement, make_statements, request_statements
from billing.choices import PaymentKind, PaymentMethod
from billing.models import Claim, Invoice, PaymentPlan
from billing.queries.discounts import self_pay_offer
from billing.queries.ledger import balance_of
from billing.queries.statement_accounts import Standing, StatementAccount
from billing.queries.statements import accounts_for
from clinic.models import Patient
from demo.data import rows
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.timeline import Timeline
from emr.codes.coding import Coding
from emr.codes.systems import HCPCS, ICD10CM
from emr.shared.dates import clinic_today
from emr.shared.records import uuid7
from scheduling.choices import AppointmentStatus
from scheduling.models import Appointment

#: Statements go out on one weekday every fifth week, to so many accounts and to half of them at most; those who were
#: asked before come first.
_RUNS = {77: 4, 42: 6, 7: 6}
#: A plan is over four parts, the first of them due a week after it was agreed.
_PARTS, _FIRST = 4, timedelta(days=7)
#: What somebody without insurance is told beforehand, with what they come for.
_ASKED_FOR = (("T1015", Decimal(1)), ("G0444", Decimal(1)))
_REASON = Coding(ICD10CM, "F41.1", "Generalized anxiety disorder")
_CARD = "ends in 4242"


class BalancesTold:
    """The biller's dealings with those who owe. ``jobs`` gets what draws the statements."""

    def __init__(
        self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person], jobs: list[UUID]
    ) -> None:
        self.cast, self.calendar, self.timeline, self.jobs = cast, calendar, timeline, jobs
        self._biller = cast.users["biller"]
        self._people = list(people)

    def lay(self) -> None:
        """Put all of it on the timeline."""
        for ago, most in _RUNS.items():
            self._at(ago, time(15, 10), partial(self._send, most))
        self._at(68, time(10, 45), partial(self._agree, 1))
        self._at(63, time(10, 45), partial(self._agree, 3))
        self._at(40, time(9, 15), self._void)
        self._at(36, time(10, 45), partial(self._agree, 1))
        self._at(26, time(11, 5), self._end)
        self._at(8, time(10, 45), partial(self._agree, 1))
        self._at(5, time(14, 30), self._set_apart)
        self._at(2, time(15, 20), self._take_off)
        for person in self._people:
            if not person.row["payer"] and "deceased" not in person.flags:
                # After a weekend or a holiday the last open day may lie before the newest were registered.
                asked = max(self._moment(1, time(14, 10)), person.registered_at + timedelta(hours=2))
                self.timeline.add(asked, partial(self._estimate, person))

    def _accounts(self, *standings: Standing) -> list[StatementAccount]:
        """Those who owe and stand so, those first who were asked most often."""
        found = [one for one in accounts_for(self._biller) if one.standing in standings]
        return sorted(found, key=lambda one: -one.turn)

    def _send(self, most: int) -> None:
        ready = self._accounts(Standing.READY)
        accounts = ready[: min(most, (len(ready) + 1) // 2)]
        if not accounts:
            return
        patients = [share.patient.pk for account in accounts for share in account.shares]
        run = request_statements(by=self._biller, accounts=accounts, request_token=uuid7())
        making = run.job_id
        make_statements(by=self._biller, run=run, patients=patients, on_progress=lambda done, total: None)
        run.refresh_from_db()
        self.jobs += [job for job in (making, run.job_id) if job]

    def _void(self) -> None:
        """One letter comes back from the post."""
        for invoice in Invoice.objects.order_by("number").reverse()[:1]:
            cancel_statement(by=self._biller, invoice=invoice, reason="Came back: sent to the address before the last")

    def _agree(self, paid: int) -> None:
        """Whoever owes most and has no plan agrees on one; so many parts are paid."""
        there = set(PaymentPlan.objects.values_list("patient", flat=True))
        single = [one for one in self._accounts(Standing.READY, Standing.RECENT) if len(one.shares) == 1]
        for account in [one for one in single if one.lead.pk not in there and not one.shares[0].credit][:1]:
            patient, total, first = account.lead, account.amount, clinic_today() + _FIRST
            part = max(Decimal(5), (total / _PARTS).quantize(Decimal(1), rounding=ROUND_CEILING))
            agree_plan(by=self._biller, patient=patient, total=total, part=part, first_due=first, day=first.day)
            for number in range(paid):
                moment = self.calendar.instant(first + timedelta(days=30 * number), time(11, 20))
                if moment <= self.calendar.story_now:
                    self.timeline.add(moment, partial(self._pay, patient, part))

    def _pay(self, patient: Patient, part: Decimal) -> None:
        amount = min(part, balance_of(patient).due)
        if amount:
            take_payment(
                by=self._biller,
                patient=patient,
                kind=PaymentKind.PAYMENT,
                method=PaymentMethod.CARD,
                amount=amount,
                reference=_CARD,
            )

    def _end(self) -> None:
        """The last plan ends before it is paid."""
        for plan in PaymentPlan.objects.filter(status="active").order_by("-agreed_on")[:1]:
            end_plan(by=self._biller, plan=plan, reason="Lost the job; calls about a smaller plan")

    def _set_apart(self) -> None:
        """Of those who were reminded twice one is given to an agency; another is left alone for a while."""
        planned = set(PaymentPlan.objects.values_list("patient", flat=True))
        accounts = self._accounts(Standing.READY, Standing.RECENT)
        accounts = [one for one in accounts if one.lead.pk not in planned]
        for account in [one for one in accounts if one.turn > 2][-1:]:
            send_to_collections(
                by=self._biller, patient=account.lead, agency="Prairie Recovery: no answer to our letters"
            )
        for account in [one for one in accounts if one.turn <= 2][-1:]:
            hold_statements(by=self._biller, patient=account.lead, reason="Asked the employer to pay, and calls again")

    def _take_off(self) -> None:
        """One who pays themselves gets the clinic's discount, others are still offered it."""
        claims = Claim.objects.standing().on_ledger().filter(coverage=None, patient__restricted=False)
        offers = ((claim, offer) for claim in claims.order_by("number") if (offer := self_pay_offer(claim)))
        for claim, offer in [*offers][:1]:
            give_self_pay_discount(by=self._biller, claim=claim, share=offer.share)

    def _estimate(self, person: Person) -> None:
        """One without insurance hears beforehand what the next visit will cost."""
        names = {row["code"]: row["display"] for row in rows("services")}
        services = [(Coding(HCPCS, code, names[code]), units) for code, units in _ASKED_FOR]
        visits = Appointment.objects.filter(patient=person.chart, start_at__gt=timezone.now())
        visit = visits.filter(status=AppointmentStatus.BOOKED).order_by("start_at").first()
        asked = Request(
            services=services[: 2 if person.problems else 1],
            practitioners=[self.cast.practitioners[person.doctor]],
            diagnoses=[_REASON] if "anxiety" in person.problems else (),
            appointment=visit,
            service_date=timezone.localdate(visit.start_at) if visit else None,
        )
        give_estimate(by=self.cast.users["desk"], patient=person.chart, asked=asked)

    def _at(self, ago: int, wall: time, step: Callable[[], object]) -> None:
        self.timeline.add(self._moment(ago, wall), step)

    def _moment(self, ago: int, wall: time) -> datetime:
        """A time on the last open day that is so many days ago or more."""
        return self.calendar.instant(list(self.calendar.days(-ago - 6, -ago))[-1], wall)
