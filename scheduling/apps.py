"""Time as a Django app."""

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "scheduling"
    verbose_name = "Time"

    def ready(self) -> None:
        """Let the clinic's floor know that an appointment relates a patient to a practitioner."""
        from clinic.relations import PROVIDERS
        from scheduling.relations import appointments

        PROVIDERS.append(appointments)
