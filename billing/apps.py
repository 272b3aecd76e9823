"""Money as a Django app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Money"

    def ready(self) -> None:
        """Tell the floors below which of our rows change their chart together, whose copay was taken, and which notes
        have to stay as they are.
        """
        from billing.actions.claims import keep_claimed
        from billing.queries.payments import copay_taken
        from clinic.actions.signing import KEEPERS
        from clinic.patient_columns import SIDES
        from scheduling.queries.flow_visits import COPAY_TAKEN

        SIDES["billing.ledgerentry"] = "transaction"
        COPAY_TAKEN.append(copay_taken)
        KEEPERS.append(keep_claimed)
