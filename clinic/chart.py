"""The sections of a chart, in the one order that every chart has, and what every page of a chart shows around them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from clinic.access import visible_to
from clinic.models import Patient
from clinic.queries.banner import patient_banner
from clinic.queries.break_glass import open_on
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.ui.navigation import Tab


@dataclass(frozen=True)
class ChartSection:
    """One section: its name in the code, its label, where it leads, who sees it.

    Lists that are looked at together share a section: ``lists`` are their names and labels, the first being where the
    section leads. Each is a tab of its own on their pages.
    """

    name: str
    label: str
    url_name: str
    permission: Permission
    icon: str
    lists: tuple[tuple[str, str], ...] = ()

    def holds(self, name: str) -> bool:
        """Whether a page of that name stands in this section."""
        return name == self.name or name in dict(self.lists)


SECTIONS: tuple[ChartSection, ...] = (
    ChartSection("summary", "Summary", "clinic:chart_summary", Permission.VIEW_CHART, "layout-dashboard"),
    ChartSection("timeline", "Timeline", "clinic:chart_timeline", Permission.VIEW_CHART, "history"),
    ChartSection("encounters", "Visits", "clinic:encounters_list", Permission.VIEW_ENCOUNTERS, "stethoscope"),
    ChartSection("notes", "Notes", "clinic:notes_list", Permission.VIEW_NOTES, "file-pen-line"),
    ChartSection("vitals", "Vitals", "clinic:vitals_list", Permission.VIEW_CHART, "activity"),
    ChartSection("orders", "Orders", "clinic:orders_list", Permission.VIEW_CHART, "send"),
    ChartSection("results", "Results", "clinic:results_list", Permission.VIEW_CHART, "flask-conical"),
    ChartSection("medications", "Medications", "clinic:medications_list", Permission.VIEW_CHART, "pill"),
    ChartSection("allergies", "Allergies", "clinic:allergies_list", Permission.VIEW_CHART, "triangle-alert"),
    ChartSection("conditions", "Problems", "clinic:conditions_list", Permission.VIEW_CHART, "list-checks"),
    ChartSection("immunizations", "Immunizations", "clinic:immunizations_list", Permission.VIEW_CHART, "syringe"),
    ChartSection("care", "Care due", "clinic:care_list", Permission.VIEW_CHART, "calendar-check"),
    ChartSection("procedures", "Procedures", "clinic:procedures_list", Permission.VIEW_CHART, "scissors"),
    ChartSection(
        *("family_history", "Histories", "clinic:family_history_list", Permission.VIEW_CHART, "users"),
        lists=(("family_history", "Family"), ("social_history", "Social"), ("devices", "Devices")),
    ),
    ChartSection(
        *("care_team", "Care team", "clinic:care_team_list", Permission.VIEW_CHART, "users-round"),
        lists=(("care_team", "Team"), ("goals", "Goals"), ("care_plans", "Plans")),
    ),
    ChartSection("appointments", "Appointments", "scheduling:appointments_list", Permission.VIEW_SCHEDULE, "calendar"),
    ChartSection("documents", "Documents", "clinic:documents_list", Permission.VIEW_DEMOGRAPHICS, "files"),
    ChartSection("letters", "Letters", "clinic:letters_list", Permission.VIEW_NOTES, "mail"),
    ChartSection("tasks", "Tasks", "clinic:tasks_patient", Permission.VIEW_TASKS, "list-checks"),
    ChartSection("details", "Details", "clinic:patients_detail", Permission.VIEW_DEMOGRAPHICS, "id-card"),
    ChartSection("intake", "Intake", "clinic:intake_list", Permission.REVIEW_INTAKE, "clipboard-list"),
    ChartSection("coverages", "Insurance", "clinic:coverages_list", Permission.VIEW_COVERAGE, "shield-check"),
    ChartSection("payments", "Payments", "billing:payments_panel", Permission.TAKE_PAYMENTS, "wallet"),
    ChartSection("billing", "Billing", "billing:patient_panel", Permission.VIEW_BILLING, "receipt-text"),
)


def chart_context(request: HttpRequest, patient: Patient, current: str = "") -> dict[str, Any]:
    """What ``base_chart.html`` needs: ``patient``, ``banner``, ``chart_sections``, ``emergency``. Seven queries, and
    one more for a restricted chart.

    ``current`` is the name of the section to which the page belongs. Every chart view merges this into its context.
    """
    user = request.user
    assert isinstance(user, User)  # noqa: S101  the door let nobody else in
    banner = patient_banner(
        patient,
        visible_to(user),
        url=patient_home(user, patient),
        clinical=user.has_perm(Permission.VIEW_CHART),
        insured=user.has_perm(Permission.VIEW_COVERAGE),
        balance_url=_balance_url(user, patient),
    )
    return {
        "patient": patient,
        "banner": banner,
        "chart_sections": chart_tabs(user, patient, current),
        "emergency": open_on(user, patient),
    }


def chart_tabs(user: User, patient: Patient, current: str = "") -> list[Tab]:
    """The sections that a user may open, the current one marked."""
    return [
        Tab(section.label, path, current=section.holds(current))
        for section in SECTIONS
        if user.has_perm(section.permission) and (path := _path(section.url_name, patient))
    ]


def list_tabs(patient: Patient, current: str) -> list[Tab]:
    """The lists that share a section with this one; none where it stands alone."""
    section = next((one for one in SECTIONS if one.lists and one.holds(current)), None)
    lists = section.lists if section else ()
    return [
        Tab(label, reverse(f"clinic:{name}_list", args=[patient.pk]), current=name == current) for name, label in lists
    ]


def patient_home(user: User, patient: Patient) -> str:
    """Where a patient's name leads: to the chart's summary for who may read it, else to the details."""
    name = "clinic:chart_summary" if user.has_perm(Permission.VIEW_CHART) else "clinic:patients_detail"
    return reverse(name, args=[patient.pk])


def _balance_url(user: User, patient: Patient) -> str:
    """Where the page asks for the balance, for roles that deal with money."""
    if not (user.has_perm(Permission.TAKE_PAYMENTS) or user.has_perm(Permission.VIEW_BILLING)):
        return ""
    return _path("billing:balance_panel", patient) or ""


def _path(url_name: str, patient: Patient) -> str | None:
    """The address of a section; None as long as no room answers to the name."""
    pattern = _pattern(url_name, settings.ROOT_URLCONF)
    return pattern and pattern.replace(_SOMEBODY, str(patient.pk))


#: Stands for any patient in an address.
_SOMEBODY = str(UUID(int=0))


@lru_cache(maxsize=256)
def _pattern(url_name: str, urlconf: str) -> str | None:
    """The address of a section of somebody's chart: every page of a chart asks for all of them."""
    try:
        return reverse(url_name, args=[_SOMEBODY])
    except NoReverseMatch:
        return None
