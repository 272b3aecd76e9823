"""Money as a Django app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Money"

    def ready(self) -> None:
        """Tell the floors below which of our rows change their chart together, whose copay was taken, which notes
        have to stay as they are, and where our tasks are done.
        """
        from billing.actions.claims import keep_claimed
        from billing.actions.corrected_members import CORRECTED_MEMBER
        from billing.queries.payments import copay_taken
        from clinic.actions.signing import KEEPERS
        from clinic.patient_columns import SIDES
        from clinic.queries.tasks import PLACES
        from scheduling.queries.flow_visits import COPAY_TAKEN

        SIDES["billing.ledgerentry"] = "transaction"
        COPAY_TAKEN.append(copay_taken)
        KEEPERS.append(keep_claimed)
        PLACES[CORRECTED_MEMBER] = "clinic:coverages_edit"
