"""Where a claim can go from where it stands: the life of a claim as data (one row a state).

A claim that hasn't gone out is checked, held, submitted or thrown away. One that went out is answered, argued about,
paid and closed; whatever was decided can be decided anew, because payers do, and stands as submitted again where the
decision was posted in error. Replaced and void are the ends.
"""

from __future__ import annotations

from billing.choices import ClaimState as S

_CHECKED = frozenset({S.HELD, S.READY, S.PATIENT_BALANCE})
_ANSWERS = frozenset({S.PAID, S.PARTIAL, S.DENIED, S.REVERSED})
_ENDS = frozenset({S.CLOSED, S.REPLACED, S.VOID})

TRANSITIONS: dict[S, frozenset[S]] = {
    S.HELD: _CHECKED | {S.ON_HOLD, S.VOID},
    S.READY: _CHECKED | {S.ON_HOLD, S.SUBMITTED, S.VOID},
    S.ON_HOLD: _CHECKED | {S.VOID},
    S.SUBMITTED: _ANSWERS | _ENDS | {S.ACCEPTED, S.REJECTED, S.PATIENT_BALANCE},
    S.ACCEPTED: _ANSWERS | _ENDS | {S.REJECTED, S.PATIENT_BALANCE},
    S.REJECTED: _ANSWERS | _ENDS | {S.ACCEPTED, S.PATIENT_BALANCE},
    S.PAID: _ANSWERS | _ENDS | {S.APPEAL, S.PATIENT_BALANCE, S.SUBMITTED},
    S.PARTIAL: _ANSWERS | _ENDS | {S.APPEAL, S.PATIENT_BALANCE, S.SUBMITTED},
    S.DENIED: _ANSWERS | _ENDS | {S.APPEAL, S.PATIENT_BALANCE, S.SUBMITTED},
    S.REVERSED: _ANSWERS | _ENDS | {S.APPEAL, S.PATIENT_BALANCE, S.SUBMITTED},
    S.APPEAL: _ANSWERS | _ENDS | {S.PATIENT_BALANCE, S.SUBMITTED},
    # One without insurance comes here before it ever went out, and may be found insured after all.
    S.PATIENT_BALANCE: _CHECKED | _ANSWERS | _ENDS | {S.SUBMITTED, S.APPEAL, S.ON_HOLD},
    S.CLOSED: _CHECKED | _ANSWERS | {S.SUBMITTED, S.APPEAL, S.REPLACED, S.VOID},
    # Void only together with the claim that replaced it.
    S.REPLACED: frozenset({S.VOID}),
    S.VOID: frozenset(),
}

#: Not out yet: what the form lacks decides.
DRAFTS = frozenset({S.HELD, S.READY, S.ON_HOLD})
#: Over: nothing of theirs is owed.
OVER = frozenset({S.REPLACED, S.VOID})


def may_go(now: str, to: str) -> bool:
    """Whether a claim may come from one state to another; staying is always allowed."""
    return now == to or S(to) in TRANSITIONS[S(now)]
