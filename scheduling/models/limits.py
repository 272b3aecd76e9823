"""How many visits may stand beside each other, held by the database under the practitioner's lock.

``scheduling_may_stand(practitioner, type, start, end)``, a function of the database, says it: the capacity of the
session in which the visit lies, else the most specific policy. The trigger asks it for each visit that would stand at
one instant, and the least of the answers counts, so that nobody comes to stand beside one who is to be alone. Pages
and actions ask the same function; there is no second opinion.
"""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from emr.audit.registry import recorded
from emr.shared.records import Recorded, choices_constraint
from scheduling.choices import OCCUPYING, DoubleBooking

#: The names by which a refusal of the database is known.
NO_DOUBLE_BOOKING = "scheduling_appointment_no_double_booking"
BESIDE_NEEDS_REASON = "scheduling_appointment_beside_needs_reason"
ROOM_TAKEN = "scheduling_appointment_room_taken"
ROOM_SHARED = "scheduling_appointment_room_shared"
NOT_SHARED = "scheduling_appointment_room_not_shared"
NOT_BEFORE_RULES = "scheduling_appointment_not_before_rules"
REASON_STAYS = "scheduling_appointment_reason_stays"

_OCCUPYING = ", ".join(f"'{status}'" for status in OCCUPYING)

_HELD = f"""
    IF NEW.status NOT IN ({_OCCUPYING}) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.status IN ({_OCCUPYING})
            AND (OLD.practitioner_id, OLD.type_id, OLD.start_at, OLD.end_at, OLD.shares_room)
                = (NEW.practitioner_id, NEW.type_id, NEW.start_at, NEW.end_at, NEW.shares_room)
            AND OLD.busy_until IS NOT DISTINCT FROM NEW.busy_until
        THEN
            RETURN NULL;
        END IF;
        IF OLD.status IN ({_OCCUPYING})
            AND (OLD.practitioner_id, OLD.type_id) = (NEW.practitioner_id, NEW.type_id)
        THEN
            stood_from := OLD.start_at;
            stood_until := COALESCE(OLD.busy_until, OLD.end_at);
        END IF;
    END IF;
    PERFORM 1 FROM accounts_practitioner WHERE id = NEW.practitioner_id FOR NO KEY UPDATE;
    SELECT * INTO allowed FROM scheduling_may_stand(NEW.practitioner_id, NEW.type_id, NEW.start_at, NEW.end_at);
    IF NEW.shares_room AND NOT allowed.in_session THEN
        RAISE EXCEPTION 'the session takes one patient at a time'
            USING ERRCODE = 'check_violation', CONSTRAINT = '{NOT_SHARED}';
    END IF;
    FOR crowd IN
        WITH visits AS (
            SELECT other.start_at, COALESCE(other.busy_until, other.end_at) AS until, may.maximum, may.rule
            FROM scheduling_appointment other,
                scheduling_may_stand(other.practitioner_id, other.type_id, other.start_at, other.end_at) may
            WHERE other.practitioner_id = NEW.practitioner_id AND other.id <> NEW.id
                AND other.status IN ({_OCCUPYING})
                AND other.start_at < COALESCE(NEW.busy_until, NEW.end_at)
                AND COALESCE(other.busy_until, other.end_at) > NEW.start_at
            UNION ALL
            SELECT NEW.start_at, COALESCE(NEW.busy_until, NEW.end_at), allowed.maximum, allowed.rule
        ), instants AS (
            SELECT GREATEST(start_at, NEW.start_at) AS moment FROM visits
            UNION SELECT stood_until
            WHERE stood_until > NEW.start_at AND stood_until < COALESCE(NEW.busy_until, NEW.end_at)
        )
        SELECT count(*) AS standing, min(maximum) AS maximum, bool_or(rule = 'warn') AS asks
        FROM instants JOIN visits ON start_at <= moment AND moment < until
        -- Where it stood before, it may go on standing: editing conflicts with nobody.
        WHERE stood_from IS NULL OR moment < stood_from OR moment >= stood_until
        GROUP BY moment
    LOOP
        IF crowd.standing > crowd.maximum THEN
            RAISE EXCEPTION '% visits at one time, where % may stand', crowd.standing, crowd.maximum
                USING ERRCODE = 'exclusion_violation', CONSTRAINT = '{NO_DOUBLE_BOOKING}';
        END IF;
        IF crowd.standing > 1 AND crowd.asks AND NEW.override_reason = '' THEN
            RAISE EXCEPTION 'a visit beside another needs a reason'
                USING ERRCODE = 'check_violation', CONSTRAINT = '{BESIDE_NEEDS_REASON}';
        END IF;
    END LOOP;
    RETURN NULL;
"""  # noqa: S608  # the statuses and names are our own constants

#: After the row, so that it sees every other one of the same statement.
HELD_UNDER_LOCK = pgtrigger.Trigger(
    name="as_many_as_may_stand",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update,
    declare=[
        ("allowed", "record"),
        ("crowd", "record"),
        ("stood_from", "timestamptz"),
        ("stood_until", "timestamptz"),
    ],
    func=_HELD,
)

_EXCEPTIONS = f"""
    IF NEW.before_rules AND (TG_OP = 'INSERT' OR NOT OLD.before_rules) THEN
        RAISE EXCEPTION 'only what stood before the rules is passed over by them'
            USING ERRCODE = 'check_violation', CONSTRAINT = '{NOT_BEFORE_RULES}';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.override_reason <> '' AND NEW.override_reason = '' THEN
        RAISE EXCEPTION 'the reason why a visit stands where it does stays'
            USING ERRCODE = 'check_violation', CONSTRAINT = '{REASON_STAYS}';
    END IF;
    RETURN NEW;
"""
#: Nothing that is written from now on may pass itself off as an exception, nor lose the reason for which it is one.
EXCEPTIONS_STAY_FEW = pgtrigger.Trigger(
    name="exceptions_stay_few", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update, func=_EXCEPTIONS
)


@recorded(patient=None)
class DoubleBookingPolicy(Recorded):
    """How many visits may stand at one time: for a practitioner and a type, one of the two, or the whole clinic.

    The most specific one counts, the practitioner's before the type's. Without any, nobody stands beside another.
    """

    practitioner = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="double_booking"
    )
    type = models.ForeignKey(
        "scheduling.AppointmentType", on_delete=models.PROTECT, null=True, blank=True, related_name="double_booking"
    )
    rule = models.CharField(max_length=6, choices=DoubleBooking)
    maximum = models.PositiveSmallIntegerField(default=1)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        constraints = [
            choices_constraint("scheduling_policy_rule", "rule", DoubleBooking),
            models.CheckConstraint(
                name="scheduling_policy_maximum",
                condition=Q(rule=DoubleBooking.FORBID, maximum=1)
                | (~Q(rule=DoubleBooking.FORBID) & Q(maximum__gte=2, maximum__lte=20)),
            ),
            models.UniqueConstraint(
                name="scheduling_policy_once",
                fields=["practitioner", "type"],
                condition=Q(withdrawn=False),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_rule_display()} · {self.maximum}"
