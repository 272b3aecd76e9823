"""The person and the chart as a Django app."""

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = "Clinic"

    def ready(self) -> None:
        """Give the navigation the number of tasks that wait, and the logs the names of patients."""
        from clinic.naming import PatientDirectory
        from clinic.queries.tasks import waiting
        from emr.audit.directory import register
        from emr.ui.navigation import COUNTS

        COUNTS["clinic:tasks_inbox"] = waiting
        register(PatientDirectory())
