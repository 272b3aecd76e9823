"""The biller's queues: the life of a claim as piles of work. Each claim lies in exactly one."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from billing.choices import ClaimState as S


@dataclass(frozen=True)
class Queue:
    """A pile: the states of its claims, and whether they go to a payer after the first (None: to whichever)."""

    key: str
    label: str
    states: frozenset[S]
    secondary: bool | None = None

    @property
    def fits(self) -> Q:
        """The claims in it, as a condition."""
        found = Q(state__in=sorted(self.states))
        if self.secondary is None:
            return found
        return found & (Q(order__gt=1) if self.secondary else Q(order=1))

    def has(self, state: str, order: int) -> bool:
        """Whether a claim in this state, to the payer of this order, lies in it."""
        return state in self.states and self.secondary in (None, order > 1)


QUEUES = (
    Queue("mend", "To mend", frozenset({S.HELD}), secondary=False),
    Queue("ready", "Ready", frozenset({S.READY}), secondary=False),
    Queue("secondary", "Next payer", frozenset({S.HELD, S.READY}), secondary=True),
    Queue("hold", "On hold", frozenset({S.ON_HOLD})),
    Queue("sent", "Submitted", frozenset({S.SUBMITTED, S.ACCEPTED})),
    Queue("rejected", "Rejected", frozenset({S.REJECTED})),
    Queue("decided", "Denied or short", frozenset({S.DENIED, S.PARTIAL, S.REVERSED, S.PAID})),
    Queue("appeal", "Appealed", frozenset({S.APPEAL})),
    Queue("patient", "Patient balance", frozenset({S.PATIENT_BALANCE})),
    Queue("done", "Done", frozenset({S.CLOSED, S.REPLACED, S.VOID})),
)
BY_KEY = {queue.key: queue for queue in QUEUES}
#: What nobody works on any more; the list without a queue leaves it out.
DONE = BY_KEY["done"]
