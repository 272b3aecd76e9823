"""The running number from which claim numbers are made."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE billing_claim_seq START 1001", "DROP SEQUENCE billing_claim_seq"),
    ]
