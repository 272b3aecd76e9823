"""People as a Django app: roles become groups after each migration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "emr.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from emr.accounts import security_log  # noqa: F401  hears the signals of log-ins
        from emr.accounts.factors import session  # noqa: F401  and this those of second factors
        from emr.accounts.sessions import clock, fresh  # noqa: F401  so do these

        post_migrate.connect(make_role_groups, sender=self)


def make_role_groups(using: str = "default", **_: Any) -> None:
    """Make one group for each role of emr.access.roles. A group that is no role any more is left: it grants nothing."""
    from django.contrib.auth.models import Group

    from emr.access.roles import ROLES

    for name in ROLES:
        Group.objects.using(using).get_or_create(name=name)
