"""Money over the counter and questions to payers: copays, a prepayment, a payment taken back, days closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time, timedelta
from decimal import Decimal
from functools import partial

from billing.actions.closed_days import close_day
from billing.actions.ledger import bring_forward
from billing.actions.payments import refund, reverse_payment, take_payment
from billing.choices import PaymentKind, PaymentMethod
from billing.models import Payment
from billing.queries.payments import copay_due
from billing.queries.payments_day import sums_of, unclosed_days
from clinic.actions.coverages import verify_coverage
from clinic.actions.eligibility import check_eligibility
from demo.story.calendar import ZONE, Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.timeline import Timeline
from emr.audit.actor import service_user
from emr.shared.dates import clinic_today
from emr.shared.records import uuid7
from scheduling.choices import AppointmentStatus
from scheduling.models import Appointment
from scheduling.queries.coverages import unchecked_on
from scheduling.wallclock import day_bounds

#: How many days back the counter is told, and how many policies are asked about for a day.
_DAYS, _CHECKED = 9, 14
#: Of how many months before that the days were closed together, once a month.
_MONTHS = 12
_HOURS = range(8, 17)
_HERE = [AppointmentStatus.CHECKED_IN, AppointmentStatus.FULFILLED]
#: How people pay, in turn; None forgets the card at home and pays another day.
_WAYS = (PaymentMethod.CARD, PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.CHECK, None, PaymentMethod.CARD)
_REFERENCES = {PaymentMethod.CARD: "ends in 4242", PaymentMethod.CHECK: "1{:03d}"}
#: Balances from the program that the clinic used before, by household member.
_OLD_BALANCES = (Decimal("64.20"), Decimal("118.00"), Decimal("-25.00"), Decimal("35.50"))


class CounterTold:
    """The front desk's till and the biller's evening."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person]) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self.people = [person for person in people if not {"new", "restricted", "deceased"} & person.flags]
        self._taken = 0

    def lay(self) -> None:
        """Put all of it on the timeline; what lies beyond the story's present isn't told."""
        first = self.calendar.today - timedelta(days=_DAYS)
        self._at(first, time(7, 50), self._bring_forward)
        for months in range(_MONTHS, -1, -1):
            self._at(first - timedelta(days=30 * months), time(7, 30), self._close_earlier)
        for back in range(_DAYS, -1, -1):
            day = self.calendar.today - timedelta(days=back)
            for hour in _HOURS:
                self._at(day, time(hour, 40), partial(self._collect, day))
            self._at(day, time(17, 25), partial(self._close, day, short=back == 3))
        self._at(self.calendar.today - timedelta(days=2), time(10, 5), self._prepay)
        self._at(self.calendar.today - timedelta(days=1), time(9, 50), self._give_back)
        self._at(self.calendar.today - timedelta(days=1), time(11, 15), self._bounce)
        for back in (2, 1):
            day = self.calendar.today - timedelta(days=back)
            self._at(day, time(12, 0), partial(self._check, day + timedelta(days=1)))

    def _at(self, day: date, clock: time, step: partial[None] | object) -> None:
        moment = self.calendar.instant(day, clock)
        if moment <= self.calendar.story_now and callable(step):
            self.timeline.add(moment, step)

    def _bring_forward(self) -> None:
        for person, amount in zip(self.people[::5], _OLD_BALANCES, strict=False):
            bring_forward(
                by=self.cast.users["biller"],
                patient=person.chart,
                amount=amount,
                reason="Balance of the program used before",
            )

    def _collect(self, day: date) -> None:
        """Copays of those who were checked in since the hour before."""
        start, end = day_bounds(day, ZONE)
        rows = Appointment.objects.filter(start_at__gte=start, start_at__lt=end, status__in=_HERE, payments=None)
        for row in rows.select_related("patient", "type", "encounter").order_by("start_at"):
            due = copay_due(row).left
            self._taken += bool(due)
            way = _WAYS[self._taken % len(_WAYS)]
            if due and way is not None:
                take_payment(
                    by=self.cast.users["desk"],
                    patient=row.patient,
                    kind=PaymentKind.COPAY,
                    method=way,
                    amount=due,
                    reference=_REFERENCES.get(way, "").format(self._taken),
                    appointment=row,
                )

    def _prepay(self) -> None:
        take_payment(
            by=self.cast.users["desk"],
            patient=self.people[3].chart,
            kind=PaymentKind.PREPAYMENT,
            method=PaymentMethod.CARD,
            amount=Decimal("150.00"),
            reference=_REFERENCES[PaymentMethod.CARD],
        )

    def _give_back(self) -> None:
        """A part of the prepayment, to the card with which it was paid."""
        refund(
            by=self.cast.users["biller"],
            patient=self.people[3].chart,
            method=PaymentMethod.CARD,
            amount=Decimal("60.00"),
            reference=_REFERENCES[PaymentMethod.CARD],
            reason="The procedure became a smaller one",
        )

    def _bounce(self) -> None:
        """A check comes back from the bank."""
        check = Payment.objects.filter(method=PaymentMethod.CHECK, reversal=None).order_by("receipt_number").first()
        if check is not None:
            reverse_payment(by=self.cast.users["biller"], payment=check, reason="The check came back from the bank")

    def _close_earlier(self) -> None:
        for day in unclosed_days(clinic_today()):
            self._close(day, short=False)

    def _close(self, day: date, *, short: bool) -> None:
        sums = sums_of(Payment.objects.filter(business_date=day))
        if not sums.count:
            return
        missing = Decimal("5.00") if short and sums.cash else Decimal(0)
        close_day(
            by=self.cast.users["biller"],
            business_date=day,
            counted_cash=sums.cash - missing,
            payments_seen=sums.count,
            difference_reason="Five dollars of change given twice" if missing else "",
        )

    def _check(self, day: date) -> None:
        """The evening's questions to the payers; the front desk goes through some policies with the patient."""
        scheduler = service_user("scheduler")
        for number, policy in enumerate(unchecked_on(day)[:_CHECKED]):
            check_eligibility(by=scheduler, coverage=policy, service_date=day, request_token=uuid7())
            if number % 3 == 0:
                verify_coverage(by=self.cast.users["desk"], coverage=policy)
