"""The log of reads in one table for each month, by the time within its keys (UUIDv7)."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION audit_month_key(month date) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
    -- The least UUIDv7 of a month (UTC): 48 bits of milliseconds, then zeros.
    SELECT (lpad(to_hex((extract(epoch FROM month::timestamp AT TIME ZONE 'UTC') * 1000)::bigint), 12, '0')
        || repeat('0', 20))::uuid
$$;

CREATE FUNCTION audit_refuse_truncate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END;
$$;

-- The app's role owns no table, so the owner lends it this one power: months that have none yet get a table.
CREATE FUNCTION audit_add_months(since date, months int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', since);
    made int := 0;
    name text;
BEGIN
    IF months NOT BETWEEN 1 AND 120 THEN
        RAISE EXCEPTION 'audit_add_months: % months', months USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR _ IN 1 .. months LOOP
        name := 'audit_accessevent_' || to_char(month, 'YYYYMM');
        IF to_regclass('public.' || name) IS NULL THEN
            BEGIN
                EXECUTE format(
                    'CREATE TABLE public.%I PARTITION OF public.audit_accessevent FOR VALUES FROM (%L) TO (%L)',
                    name, audit_month_key(month), audit_month_key((month + interval '1 month')::date)
                );
                EXECUTE format(
                    'CREATE TRIGGER no_truncate BEFORE TRUNCATE ON public.%I'
                    ' FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_truncate()', name
                );
                made := made + 1;
            EXCEPTION WHEN check_violation THEN
                NULL;  -- Rows of that month are in the default partition already, where they can stay.
            END;
        END IF;
        month := month + interval '1 month';
    END LOOP;
    RETURN made;
END;
$$;
"""

CONVERT = """
ALTER TABLE audit_accessevent RENAME TO audit_accessevent_before;
ALTER INDEX audit_access_patient RENAME TO audit_access_patient_before;
ALTER INDEX audit_access_user RENAME TO audit_access_user_before;
ALTER INDEX audit_access_time RENAME TO audit_access_time_before;
ALTER INDEX audit_access_seal RENAME TO audit_access_seal_before;
ALTER TABLE audit_accessevent_before RENAME CONSTRAINT audit_accessevent_pkey TO audit_accessevent_before_pkey;

CREATE TABLE audit_accessevent (LIKE audit_accessevent_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY RANGE (id);
ALTER TABLE audit_accessevent ADD CONSTRAINT audit_accessevent_pkey PRIMARY KEY (id);
ALTER TABLE audit_accessevent ADD CONSTRAINT audit_accessevent_user_id_fk
    FOREIGN KEY (user_id) REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX audit_access_patient ON audit_accessevent (patient_id, at DESC);
CREATE INDEX audit_access_user ON audit_accessevent (user_id, at DESC);
CREATE INDEX audit_access_time ON audit_accessevent (at);
CREATE INDEX audit_access_seal ON audit_accessevent (txid, id);
CREATE TABLE audit_accessevent_default PARTITION OF audit_accessevent DEFAULT;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit_accessevent_default
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_truncate();

-- A year ahead; a daily job keeps it so. Behind: from the month of the oldest row.
SELECT audit_add_months(
    least(current_date, (SELECT min(at) FROM audit_accessevent_before)::date),
    least(120, 13 + coalesce((
        SELECT (extract(year FROM age(min(at))) * 12 + extract(month FROM age(min(at))) + 1)::int
        FROM audit_accessevent_before
    ), 0))
);

SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO audit_accessevent SELECT * FROM audit_accessevent_before ORDER BY id;
DROP TABLE audit_accessevent_before;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_seals")]

    operations = [
        pgtrigger.migrations.RemoveTrigger(model_name="accessevent", name="append_only"),
        pgtrigger.migrations.RemoveTrigger(model_name="accessevent", name="no_truncate"),
        pgtrigger.migrations.RemoveTrigger(model_name="accessevent", name="own_transaction"),
        migrations.RunSQL(FUNCTIONS),
        migrations.RunSQL(CONVERT),
        pgtrigger.migrations.AddTrigger(
            model_name='accessevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE EXCEPTION 'audit_accessevent is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';\n", hash='d0c829aee55b36b9a52ad68fa305d4e60c92535e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_718eb', table='audit_accessevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accessevent',
            trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE EXCEPTION 'audit_accessevent is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';\n", hash='152abfd29df91dfee56ef525a6117f621b484948', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_f0e45', table='audit_accessevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accessevent',
            trigger=pgtrigger.compiler.Trigger(name='own_transaction', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.txid IS DISTINCT FROM pg_current_xact_id())', func="\n        RAISE EXCEPTION 'an entry of a log belongs to the transaction that writes it'\n            USING ERRCODE = 'integrity_constraint_violation';\n    ", hash='f4049922568215b704bb42fc476561c665573fd7', operation='INSERT', pgid='pgtrigger_own_transaction_94220', table='audit_accessevent', when='BEFORE')),
        ),
    ]
