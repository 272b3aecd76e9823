"""A visit that is closed by a signed note takes nothing more, by whatever way it comes."""

from __future__ import annotations

import pgtrigger

from emr.shared.errors import REFUSALS, Conflict

#: The visit's row is locked first (as by its foreign key), so that what waits for a signature finds it.
_CLOSED = """
    PERFORM FROM clinic_encounter WHERE id = ANY ({visits}) FOR KEY SHARE;
    IF EXISTS (
        SELECT FROM clinic_note
        WHERE encounter_id = ANY ({visits}) AND signed_at IS NOT NULL AND entered_in_error_at IS NULL
        AND type <> '34746-8'
    ) THEN
        RAISE EXCEPTION 'The visit is closed by its signed note: nothing is attached to it any more.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'clinic_visit_closed';
    END IF;
    RETURN NEW;
"""
_NEITHER_TO_NOR_FROM = """
    IF NEW.encounter_id IS NULL AND TG_OP = 'INSERT'
        OR TG_OP = 'UPDATE' AND NEW.encounter_id IS NOT DISTINCT FROM OLD.encounter_id
    THEN
        RETURN NEW;
    END IF;
""" + _CLOSED.format(visits="ARRAY[NEW.encounter_id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.encounter_id END]")
#: The patient changes where two charts are merged, the problem where it is listed or merged later.
_LEFT = "{patient_id,condition_id,updated_at}"
_SAME = f"""
    IF to_jsonb(NEW) - '{_LEFT}'::text[] IS NOT DISTINCT FROM to_jsonb(OLD) - '{_LEFT}'::text[] THEN
        RETURN NEW;
    END IF;
""" + _CLOSED.format(visits="ARRAY[OLD.encounter_id]")

#: For every table of the chart that points to a visit. A nurse's note (LOINC 34746-8) closes none.
VISIT_OPEN = pgtrigger.Trigger(
    name="visit_open",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    func=_NEITHER_TO_NOR_FROM,
)

#: For what the signature locks with the note though it stands beside it: neither its order nor its words change.
STAYS_AS_SIGNED = pgtrigger.Trigger(
    name="stays_as_signed", when=pgtrigger.Before, operation=pgtrigger.Update, func=_SAME
)


class VisitClosed(Conflict):
    """The visit is closed by its signed note, however what comes now reached it."""

    def __init__(self) -> None:
        super().__init__(
            "The visit is closed by its signed note: nothing is added to it or taken off it any more. "
            "Write an addendum to the note instead."
        )


REFUSALS["clinic_visit_closed"] = VisitClosed
