"""URLs of the logs."""

from __future__ import annotations

from django.urls import path, register_converter

from emr.audit.queries.reports import LOGS
from emr.audit.views import charts, entries, retention


class LogConverter:
    """The name of a log; any other matches nothing."""

    regex = "|".join(LOGS)

    def to_python(self, value: str) -> str:
        """Return the name."""
        return value

    def to_url(self, value: str) -> str:
        """Return the name as the path has it."""
        return value


register_converter(LogConverter, "log")

app_name = "audit"

urlpatterns = [
    path("keeping/", retention.retention_detail, name="retention_detail"),
    path("keeping/years/", retention.retention_set, name="retention_set"),
    path("keeping/holds/", retention.holds_place, name="holds_place"),
    path("keeping/holds/<uuid:hold_id>/lift/", retention.holds_lift, name="holds_lift"),
    path("", entries.entries_list, name="entries_list"),
    path("reads/", entries.reads_list, name="reads_list"),
    path("events/", entries.events_list, name="events_list"),
    path("<log:log_name>/find/", entries.entries_find, name="entries_find"),
    path("<log:log_name>/export/", entries.entries_export, name="entries_export"),
    path("charts/<uuid:chart_id>/", charts.charts_detail, name="charts_detail"),
    path("charts/<uuid:chart_id>/print/", charts.charts_print, name="charts_print"),
    path("charts/<uuid:chart_id>/export/", charts.charts_export, name="charts_export"),
]
