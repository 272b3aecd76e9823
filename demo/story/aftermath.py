"""What is done about payers' decisions: appealed, mended, given up, paid by the patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import time, timedelta
from functools import partial
from random import Random

from billing.actions.adjusting import write_off
from billing.actions.appeals import begin_appeal, decide_appeal, send_appeal
from billing.actions.payments import take_payment
from billing.actions.resubmitting import replace_claim
from billing.choices import AdjustmentReason, PaymentKind, PaymentMethod, Side
from billing.models import Appeal, Claim
from billing.queries.claim_money import owed_by
from demo.payers import Said, asked
from demo.story import fates
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.timeline import Timeline
from emr.shared.dates import clinic_today
from emr.shared.money import cents

#: Lets the payer of a claim tell decisions on it.
Tell = Callable[[Claim, Sequence[Said]], None]
#: What was refused longer ago has been settled one way or the other.
_OLD = timedelta(days=75)
_HALF, _PAYING, _PAYING_HALF = 2, 0.62, 0.74
_CARD = "ends in 4242"
#: Appeals that are answered in the last months are refused; then the next letter is begun.
_REFUSED = timedelta(days=90)
_GRANTED = "Granted: the visit note shows why it was needed."
_UPHELD = "Refused: the note doesn't show what was tried before."


class Aftermath:
    """The biller's answers, and the patients'."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline, tell: Tell) -> None:
        self.cast, self.calendar, self.timeline, self._tell = cast, calendar, timeline, tell

    def of(self, fate: fates.Fate, claim: Claim, said: Said) -> None:
        """What follows a decision."""
        old = self.calendar.today - clinic_today() > _OLD
        if fate is fates.unneeded:
            self._in(3, partial(self._appeal, claim))
            if old:
                self._in(44, partial(self._answer, claim, said))
        elif fate is fates.unclear:
            self._in(1, partial(self._replace, claim))
        elif fate is fates.unauthorized and old:
            self._in(21, partial(self._give_up, claim, AdjustmentReason.NO_AUTHORIZATION))
        elif fate is fates.short and old:
            self._in(30, partial(self._give_up, claim, AdjustmentReason.TIMELY_FILING))
        elif fate in (fates.deductible, fates.coinsurance, fates.copay):
            self._lay_payment(claim)

    def take_back(self, claim: Claim, said: Said) -> None:
        """The payer takes its payment back after a week, and long after pays again."""
        self._in(7, partial(self._tell, claim, [said.back()]))
        if self.calendar.today - clinic_today() > _OLD:
            self._in(40, partial(self._tell, claim, [said]))

    def correct(self, claim: Claim, before: Said, after: Said) -> None:
        """The payer decides anew after ten days."""
        self._in(10, partial(self._tell, claim, [before.back(), after]))
        self._lay_payment(claim)

    def _lay_payment(self, claim: Claim) -> None:
        chance = Random(f"pays {claim.number}")  # noqa: S311  invented, not secret
        draw = chance.random()
        if draw < _PAYING_HALF:
            share = 1 if draw < _PAYING else _HALF
            self._in(chance.randint(18, 45), partial(self._pay, claim, share))

    def _appeal(self, claim: Claim) -> None:
        appeal = begin_appeal(by=self.cast.users["biller"], claim=claim)
        send_appeal(by=self.cast.users["biller"], appeal=appeal, sent_on=clinic_today())

    def _answer(self, claim: Claim, said: Said) -> None:
        """The payer grants an appeal, and its money comes with the letter; or it refuses, and the biller writes on."""
        appeal, won = Appeal.objects.get(claim=claim), self.calendar.today - clinic_today() > _REFUSED
        if won:
            self._tell(claim, [said.back(), fates.agreed(asked(claim))])
        outcome = _GRANTED if won else _UPHELD
        biller, day = self.cast.users["biller"], clinic_today()
        decide_appeal(by=biller, appeal=appeal, won=won, decided_on=day, outcome=outcome)
        if not won:
            begin_appeal(by=biller, claim=claim)

    def _replace(self, claim: Claim) -> None:
        replace_claim(by=self.cast.users["biller"], claim=claim)

    def _give_up(self, claim: Claim, reason: AdjustmentReason) -> None:
        amount = owed_by(claim).insurance
        if amount:
            write_off(by=self.cast.users["biller"], claim=claim, side=Side.PAYER, amount=amount, reason_code=reason)

    def _pay(self, claim: Claim, share: int) -> None:
        """By card on the telephone, or by transfer; a half of it, or all."""
        amount = cents(owed_by(claim).patient / share)
        if amount:
            by_card = int(claim.number) % 3 > 0
            take_payment(
                by=self.cast.users["biller"],
                patient=claim.patient,
                encounter=claim.encounter,
                kind=PaymentKind.PAYMENT,
                method=PaymentMethod.CARD if by_card else PaymentMethod.TRANSFER,
                amount=amount,
                reference=_CARD if by_card else "",
            )

    def _in(self, days: int, step: Callable[[], object]) -> None:
        """Some days from the story's now, at noon, unless that is yet to come."""
        moment = self.calendar.instant(clinic_today() + timedelta(days=days), time(12, 5))
        if moment <= self.calendar.story_now:
            self.timeline.add(moment, step)
