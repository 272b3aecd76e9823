"""Which visits there are: who comes when, to whom, why. Chance within reason, and no two visits at one time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple

from demo.data import rows, tables
from demo.story.calendar import SESSIONS, ZONE, Calendar
from demo.story.cast import BOOKABLE
from demo.story.people import Person

_STEP = timedelta(minutes=10)
_MINUTES = {row["key"]: int(row["duration_minutes"]) for row in rows("types")}
_FLU_SEASON = frozenset({9, 10, 11, 12})
#: How often the first lasting problem is followed up in a year, and who of all comes with something acute.
_FOLLOW_UPS, _ACUTE_SHARE = 2, 0.4
_UPCOMING_DAYS, _RECENT_DAYS = 14, 11
#: How many days ago people of a flag came. Rosa Lopez is the showcase: her chart has everything.
_FIXED = {
    "showcase": (2, 20, 95, 187, 280),
    "steady": (7, 18, 24, 29, 33, 38, 43),
    "no_address": (8, 21),
    "self_pay": (9,),
}
_NURSE_SHARE, _UNWRITTEN = 0.12, 2
_MISSED, _WRITTEN_UP, _LAST_DAYS = 0.03, 0.6, timedelta(days=5)
#: When today's comers would like to come, by their number's rest when divided by four; the others come whenever.
_WISHES = {0: time(8), 2: time(8), 3: time(16, 40)}
#: One of them is with a practitioner just now, and one about to be: by number, how far from the story's present.
_JUST_NOW = {1: timedelta(minutes=-10), 5: timedelta(minutes=6)}


class Fate(NamedTuple):
    """What becomes of a booked visit beside being kept."""

    no_show: bool = False
    cancelled: bool = False
    unfinished: bool = False


@dataclass
class Visit:
    """A planned visit."""

    person: Person
    story: dict[str, Any]
    practitioner: str
    start: datetime
    fate: Fate = field(default_factory=Fate)

    @property
    def end(self) -> datetime:
        """When it should be over."""
        return self.start + timedelta(minutes=_MINUTES[self.story["type"]])

    @property
    def key(self) -> str:
        """What chance is drawn by within the visit."""
        return f"{self.person.key} {self.start.isoformat()}"


class Planner:
    """Lays visits into the days of the practitioners."""

    def __init__(self, calendar: Calendar, seed: int) -> None:
        self.calendar = calendar
        self.chance = Random(f"{seed} plan")  # noqa: S311  invented, not secret
        self.visits: list[Visit] = []
        self._taken: dict[tuple[str, date], list[tuple[datetime, datetime]]] = defaultdict(list)
        self._comes: set[tuple[str, date]] = set()

    def history(self, people: list[Person], days: int) -> None:
        """The visits of the last ``days`` days."""
        for person in people:
            for story in self._year_of(person, days):
                self._somewhen(person, story, -days, -1)

    def fixed(self, people: list[Person]) -> None:
        """Visits that there are whatever chance says, so that no page and no state of a claim lacks its example."""
        for person in people:
            for last in sorted(ago for flag in person.flags for ago in _FIXED.get(flag, ())):
                problem = "diabetes" if "diabetes" in person.problems else person.problems[0]
                story = tables("visits")[tables("problems")[problem]["visit"]]
                day = list(self.calendar.days(-last - 6, -last))[-1]
                visit = self._place(person, story, self._hosts(person, story), day)
                if visit is not None and day > person.registered_at.date():
                    self.visits.append(visit)

    def recent(self, people: list[Person], each: int) -> None:
        """The last days were busy: their visits wait for notes, charges and claims."""
        comers = [person for person in people if not {"deceased", "restricted", "new"} & person.flags]
        for day in self.calendar.days(-_RECENT_DAYS, -1):
            for person in self.chance.sample(comers, min(each, len(comers))):
                story = self._reason_to_come(person)
                visit = self._place(person, story, self._hosts(person, story), day)
                if visit is not None:
                    visit.fate = self._past_fate(day)
                    self.visits.append(visit)

    def leave_unwritten(self) -> None:
        """The last past visits of the clinician whose log-in is printed still wait for their notes."""
        kept = [visit for visit in self.visits if visit.practitioner == "okafor" and visit.fate == Fate()]
        past = [visit for visit in kept if visit.start.astimezone(ZONE).date() < self.calendar.today]
        past = [visit for visit in past if "showcase" not in visit.person.flags]
        for visit in sorted(past, key=lambda visit: visit.start)[-_UNWRITTEN:]:
            visit.fate = Fate(unfinished=True)

    def today(self, people: list[Person], count: int) -> None:
        """A well filled day: who is new first, then whom chance picks, spread over the practitioners.

        Half of them come as early as they can, a quarter as late, two just now: so at any hour of the story some were
        seen, somebody is here unless it is lunchtime, and some are yet to come.
        """
        comers = [person for person in people if not {"deceased", "restricted"} & person.flags]
        self.chance.shuffle(comers)
        comers.sort(key=lambda person: "new" not in person.flags)
        for number, person in enumerate(comers[: count + 2]):
            story = self._reason_to_come(person)
            hosts = self._hosts(person, story)
            visit = self._place(person, story, hosts, self.calendar.today, near=self._wished(number))
            if visit is not None:
                self.visits.append(visit)
        self._mark_today()

    def _wished(self, number: int) -> datetime | None:
        """Near which time today's comer of a number would like to come; None for whenever."""
        if number in _JUST_NOW:
            return self.calendar.story_now + _JUST_NOW[number]
        wall = _WISHES.get(number % 4)
        return self.calendar.instant(self.calendar.today, wall) if wall else None

    def upcoming(self, people: list[Person], share: float) -> None:
        """Partly booked days to come."""
        comers = [person for person in people if not {"deceased", "restricted"} & person.flags]
        for day in self.calendar.days(1, _UPCOMING_DAYS):
            for person in self.chance.sample(comers, round(share * len(comers))):
                story = self._reason_to_come(person)
                visit = self._place(person, story, self._hosts(person, story), day)
                if visit is not None:
                    self.visits.append(visit)

    def _year_of(self, person: Person, days: int) -> list[dict[str, Any]]:
        """Why somebody came in the time told about."""
        if "new" in person.flags:
            return []
        stories, share = tables("visits"), days / 365
        problems = [tables("problems")[problem] for problem in person.problems]
        times = max(1, round(_FOLLOW_UPS * share))
        found = [stories[problem["visit"]] for n, problem in enumerate(problems) for _ in range(1 if n else times)]
        found += self._fitting(person, "preventive", int(not problems or self.chance.random() < 0.5))
        found += self._fitting(person, "acute", int(self.chance.random() < _ACUTE_SHARE))
        for problem, story, times in (("atrial", "inr_check", 2), ("b12", "b12_shot", 4)):
            if problem in person.problems:
                found += [stories[story]] * max(1, round(times * share))
        if self.chance.random() < 0.3:
            found.append(stories["flu_shot"])
        return found

    def _reason_to_come(self, person: Person) -> dict[str, Any]:
        """Why somebody comes one day: a lasting problem as often as something new."""
        if "new" in person.flags:
            return tables("visits")["new_patient"]
        stories = [tables("visits")[tables("problems")[problem]["visit"]] for problem in person.problems]
        stories += self._fitting(person, "acute", 1) + self._fitting(person, "preventive", 1)
        for_nurse = self._fitting(person, "nurse", 1)
        return self.chance.choice(for_nurse if for_nurse and self.chance.random() < _NURSE_SHARE else stories)

    def _fitting(self, person: Person, kind: str, count: int) -> list[dict[str, Any]]:
        age, on = person.age(self.calendar.today), self.calendar.today
        fitting = [
            story
            for story in tables("visits").values()
            if story.get(kind)
            and story.get("least_age", 0) <= age <= story.get("most_age", 130)
            and story.get("sex", person.row["sex"]) == person.row["sex"]
            and story.get("problem") in (None, *person.problems)
            and (story["key"] != "flu_shot" or on.month in _FLU_SEASON)
            and (story["key"] != "pressure_check" or "hypertension" in person.problems)
            and story["key"] != "new_patient"
        ]
        return self.chance.sample(fitting, min(count, len(fitting)))

    def _hosts(self, person: Person, story: dict[str, Any]) -> list[str]:
        """Who may see them: the nurse for her visits, else the person's own clinician, then the others."""
        if story["type"] == "nurse":
            return ["nurse"]
        others = [key for key in BOOKABLE if key not in ("nurse", person.doctor)]
        self.chance.shuffle(others)
        return [person.doctor, *others] if "restricted" not in person.flags else [person.doctor]

    def _somewhen(self, person: Person, story: dict[str, Any], first: int, last: int) -> None:
        """A visit on some open day in a span, a flu vaccine in its season, none after a death."""
        end = min(last, -45) if "deceased" in person.flags else last
        since = person.registered_at.date() + timedelta(days=3)
        days = [day for day in self.calendar.days(first, end) if day >= since]
        if story["key"] == "flu_shot":
            days = [day for day in days if day.month in _FLU_SEASON]
        for day in self.chance.sample(days, min(4, len(days))):
            visit = self._place(person, story, self._hosts(person, story), day)
            if visit is not None:
                visit.fate = self._past_fate(day)
                self.visits.append(visit)
                return

    def _past_fate(self, day: date) -> Fate:
        """Most visits are kept and written up; of the last days some still wait for their note."""
        draw = self.chance.random()
        if draw < _MISSED:
            return Fate(no_show=True)
        if draw < 2 * _MISSED:
            return Fate(cancelled=True)
        return Fate(unfinished=draw > _WRITTEN_UP and self.calendar.today - day <= _LAST_DAYS)

    def _place(
        self, person: Person, story: dict[str, Any], hosts: list[str], day: date, *, near: datetime | None = None
    ) -> Visit | None:
        """The visit at a free time of the first host who has one: the nearest to ``near``, else any."""
        if (person.key, day) in self._comes:
            return None
        length = timedelta(minutes=_MINUTES[story["type"]])
        for host in hosts:
            free = self._free(host, day, length)
            if not free:
                continue
            start = min(free, key=lambda start: abs(start - near)) if near else self.chance.choice(free)
            self._taken[host, day].append((start, start + length))
            self._comes.add((person.key, day))
            return Visit(person, story, host, start)
        return None

    def _free(self, host: str, day: date, length: timedelta) -> list[datetime]:
        """When somebody could begin what takes so long, and be done by lunch or by the evening."""
        taken, found = self._taken[host, day], []
        for begin, end in SESSIONS:
            opens, closes = self.calendar.instant(day, begin), self.calendar.instant(day, end)
            for start in (opens + n * _STEP for n in range((closes - opens) // _STEP)):
                over = start + length
                if over <= closes and all(over <= first or last <= start for first, last in taken):
                    found.append(start)
        return found

    def _mark_today(self) -> None:
        """One who doesn't come and one who calls it off; a few visits of the last days are still not written up."""
        today = [visit for visit in self.visits if visit.start.astimezone(ZONE).date() == self.calendar.today]
        over = [visit for visit in today if visit.end <= self.calendar.story_now and "new" not in visit.person.flags]
        later = [visit for visit in today if visit.start > self.calendar.story_now + timedelta(minutes=25)]
        if over:
            over[len(over) // 2].fate = Fate(no_show=True)
        if later:
            later[len(later) // 2].fate = Fate(cancelled=True)
