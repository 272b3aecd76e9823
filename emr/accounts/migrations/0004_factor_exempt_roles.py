
import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_roles_guarded'),
    ]

    operations = [
        migrations.AddField(
            model_name='clinic',
            name='factor_exempt_roles',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), blank=True, default=list, editable=False, size=None),
        ),
    ]
