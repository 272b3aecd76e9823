"""The running number from which medical record numbers are made."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE clinic_mrn_seq START 100000", "DROP SEQUENCE clinic_mrn_seq"),
    ]
