"""The running number of questions to payers: their control number and trace number are made from it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clinic", "0014_name_search")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE clinic_eligibility_seq START 1001", "DROP SEQUENCE clinic_eligibility_seq"),
    ]
