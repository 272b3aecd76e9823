"""The logs as a Django app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "emr.audit"
    label = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from emr.audit import third_party  # noqa: F401  says what is recorded of others' models
        from emr.audit.seals import jobs  # noqa: F401  registers the jobs of the seals
