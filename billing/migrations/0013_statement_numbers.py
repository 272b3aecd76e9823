"""Numbers of statements and estimates."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_statements_and_rules")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE billing_invoice_seq START 100001", "DROP SEQUENCE billing_invoice_seq"),
        migrations.RunSQL("CREATE SEQUENCE billing_estimate_seq START 1001", "DROP SEQUENCE billing_estimate_seq"),
    ]
