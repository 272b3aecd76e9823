"""Seeds of second factors that were kept in clear are put under the keys."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from emr import keys


def encrypt_seeds(apps: Any, schema_editor: Any) -> None:
    for factor in apps.get_model("mfa", "Authenticator").objects.filter(type__in=["totp", "recovery_codes"]):
        for name in factor.data.keys() & {"secret", "seed"}:
            try:
                keys.decrypt(factor.data[name].encode())
            except keys.Unreadable:
                factor.data[name] = keys.encrypt(factor.data[name].encode()).decode()
        factor.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_factor_exempt_roles"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(encrypt_seeds, migrations.RunPython.noop)]
