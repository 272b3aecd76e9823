"""The function behind every ``audit_guard`` trigger: no recorded row changes without an entry that says so."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_require(op text, label text, before jsonb, after jsonb, ignored text[]) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    row_id uuid := coalesce(after, before) ->> 'id';
    wanted smallint := CASE op WHEN 'INSERT' THEN 0 WHEN 'UPDATE' THEN 1 ELSE 2 END;
    unsaid text;
BEGIN
    IF op = 'UPDATE' THEN
        -- Every column that differs must stand in an entry of this transaction; an entry names a foreign key by its
        -- field, the table by its column. A row made and changed in one transaction is covered by both its entries.
        SELECT string_agg(column_name, ', ' ORDER BY column_name) INTO unsaid
        FROM jsonb_object_keys(after) AS column_name
        WHERE after -> column_name IS DISTINCT FROM before -> column_name
        AND column_name <> ALL (ignored)
        AND NOT EXISTS (
            SELECT FROM audit_logentry entry
            WHERE entry.object_pk = row_id AND entry.txid = pg_current_xact_id() AND entry.action = 1
            AND entry.changes ?| ARRAY[column_name, regexp_replace(column_name, '_id$', '')]
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
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(
            FORWARD, "DROP FUNCTION audit_require(text, text, jsonb, jsonb, text[])"
        ),
    ]
