"""The person and the chart as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = "Clinic"

    def ready(self) -> None:
        """Give the navigation the number of tasks that wait, and the logs the names of patients and emergencies."""
        from clinic.naming import PatientDirectory
        from clinic.patient_columns import guard_patient_columns
        from clinic.queries import break_glass
        from clinic.queries.inbox import waiting
        from emr.accounts import standing
        from emr.audit.directory import register
        from emr.audit.reads import register_exceptions
        from emr.ui.navigation import COUNTS

        post_migrate.connect(guard_patient_columns, sender=self)
        COUNTS["clinic:tasks_inbox"] = waiting
        register(PatientDirectory())
        standing.CONDITIONS[break_glass.EMERGENCY] = break_glass.has_open
        register_exceptions(break_glass.emergencies)
