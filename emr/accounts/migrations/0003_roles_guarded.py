"""Roles are given and taken only with an entry in the log, whichever way the rows are written.

Who has which role stands in Django's own table between users and groups. No model of ours holds its rows, so that the
guard of the recorded tables doesn't reach it: it gets one that asks for the entry of the user.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_require_roles() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    person uuid;
BEGIN
    FOREACH person IN ARRAY ARRAY[
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.user_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.user_id END
    ] LOOP
        IF person IS NOT NULL AND NOT EXISTS (
            SELECT FROM audit_logentry entry
            WHERE entry.object_pk = person AND entry.txid = pg_current_xact_id() AND entry.changes ? 'groups'
        ) THEN
            RAISE EXCEPTION 'unaudited change of the roles of %', person
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END;
$$;
CREATE CONSTRAINT TRIGGER audit_guard_roles AFTER INSERT OR UPDATE OR DELETE ON accounts_user_groups
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_require_roles();
"""

BACKWARD = """
DROP TRIGGER audit_guard_roles ON accounts_user_groups;
DROP FUNCTION audit_require_roles();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_clinic_logo"), ("audit", "0002_audit_require")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
