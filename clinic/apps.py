"""The person and the chart as a Django app."""

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = "Clinic"

    def ready(self) -> None:
        """Give the navigation the number of tasks that wait."""
        from clinic.queries.tasks import waiting
        from emr.ui.navigation import COUNTS

        COUNTS["clinic:tasks_inbox"] = waiting
