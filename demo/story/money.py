"""What follows a signature: charges, claims, submissions, print runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import partial
from typing import TYPE_CHECKING

from billing.actions.appeals import begin_appeal
from billing.actions.batches import create_batch
from billing.actions.charges import add_charge
from billing.actions.claim_life import assign, hold, label, note, snooze
from billing.actions.claims import create_claim, submit_claims
from billing.actions.resubmitting import void_claim
from billing.choices import BatchStyle, ClaimState
from billing.models import Claim, ClaimBatch, TradingPartner
from demo.data import rows
from demo.story.answers import DECIDED, ON_PAPER, Answers
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.timeline import Timeline
from emr.codes.coding import Coding
from emr.codes.systems import HCPCS
from emr.shared.dates import clinic_today
from emr.shared.records import uuid7

if TYPE_CHECKING:
    from demo.story.charting import Charting

_SERVICES = {row["code"]: row for row in rows("services")}
#: Claims go out every other week, visits of the last days wait for theirs; the last runs are on file as files.
_RUN_EVERY, _WAITING_DAYS, _SENT_RUNS, _PRINTED_RUNS = timedelta(days=14), 4, 4, 2
_LAST_RUN = timedelta(days=12)
_OUT = [ClaimState.SUBMITTED, ClaimState.ACCEPTED]


class Money:
    """The biller's work: charges, claims and what comes back. ``jobs`` are run when the story is told."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self.answers = Answers(cast, calendar, timeline)
        self.jobs = self.answers.jobs
        self._careless = 0

    def charge(self, visit: Charting) -> None:
        """The services of a visit; once in a while a line is entered without the diagnosis that it answers."""
        by = self.cast.users["biller"] if visit.nursing else visit.author
        modifiers, pointed = visit.story.get("modifiers", []), visit.story.get("pointers", {})
        self._careless += 1
        for number, code in enumerate(visit.story["services"]):
            forgotten = self._careless % 83 == 60 and number == 0
            add_charge(
                by=by,
                encounter=visit.encounter,
                coding=Coding(HCPCS, code, _SERVICES[code]["display"]),
                quantity=visit.story.get("quantities", {}).get(code, 1),
                modifiers=visit.story.get("modifiers_on", {}).get(code, modifiers if number == 0 else []),
                diagnosis_ranks=() if forgotten else pointed.get(code, [1]),
            )
        waiting = (self.calendar.today - visit.day).days <= _WAITING_DAYS
        if not waiting and "restricted" not in visit.person.flags:
            moment = self.calendar.instant(visit.day + timedelta(days=1), time(16, 30))
            self.timeline.add(moment, partial(self._claim, visit))

    def lay_runs(self, since: date) -> None:
        """The days on which claims are submitted, and what is done at the desk in the last days."""
        day = self.calendar.today - _LAST_RUN
        runs = 0
        while day > since:
            moment = self.calendar.instant(day, time(17, 10))
            self.timeline.add(moment, partial(self._run, runs))
            day, runs = day - _RUN_EVERY, runs + 1
        for ago, wall, step in (
            (3, time(9, 5), self._void),
            (3, time(17, 10), self._ask_the_next),
            (2, time(16, 0), self._hold),
            (1, time(16, 20), self._work_on),
        ):
            moment = self.calendar.instant(self.calendar.today - timedelta(days=ago), wall)
            self.timeline.add(moment, step)

    def _claim(self, visit: Charting) -> None:
        create_claim(by=self.cast.users["biller"], encounter=visit.encounter)

    def _run(self, ago: int) -> None:
        """Whatever is ready goes out, together, and is decided on in its time; ``ago`` runs came after this one."""
        ready = self._in_states(ClaimState.READY)
        if not ready:
            return
        biller, day = self.cast.users["biller"], clinic_today()
        submitted = submit_claims(by=biller, claims=ready)
        if ago < _PRINTED_RUNS:
            self._batch(submitted, BatchStyle.REVIEW)
        if ago < _SENT_RUNS:
            on_paper = [claim for claim in submitted if claim.payer == self.cast.payers[ON_PAPER]]
            self._batch(on_paper, BatchStyle.DATA_ONLY)
            batch = self._batch([claim for claim in submitted if claim not in on_paper], BatchStyle.X12)
            if batch is not None:
                self.answers.acknowledge(batch, day, refusing=ago == 0)
        if ago:
            self.answers.decide(submitted, day + timedelta(days=DECIDED))
            return
        # Of the last run only those came back whose payer isn't the only one; one remittance waits to be posted.
        seconds = [claim for claim in submitted if claim.patient.coverages.filter(order=2).exists()]
        self.answers.decide(seconds, self.calendar.today - timedelta(days=4))
        self.answers.misdirect(submitted, self.calendar.today - timedelta(days=6))
        self.answers.preview(submitted, self.calendar.today - timedelta(days=1))

    def _batch(self, claims: Sequence[Claim], style: BatchStyle) -> ClaimBatch | None:
        if not claims:
            return None
        partner = TradingPartner.objects.get() if style == BatchStyle.X12 else None
        biller = self.cast.users["biller"]
        batch = create_batch(by=biller, claims=claims, style=style, partner=partner, request_token=uuid7())
        if batch.job_id is not None:
            self.jobs.append(batch.job_id)
        return batch

    def _void(self) -> None:
        """Two claims are taken back: one went to the wrong policy, one visit is paid privately after all."""
        for claim, reason in zip(
            [claim for claim in self._in_states(*_OUT) if claim.order == 1][-4::3],
            ("Sent to the policy that had ended.", "The patient pays this visit privately."),
            strict=False,
        ):
            void_claim(by=self.cast.users["biller"], claim=claim, reason=reason)

    def _ask_the_next(self) -> None:
        """One claim goes to the payer after the first; the others of its kind wait to be looked at."""
        for claim in [claim for claim in self._in_states(ClaimState.READY) if claim.order > 1][:1]:
            submit_claims(by=self.cast.users["biller"], claims=[claim])

    def _hold(self) -> None:
        for claim in [claim for claim in self._in_states(ClaimState.READY) if claim.order == 1][-1:]:
            reason = "The patient brings the card of the new policy"
            until = clinic_today() + timedelta(days=9)
            hold(by=self.cast.users["biller"], claim=claim, reason=reason, until=until)

    def _work_on(self) -> None:
        """What billers leave on claims: remarks, labels, days to come back to them."""
        biller = self.cast.users["biller"]
        for number, claim in enumerate(self._in_states(ClaimState.DENIED, ClaimState.PARTIAL)[-4:]):
            assign(by=biller, claim=claim, to=biller)
            if number == 0:
                label(by=biller, claim=claim, add=["call payer"])
                note(by=biller, claim=claim, text="Spoke to the payer's provider line: they look at it again.")
                snooze(by=biller, claim=claim, until=clinic_today() + timedelta(days=7))
            elif number == 1:
                label(by=biller, claim=claim, add=["needs records"])
                note(by=biller, claim=claim, text="Asked the clinician for the report of the referral.")
                begin_appeal(by=biller, claim=claim)

    @staticmethod
    def _in_states(*states: ClaimState) -> list[Claim]:
        """The claims that stand there now, in the order of their numbers."""
        rows = Claim.objects.filter(state__in=states).select_related("patient", "encounter", "payer")
        return list(rows.defer("snapshot", "lineage").order_by("created_at"))
