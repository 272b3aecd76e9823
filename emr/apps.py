"""The ground floor as a Django app: shared commands, checks, and the grants of the running app's role."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_migrate


class EmrConfig(AppConfig):
    name = "emr"
    verbose_name = "Chartroom"

    def ready(self) -> None:
        from emr import checks  # noqa: F401  registers the system checks
        from emr.grants import grant_app_role
        from emr.migrating import shorten
        from emr.triggers import close_off_switch

        # Once each time: Django sends the signal for each app that has models, and this one has none.
        pre_migrate.connect(shorten, sender=apps.get_app_config("audit"))
        post_migrate.connect(close_off_switch, sender=apps.get_app_config("audit"))
        post_migrate.connect(grant_app_role, sender=apps.get_app_config("audit"))
