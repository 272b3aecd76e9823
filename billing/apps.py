"""Money as a Django app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Money"

    def ready(self) -> None:
        """Tell the floors below which of our rows change their chart together, and whose copay was taken."""
        from billing.queries.payments import copay_taken
        from clinic.patient_columns import SIDES
        from scheduling.queries.flow_visits import COPAY_TAKEN

        SIDES["billing.ledgerentry"] = "transaction"
        COPAY_TAKEN.append(copay_taken)
