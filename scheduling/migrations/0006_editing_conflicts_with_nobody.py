"""Where a visit stands, it may go on standing: another length asks only for the time that is new."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0005_flow")]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="appointment",
            name="as_many_as_may_stand",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appointment",
            trigger=pgtrigger.compiler.Trigger(
                name="as_many_as_may_stand",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE allowed record; crowd record; stood_from timestamptz; stood_until timestamptz;",
                    func="\n    IF NEW.status NOT IN ('pending', 'booked', 'arrived', 'checked-in', 'fulfilled') THEN\n        RETURN NULL;\n    END IF;\n    IF TG_OP = 'UPDATE' THEN\n        IF OLD.status IN ('pending', 'booked', 'arrived', 'checked-in', 'fulfilled')\n            AND (OLD.practitioner_id, OLD.type_id, OLD.start_at, OLD.end_at, OLD.shares_room)\n                = (NEW.practitioner_id, NEW.type_id, NEW.start_at, NEW.end_at, NEW.shares_room)\n            AND OLD.busy_until IS NOT DISTINCT FROM NEW.busy_until\n        THEN\n            RETURN NULL;\n        END IF;\n        IF OLD.status IN ('pending', 'booked', 'arrived', 'checked-in', 'fulfilled')\n            AND (OLD.practitioner_id, OLD.type_id) = (NEW.practitioner_id, NEW.type_id)\n        THEN\n            stood_from := OLD.start_at;\n            stood_until := COALESCE(OLD.busy_until, OLD.end_at);\n        END IF;\n    END IF;\n    PERFORM 1 FROM accounts_practitioner WHERE id = NEW.practitioner_id FOR NO KEY UPDATE;\n    SELECT * INTO allowed FROM scheduling_may_stand(NEW.practitioner_id, NEW.type_id, NEW.start_at, NEW.end_at);\n    IF NEW.shares_room AND NOT allowed.in_session THEN\n        RAISE EXCEPTION 'the session takes one patient at a time'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'scheduling_appointment_room_not_shared';\n    END IF;\n    FOR crowd IN\n        WITH visits AS (\n            SELECT other.start_at, COALESCE(other.busy_until, other.end_at) AS until, may.maximum, may.rule\n            FROM scheduling_appointment other,\n                scheduling_may_stand(other.practitioner_id, other.type_id, other.start_at, other.end_at) may\n            WHERE other.practitioner_id = NEW.practitioner_id AND other.id <> NEW.id\n                AND other.status IN ('pending', 'booked', 'arrived', 'checked-in', 'fulfilled')\n                AND other.start_at < COALESCE(NEW.busy_until, NEW.end_at)\n                AND COALESCE(other.busy_until, other.end_at) > NEW.start_at\n            UNION ALL\n            SELECT NEW.start_at, COALESCE(NEW.busy_until, NEW.end_at), allowed.maximum, allowed.rule\n        ), instants AS (\n            SELECT GREATEST(start_at, NEW.start_at) AS moment FROM visits\n            UNION SELECT stood_until\n            WHERE stood_until > NEW.start_at AND stood_until < COALESCE(NEW.busy_until, NEW.end_at)\n        )\n        SELECT count(*) AS standing, min(maximum) AS maximum, bool_or(rule = 'warn') AS asks\n        FROM instants JOIN visits ON start_at <= moment AND moment < until\n        -- Where it stood before, it may go on standing: editing conflicts with nobody.\n        WHERE stood_from IS NULL OR moment < stood_from OR moment >= stood_until\n        GROUP BY moment\n    LOOP\n        IF crowd.standing > crowd.maximum THEN\n            RAISE EXCEPTION '% visits at one time, where % may stand', crowd.standing, crowd.maximum\n                USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'scheduling_appointment_no_double_booking';\n        END IF;\n        IF crowd.standing > 1 AND crowd.asks AND NEW.override_reason = '' THEN\n            RAISE EXCEPTION 'a visit beside another needs a reason'\n                USING ERRCODE = 'check_violation', CONSTRAINT = 'scheduling_appointment_beside_needs_reason';\n        END IF;\n    END LOOP;\n    RETURN NULL;\n",
                    hash="4a792007f4cd5cf09493a8207e3edb8b3c0edf51",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_as_many_as_may_stand_c3c03",
                    table="scheduling_appointment",
                    when="AFTER",
                ),
            ),
        ),
    ]
