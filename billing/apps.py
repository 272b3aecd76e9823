"""Money as a Django app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = "Money"

    def ready(self) -> None:
        """Tell the floors below which of our rows change their chart together, whose copay was taken, who is told of
        a note that is signed anew, and where our tasks are done.
        """
        from billing.actions.changed_diagnoses import CHANGED_DIAGNOSES, follow_signature
        from billing.actions.corrected_members import CORRECTED_MEMBER
        from billing.queries.payments import copay_taken
        from clinic.actions.signing import FOLLOWERS
        from clinic.patient_columns import SIDES
        from clinic.queries.tasks import PLACES
        from scheduling.queries.flow_visits import COPAY_TAKEN

        SIDES["billing.ledgerentry"] = "transaction"
        COPAY_TAKEN.append(copay_taken)
        FOLLOWERS.append(follow_signature)
        PLACES[CORRECTED_MEMBER] = "clinic:coverages_edit"
        PLACES[CHANGED_DIAGNOSES] = "billing:claims_detail"
