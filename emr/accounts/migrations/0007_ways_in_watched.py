"""Whatever opens an account leaves an event, whichever way it is written: passwords, factors, addresses, links.

These rows are secrets or belong to the log-in library, so the log of changes doesn't hold them. At commit each change
asks for an event of its transaction that tells it; where there is none, one is written that names the database role.
It doesn't refuse, so that no way in is ever shut by a log; the privacy officer sees what went past the program.
"""

from django.db import migrations

FORWARD = """
-- Arguments: what it is, in words; the kinds of events that tell it.
CREATE FUNCTION audit_ways_in() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    fitting text[] := TG_ARGV[1:];
    person uuid;
    people uuid[];
    random text := replace(gen_random_uuid()::text, '-', '');
    told text := format('%s (%s) by database role %s', TG_ARGV[0], lower(TG_OP), session_user);
BEGIN
    IF TG_TABLE_NAME = 'accounts_user' THEN
        people := ARRAY[NEW.id];
    ELSE
        people := ARRAY[
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.user_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.user_id END
        ];
    END IF;
    FOR person IN SELECT DISTINCT one FROM unnest(people) one WHERE one IS NOT NULL LOOP
        CONTINUE WHEN EXISTS (
            SELECT FROM audit_securityevent event
            WHERE event.txid = pg_current_xact_id() AND event.target_user_id = person
            AND (event.kind = ANY (fitting) OR event.kind = 'written_past' AND event.detail = told)
        );
        -- An address that follows the account's own is told by the entry of the account.
        CONTINUE WHEN TG_TABLE_NAME = 'account_emailaddress' AND EXISTS (
            SELECT FROM accounts_user account
            WHERE account.id = person AND lower(account.email) = lower(to_jsonb(NEW) ->> 'email')
        );
        INSERT INTO audit_securityevent (id, at, kind, target_user_id, request_id, detail) VALUES (
            (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
                || '7' || substr(random, 14))::uuid,
            clock_timestamp(), 'written_past', person, '', left(told, 300)
        );
    END LOOP;
    RETURN NULL;
END;
$$;

CREATE CONSTRAINT TRIGGER audit_ways_in_password AFTER UPDATE ON accounts_user
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.password IS DISTINCT FROM NEW.password)
EXECUTE FUNCTION audit_ways_in('password', 'password_changed', 'password_rehashed', 'invitation_accepted');

CREATE CONSTRAINT TRIGGER audit_ways_in_factor AFTER INSERT OR DELETE ON mfa_authenticator
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
EXECUTE FUNCTION audit_ways_in('second factor', 'mfa_added', 'mfa_removed', 'mfa_reset');

-- The use of a factor is no change of it: its time, a passkey's name, a recovery code that is crossed out.
CREATE CONSTRAINT TRIGGER audit_ways_in_factor_changed AFTER UPDATE ON mfa_authenticator
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (
    (OLD.id, OLD.user_id, OLD.type, OLD.created_at) IS DISTINCT FROM (NEW.id, NEW.user_id, NEW.type, NEW.created_at)
    OR (OLD.data - '{name,used_mask,viewed_at}'::text[]) IS DISTINCT FROM (NEW.data - '{name,used_mask,viewed_at}'::text[])
    OR ((OLD.data ->> 'used_mask')::bigint & ~ (NEW.data ->> 'used_mask')::bigint) <> 0
    OR (OLD.data ? 'used_mask') IS DISTINCT FROM (NEW.data ? 'used_mask')
)
EXECUTE FUNCTION audit_ways_in('second factor', 'mfa_added', 'mfa_removed', 'mfa_reset', 'key_rotated');

CREATE CONSTRAINT TRIGGER audit_ways_in_address AFTER INSERT ON account_emailaddress
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_ways_in('log-in address', 'email_changed');

CREATE CONSTRAINT TRIGGER audit_ways_in_address_changed AFTER UPDATE ON account_emailaddress
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN ((OLD.email, OLD.user_id) IS DISTINCT FROM (NEW.email, NEW.user_id))
EXECUTE FUNCTION audit_ways_in('log-in address', 'email_changed');

CREATE CONSTRAINT TRIGGER audit_ways_in_link AFTER INSERT OR DELETE ON socialaccount_socialaccount
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
EXECUTE FUNCTION audit_ways_in('outside log-in', 'identity_linked', 'identity_unlinked');

CREATE CONSTRAINT TRIGGER audit_ways_in_link_changed AFTER UPDATE ON socialaccount_socialaccount
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN ((OLD.provider, OLD.uid, OLD.user_id) IS DISTINCT FROM (NEW.provider, NEW.uid, NEW.user_id))
EXECUTE FUNCTION audit_ways_in('outside log-in', 'identity_linked', 'identity_unlinked');
"""

BACKWARD = """
DROP FUNCTION audit_ways_in() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_way_in"),
        ("audit", "0008_accounts_written_past"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
