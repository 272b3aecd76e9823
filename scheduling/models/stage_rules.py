"""The database's own hold on the stages: the table of moves, the order of times, and a move for each change."""

from __future__ import annotations

import pgtrigger

from scheduling.stages import BACK, FORWARD

#: The refusals' name, by which the action knows a move that somebody else made impossible.
NO_SUCH_MOVE = "scheduling_stage_move"


def _pairs(moves: dict[str, tuple[str, ...]]) -> str:
    return ", ".join(f"('{start!s}', '{end!s}')" for start, ends in moves.items() for end in ends)


_REFUSED = f"USING ERRCODE = 'check_violation', CONSTRAINT = '{NO_SUCH_MOVE}'"

#: Before a move is written: the visit is where the move begins, the move exists, and time does not run back.
MOVES_ONLY_WHERE_IT_MAY = pgtrigger.Trigger(
    name="moves_only_where_it_may",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    declare=[("visit", "record")],
    func=f"""
    SELECT stage, stage_at INTO visit FROM scheduling_appointment WHERE id = NEW.appointment_id FOR UPDATE;
    IF visit.stage <> NEW.previous THEN
        RAISE EXCEPTION 'the visit is %, not %', visit.stage, NEW.previous {_REFUSED};
    END IF;
    IF NEW.at < visit.stage_at THEN
        RAISE EXCEPTION 'a visit''s stages follow each other' {_REFUSED};
    END IF;
    IF (NEW.previous, NEW.stage) IN ({_pairs(BACK)}) THEN
        IF NEW.reason !~ '\\S' THEN
            RAISE EXCEPTION 'a move back needs a reason' {_REFUSED};
        END IF;
    ELSIF (NEW.previous, NEW.stage) NOT IN ({_pairs(FORWARD)}) THEN
        RAISE EXCEPTION 'a visit that is % can''t become %', NEW.previous, NEW.stage {_REFUSED};
    END IF;
    RETURN NEW;
""",  # noqa: S608  # stages of our own
)

#: At commit the visit is where its last move led.
FOLLOWS_THE_STAGE = pgtrigger.Trigger(
    name="leads_to_the_stage",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    func=f"""
    IF (SELECT stage FROM scheduling_appointment WHERE id = NEW.appointment_id) <> (
        SELECT stage FROM scheduling_appointmentstage
        WHERE appointment_id = NEW.appointment_id ORDER BY at DESC, id DESC LIMIT 1
    ) THEN
        RAISE EXCEPTION 'the visit did not follow its move' {_REFUSED};
    END IF;
    RETURN NULL;
""",  # noqa: S608  # stages of our own
)

#: No stage of a visit changes without the move that says when and by whom.
STAGE_HAS_ITS_MOVE = pgtrigger.Trigger(
    name="stage_has_its_move",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition("((OLD.stage, OLD.stage_at) IS DISTINCT FROM (NEW.stage, NEW.stage_at))"),
    func=f"""
    IF NOT EXISTS (
        SELECT 1 FROM scheduling_appointmentstage
        WHERE appointment_id = NEW.id AND previous = OLD.stage AND stage = NEW.stage AND at = NEW.stage_at
    ) THEN
        RAISE EXCEPTION 'a stage changes by a move' {_REFUSED};
    END IF;
    RETURN NEW;
""",  # noqa: S608  # stages of our own
)
