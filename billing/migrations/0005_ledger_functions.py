"""Receipt numbers that follow each other without a gap, and the lock under which a day is closed.

Both locks last until the transaction ends. A number that is given back by a rollback is given again; two payments at
one time wait for each other and get two numbers. Each function is volatile, so that its second statement sees what was
committed while the first one waited.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION billing_next_receipt_number() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(730101, 0);
    RETURN (SELECT coalesce(max(receipt_number), 0) + 1 FROM billing_payment);
END;
$$;

CREATE FUNCTION billing_hold_day(day date, closing boolean) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF closing THEN
        PERFORM pg_advisory_xact_lock(730102, day - DATE '2000-01-01');
    ELSE
        PERFORM pg_advisory_xact_lock_shared(730102, day - DATE '2000-01-01');
    END IF;
END;
$$;
"""
BACKWARD = "DROP FUNCTION billing_hold_day(date, boolean); DROP FUNCTION billing_next_receipt_number();"


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_charge_keys_and_claim_place")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
