"""Numbers of interchanges (ISA13 has nine digits, and begins again after the last)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_claims_sent_and_answered")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE billing_interchange_seq MINVALUE 1 MAXVALUE 999999999 CYCLE",
            "DROP SEQUENCE billing_interchange_seq",
        )
    ]
