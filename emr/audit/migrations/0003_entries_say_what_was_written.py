"""An entry covers the change that it tells, not whatever else is written to the same column in its transaction."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_tells(change jsonb, written jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    told jsonb := change -> 1;
BEGIN
    IF jsonb_typeof(change) <> 'array' THEN
        RETURN true;  -- a many-to-many change has no column
    END IF;
    IF jsonb_typeof(told) = 'string' AND jsonb_typeof(written) = 'string' THEN
        -- An instant is spelt in one way by the log and in another by the database.
        RETURN told = written OR (written #>> '{}') ~ '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d';
    END IF;
    IF jsonb_typeof(told) IN ('boolean', 'number', 'null') THEN
        RETURN told = written;
    END IF;
    -- Decimals, arrays and documents stand as text in the log.
    RETURN jsonb_typeof(written) <> 'null';
END;
$$;

CREATE OR REPLACE FUNCTION audit_require(op text, label text, before jsonb, after jsonb, ignored text[]) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    row_id uuid := coalesce(after, before) ->> 'id';
    wanted smallint := CASE op WHEN 'INSERT' THEN 0 WHEN 'UPDATE' THEN 1 ELSE 2 END;
    unsaid text;
BEGIN
    IF op = 'UPDATE' THEN
        -- Every column that differs must stand in an entry of this transaction, with the value that was written; an
        -- entry names a foreign key by its field, the table by its column. A row made and changed in one transaction
        -- is covered by both its entries.
        SELECT string_agg(column_name, ', ' ORDER BY column_name) INTO unsaid
        FROM jsonb_object_keys(after) AS column_name
        WHERE after -> column_name IS DISTINCT FROM before -> column_name
        AND column_name <> ALL (ignored)
        AND NOT EXISTS (
            SELECT FROM audit_logentry entry
            CROSS JOIN LATERAL (
                SELECT coalesce(
                    entry.changes -> column_name, entry.changes -> regexp_replace(column_name, '_id$', '')
                ) AS change
            ) said
            WHERE entry.object_pk = row_id AND entry.txid = pg_current_xact_id() AND entry.action = 1
            AND said.change IS NOT NULL AND audit_tells(said.change, after -> column_name)
        );
        IF unsaid IS NULL THEN
            RETURN;
        END IF;
        RAISE EXCEPTION 'unaudited change of % %: %', label, row_id, unsaid USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM audit_logentry entry
        JOIN django_content_type type ON type.id = entry.content_type_id
        WHERE entry.object_pk = row_id AND entry.txid = pg_current_xact_id() AND entry.action = wanted
        AND type.app_label || '.' || type.model = label
    ) THEN
        RAISE EXCEPTION 'unaudited % of % %', lower(op), label, row_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END;
$$;
"""



class Migration(migrations.Migration):
    dependencies = [("audit", "0002_audit_require")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
