"""What makes a read odd, each rule in words with its numbers. Thresholds are data: a person's own usual days.

Ordinary work raises nothing: whoever wrote in a chart, or had the patient's visit, worked on it. See
``docs/decisions`` for why each rule is as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from uuid import UUID

from clinic.models.signals import SignalKind
from clinic.queries.openings import Known, Opening, same_surname
from clinic.relations import Relations
from emr.ui import formats

#: A visit, an appointment or an own entry from so long before the read until so long after it makes it work.
BEFORE, AFTER = timedelta(days=180), timedelta(days=90)
#: A usual day is told from so many earlier days at least, of the last so many.
FEWEST_DAYS, DAYS_BACK = 5, 60
#: However quiet a person's days are, fewer charts than these are never much.
FEW_CHARTS = 20
#: One median absolute deviation of a normal distribution in standard deviations; six of them are far out.
_SCALE, _FAR = 1.4826, 6


@dataclass(frozen=True)
class Raised:
    """A signal before it is written."""

    kind: SignalKind
    user_id: UUID
    patient_id: UUID | None
    day: date
    reads: int
    first_at: datetime
    last_at: datetime
    words: str


def signals_of(opening: Opening, known: Known, related: Relations) -> Iterator[Raised]:
    """What one opening gives reason to ask."""
    user, patient = known.users[opening.user_id], opening.patient_id
    if known.own.get(user.pk) == patient:
        yield _raise(SignalKind.OWN, opening, f"It is {user}'s own chart.")
        return
    if (user.pk, patient) in related.pairs:
        return
    nothing = f"{user} wrote nothing in this chart and has none of its visits within {BEFORE.days} days."
    if patient in known.staff:
        yield _raise(SignalKind.COLLEAGUE, opening, f"The patient works here. {nothing}")
    alike = [name for name in sorted(known.surnames.get(patient, ())) if same_surname(user.last_name, name)]
    if alike:
        yield _raise(SignalKind.SURNAME, opening, f"The family names are {user.last_name} and {alike[0]}. {nothing}")
    own = known.own.get(user.pk)
    if own and known.homes.get(own, set()) & known.homes.get(patient, set()):
        yield _raise(SignalKind.ADDRESS, opening, f"Both live at the same address. {nothing}")
    if opening.emergency:  # It is reviewed as an emergency access.
        return
    if patient in known.restricted:
        refused = f"{opening.denied} of the reads were refused. " if opening.denied else ""
        yield _raise(SignalKind.RESTRICTED, opening, f"The chart is restricted. {refused}{nothing}")
    elif patient not in related.patients:
        away = f"The patient had no visit or appointment from {BEFORE.days} days before to {AFTER.days} days after."
        yield _raise(SignalKind.UNRELATED, opening, f"{away} {nothing}")


def volume(mine: Collection[Opening], usual: Collection[int], *, own: bool, who: str) -> Raised | None:
    """Whether the openings of one person's day are far above ``usual``, the counts of earlier days.

    ``own`` says that those are the person's own days, and not, for somebody new, everybody's.
    """
    limit = limit_of(usual)
    charts = len({opening.patient_id for opening in mine})
    if limit is None or charts <= limit:
        return None
    one = next(iter(mine))
    whose = "their" if own else "everybody's"
    words = (
        f"{who} opened {charts} charts on {formats.day(one.day)}. On {len(usual)} of {whose} earlier days it was "
        f"{median(usual):g} in the middle and {max(usual)} at most; more than {limit} is out of the ordinary."
    )
    first, last = min(row.first_at for row in mine), max(row.last_at for row in mine)
    reads = sum(row.reads for row in mine)
    return Raised(SignalKind.VOLUME, one.user_id, None, one.day, reads, first, last, words)


def limit_of(usual: Collection[int]) -> int | None:
    """The most charts a day that are still ordinary; None where too few days are known to tell.

    It is six robust standard deviations above the middle day, at least twice it, and at least 20.
    """
    if len(usual) < FEWEST_DAYS:
        return None
    middle = median(usual)
    spread = _SCALE * median(abs(count - middle) for count in usual)
    return int(max(FEW_CHARTS, 2 * middle, middle + _FAR * spread))


def _raise(kind: SignalKind, opening: Opening, why: str) -> Raised:
    in_order = sorted(opening.sections, key=opening.sections.__getitem__)
    sections = ", ".join(section.replace("-", " ") for section in in_order[:6])
    times = "once" if opening.reads == 1 else f"{opening.reads} times"
    words = f"Opened {times} on {formats.day(opening.day)} ({sections}). {why}"
    return Raised(
        kind, opening.user_id, opening.patient_id, opening.day, opening.reads, opening.first_at, opening.last_at, words
    )
