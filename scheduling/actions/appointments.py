"""All that is done to a visit, by one name: booked, moved, called off, and carried through its day."""

from __future__ import annotations

from scheduling.actions.booking import book
from scheduling.actions.cancelling import cancel, undo_cancel
from scheduling.actions.flow import check_in, complete, mark_arrived, mark_no_show
from scheduling.actions.moving import reschedule
from scheduling.actions.slots import SlotTaken

__all__ = [
    "SlotTaken",
    "book",
    "cancel",
    "check_in",
    "complete",
    "mark_arrived",
    "mark_no_show",
    "reschedule",
    "undo_cancel",
]
