"""Claims of one day stand in the order of their keys: their numbers, as text, are in none."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """What the model says of its order; the database keeps none."""

    dependencies = [("billing", "0025_known_payments")]

    operations = [migrations.AlterModelOptions(name="claim", options={"ordering": ["-service_date", "-pk"]})]
