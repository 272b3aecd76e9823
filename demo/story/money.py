"""What follows a signature: charges, claims, submissions, print runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import partial
from typing import TYPE_CHECKING

from billing.actions.batches import create_batch
from billing.actions.charges import add_charge
from billing.actions.claims import create_claim, submit_claims
from billing.actions.resubmitting import void_claim
from billing.choices import BatchStyle, ClaimState
from billing.models import Claim, ClaimBatch
from demo.data import rows
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.timeline import Timeline
from emr.codes.coding import Coding
from emr.codes.systems import HCPCS
from emr.shared.records import uuid7

if TYPE_CHECKING:
    from demo.story.charting import Charting

_SERVICES = {row["code"]: row for row in rows("services")}
#: Claims go out every other week, visits of the last days wait for theirs, and the last runs were printed.
_RUN_EVERY, _WAITING_DAYS, _PRINTED_RUNS = timedelta(days=14), 4, 3
_LAST_RUN = timedelta(days=12)


class Money:
    """The biller's work, kept together so that a run takes what has become ready by then."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self.batches: list[ClaimBatch] = []
        self._claims: list[Claim] = []
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
        """The days on which claims are submitted."""
        day = self.calendar.today - _LAST_RUN
        runs = 0
        while day > since:
            moment = self.calendar.instant(day, time(17, 10))
            self.timeline.add(moment, partial(self._submit, printed=runs < _PRINTED_RUNS))
            day, runs = day - _RUN_EVERY, runs + 1
        self.timeline.add(self.calendar.instant(self.calendar.today - timedelta(days=3), time(9, 5)), self._void)

    def _claim(self, visit: Charting) -> None:
        self._claims.append(create_claim(by=self.cast.users["biller"], encounter=visit.encounter))

    def _submit(self, *, printed: bool) -> None:
        """Whatever is ready goes out, together; the last runs on paper."""
        ready = [claim for claim in self._claims if claim.state == ClaimState.READY]
        if not ready:
            return
        biller = self.cast.users["biller"]
        submitted = submit_claims(by=biller, claims=ready)
        self._replace(submitted)
        if printed:
            self.batches.append(
                create_batch(by=biller, claims=submitted, style=BatchStyle.REVIEW, request_token=uuid7())
            )

    def _void(self) -> None:
        """Two claims are taken back: one went to the wrong policy, one visit is paid privately after all."""
        biller = self.cast.users["biller"]
        submitted = [claim for claim in self._claims if claim.state == ClaimState.SUBMITTED]
        for claim, reason in zip(
            submitted[-4::3],
            ("Sent to the policy that had ended.", "The patient pays this visit privately."),
            strict=False,
        ):
            self._replace([void_claim(by=biller, claim=claim, reason=reason)])

    def _replace(self, claims: Sequence[Claim]) -> None:
        changed = {claim.pk: claim for claim in claims}
        self._claims = [changed.get(claim.pk, claim) for claim in self._claims]
