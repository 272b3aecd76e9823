"""Time as a Django app."""

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "scheduling"
    verbose_name = "Time"

    def ready(self) -> None:
        """Let the clinic's floor know who has appointments with whom, what comes next and what note a visit begins
        with; and follow its visits.
        """
        from clinic.actions.encounters import FOLLOWERS
        from clinic.queries.note_templates import USUAL_TYPES
        from clinic.queries.visit_summaries import AHEAD
        from clinic.relations import PROVIDERS
        from scheduling.actions.flow import follow_chart
        from scheduling.queries.checkout import visits_to_come
        from scheduling.queries.visits import note_type_of
        from scheduling.relations import appointments

        PROVIDERS.append(appointments)
        FOLLOWERS.append(follow_chart)
        AHEAD.append(visits_to_come)
        USUAL_TYPES.append(note_type_of)
