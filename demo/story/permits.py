"""What the biller writes down so that claims go out right: the clinic's own rules, and what payers allowed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from billing.actions.authorizations import mark_authorization_wrong, save_authorization
from billing.actions.remedies import apply_remedy
from billing.actions.rules import save_rule
from billing.choices import AuthorizationKind, ClaimState
from billing.models import Claim
from billing.queries.scrubbing import scrubbed
from clinic.queries.coverages import coverage_on
from demo.data import tables
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.timeline import Timeline
from emr.shared.dates import clinic_today

#: All of it is written down shortly before the last claims go out, some of which use it.
_DAYS_AGO, _USED_AGO = 16, 12
#: How many claims the biller puts an authorization on, before the others are sent without.
_USED = 3


class PermitsTold:
    """Rules and authorizations. ``jobs`` gets what checks the drafts again."""

    def __init__(
        self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person], jobs: list[UUID]
    ) -> None:
        self.cast, self.calendar, self.timeline, self.jobs = cast, calendar, timeline, jobs
        self._people = {person.key: person for person in people}

    def lay(self) -> None:
        """Put all of it on the timeline."""
        self._at(_DAYS_AGO, time(9, 30), self._make_rules)
        for number, table in enumerate(tables("authorizations").values()):
            if person := self._people.get(table["person"]):
                self._at(_DAYS_AGO, time(14, number), partial(self._allow, person, table))
        self._at(_USED_AGO, time(16, 40), self._use)

    def _make_rules(self) -> None:
        for table in tables("rules").values():
            said = {name: value for name, value in table.items() if name not in {"key", "payer"}}
            payer = self.cast.payers.get(table.get("payer", ""))
            _, job = save_rule(by=self.cast.users["biller"], payer=payer, **said)
            self.jobs.append(job.pk)

    def _allow(self, person: Person, table: dict[str, Any]) -> None:
        coverage = coverage_on(person.chart, clinic_today())
        if coverage is None:
            raise LookupError(f"{person.key} has no policy.")
        row = save_authorization(
            by=self.cast.users["biller"],
            coverage=coverage,
            number=table["key"],
            kind=table.get("kind", AuthorizationKind.PRIOR_AUTHORIZATION),
            codes=table.get("codes", ()),
            period_start=self.calendar.today + timedelta(days=table["from"]),
            period_end=self.calendar.today + timedelta(days=table["until"]),
            visits_allowed=table.get("visits"),
            comment=table.get("comment", ""),
        )
        if "wrong" in table:
            mark_authorization_wrong(by=self.cast.users["biller"], authorization=row, reason=table["wrong"])

    def _use(self) -> None:
        """Some claims get the number that they lack, at one press; the last ones are still offered theirs."""
        drafts = Claim.objects.filter(
            state__in=[ClaimState.READY, ClaimState.HELD], coverage__authorizations__isnull=False
        )
        claims = {claim.pk: claim for claim in drafts.select_related("patient").order_by("number").distinct()}
        offers = (
            (claims[key], edit.remedy)
            for key, found in scrubbed(claims).items()
            for edit in found.edits
            if edit.remedy and edit.remedy.kind == "authorization"
        )
        for (claim, remedy), _ in zip(offers, range(_USED), strict=False):
            apply_remedy(by=self.cast.users["biller"], claim=claim, kind=remedy.kind, target=remedy.target)

    def _at(self, ago: int, wall: time, step: Any) -> None:
        self.timeline.add(self.calendar.instant(self.calendar.today - timedelta(days=ago), wall), step)
