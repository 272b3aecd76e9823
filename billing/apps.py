"""Money as a Django app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Money"

    def ready(self) -> None:
        """Tell the floor below which of our rows change their chart together."""
        from clinic.patient_columns import SIDES

        SIDES["billing.ledgerentry"] = "transaction"
