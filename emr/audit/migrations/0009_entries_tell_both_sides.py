"""An entry must be of the row's own table, and tell each column as it was and as it was written, instants too.

Before, an entry of any table with the same key would do, the value before was not compared, instants, decimals, arrays
and documents needed only to be named, and the entry of a new row needed to tell nothing at all. Roles needed an entry
about roles, whichever they were.
"""

from django.db import migrations

FORWARD = r"""
CREATE OR REPLACE FUNCTION audit_tells(told jsonb, stored jsonb, OUT tells boolean)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    said text := told #>> '{}';
    stands text := stored #>> '{}';
    instant CONSTANT text := '^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?';
    zone CONSTANT text := '([+-]\d\d(:?\d\d)?|Z)$';
BEGIN
    IF told = stored OR said = stands THEN
        tells := true;
    ELSIF jsonb_typeof(stored) = 'number' AND said ~ '^-?\d+(\.\d+)?([eE][+-]?\d+)?$' THEN
        -- The log has a number as it was typed, the column as many places as it keeps.
        tells := round(said::numeric, scale(stands::numeric)) = stands::numeric;
    ELSIF stands ~ (instant || zone) AND said ~ (instant || zone) THEN
        tells := said::timestamptz = stands::timestamptz;
    ELSIF stands ~ (instant || zone) AND said ~ (instant || '$') THEN
        -- The log has instants in UTC, without saying so.
        tells := (said || '+00')::timestamptz = stands::timestamptz;
    ELSE
        tells := false;
    END IF;
    tells := coalesce(tells, false);
END;
$$;

-- What an entry says of a column. It names a foreign key by its field, without the column's ending, unless that is the
-- name of another column.
CREATE OR REPLACE FUNCTION audit_said(changes jsonb, name text, columns jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(
        changes -> name,
        CASE WHEN NOT columns ? regexp_replace(name, '_id$', '') THEN changes -> regexp_replace(name, '_id$', '') END
    )
$$;

CREATE OR REPLACE FUNCTION audit_require(op text, label text, before jsonb, after jsonb, ignored text[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    row_id uuid := coalesce(after, before) ->> 'id';
    wanted smallint := CASE op WHEN 'INSERT' THEN 0 WHEN 'UPDATE' THEN 1 ELSE 2 END;
    kind int := (SELECT id FROM django_content_type
        WHERE app_label = split_part(label, '.', 1) AND model = split_part(label, '.', 2));
    entries jsonb[] := ARRAY(
        SELECT coalesce(entry.changes, '{}') FROM audit_logentry entry
        WHERE entry.object_pk = row_id AND entry.txid = pg_current_xact_id() AND entry.action = wanted
        AND entry.content_type_id = kind
    );
    unsaid text;
BEGIN
    IF op = 'UPDATE' THEN
        -- Every column that differs must stand in an entry of this transaction, as it was and as it was written; an
        -- entry names a foreign key by its field, the table by its column. A row that is changed twice in one
        -- transaction comes here twice, and each time one of its entries fits.
        SELECT string_agg(name, ', ' ORDER BY name) INTO unsaid
        FROM jsonb_object_keys(after) AS name
        WHERE after -> name IS DISTINCT FROM before -> name AND name <> ALL (ignored)
        AND NOT EXISTS (
            SELECT FROM unnest(entries) AS changes
            CROSS JOIN LATERAL (SELECT audit_said(changes, name, after) AS one) said
            WHERE jsonb_typeof(said.one) = 'array'
            AND audit_tells(said.one -> 0, before -> name) AND audit_tells(said.one -> 1, after -> name)
        );
        IF unsaid IS NULL THEN
            RETURN;
        END IF;
        RAISE EXCEPTION 'unaudited change of % %: %', label, row_id, unsaid
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF cardinality(entries) = 0 THEN
        RAISE EXCEPTION 'unaudited % of % %', lower(op), label, row_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF op = 'INSERT' THEN
        -- The entry of a new row tells all of it: the chart as of a date is made of such entries alone.
        SELECT string_agg(DISTINCT name, ', ' ORDER BY name) INTO unsaid
        FROM jsonb_object_keys(after) AS name, unnest(entries) AS changes
        CROSS JOIN LATERAL (SELECT audit_said(changes, name, after) AS one) said
        WHERE name <> ALL (ignored) AND NOT CASE
            WHEN said.one IS NULL THEN jsonb_typeof(after -> name) = 'null'
            WHEN jsonb_typeof(said.one) <> 'array' THEN false
            ELSE audit_tells(said.one -> 1, after -> name)
        END;
        IF unsaid IS NOT NULL THEN
            RAISE EXCEPTION 'unaudited insert of % %: %', label, row_id, unsaid
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
END;
$$;

CREATE OR REPLACE FUNCTION audit_require_roles() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    unsaid record;
BEGIN
    FOR unsaid IN
        SELECT one.person FROM (
            SELECT 'delete', OLD.user_id, OLD.group_id WHERE TG_OP <> 'INSERT'
            UNION ALL SELECT 'add', NEW.user_id, NEW.group_id WHERE TG_OP <> 'DELETE'
        ) AS one (operation, person, role)
        WHERE NOT EXISTS (
            SELECT FROM audit_logentry entry
            JOIN django_content_type kind ON kind.id = entry.content_type_id
            JOIN auth_group ON auth_group.id = one.role
            WHERE entry.object_pk = one.person AND entry.txid = pg_current_xact_id()
            AND kind.app_label = 'accounts' AND kind.model = 'user'
            AND entry.changes -> 'groups' ->> 'operation' = one.operation
            AND entry.changes -> 'groups' -> 'objects' ? auth_group.name::text
        )
    LOOP
        RAISE EXCEPTION 'unaudited change of the roles of %', unsaid.person
            USING ERRCODE = 'integrity_constraint_violation';
    END LOOP;
    RETURN NULL;
END;
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0008_accounts_written_past"), ("accounts", "0007_ways_in_watched")]

    operations = [
        migrations.RunSQL("DROP FUNCTION audit_tells(jsonb, jsonb)", migrations.RunSQL.noop),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
